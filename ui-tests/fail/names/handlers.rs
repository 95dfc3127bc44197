//! Handlers that do not fit what stands beside them.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::atomic::AtomicU32;
    use vimage::prelude::*;

    #[virtualized(sysctl("net.foo.range", rw, range = 0..=9, handler = text))]
    static RANGE: AtomicU32 = AtomicU32::new(0);

    fn text(_: &AtomicU32, _: Option<String>) -> Result<String, String> {
        Ok(String::new())
    }

    #[virtualized(sysctl("net.foo.variable", rw, handler = text))]
    static VARIABLE: u8 = 0;

    #[virtualized(sysctl("net.foo.data", rw, handler = data))]
    static DATA: AtomicU32 = AtomicU32::new(0);

    fn data(_: &AtomicU32, _: Option<Vec<u8>>) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }
}

fn main() {}
