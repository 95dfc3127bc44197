//! A variable under the name that it had before, where a macro is handed it.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static FOO_COUNTER: AtomicU64 = AtomicU64::new(0);

    pub fn work() -> String {
        println!("{}", FOO_COUNTER.load(Relaxed));
        println!("FOO_COUNTER: {FOO_COUNTER:?} {{FOO_COUNTER}}");
        assert_eq!(FOO_COUNTER.load(Relaxed), 3, "not {}", matches!(FOO_COUNTER.load(Relaxed), 4 | 5));
        format!("{FOO_COUNTER}", FOO_COUNTER = 1)
    }
}

fn main() {}
