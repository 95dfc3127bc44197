//! Types without a text.

use std::fmt;
use std::str::FromStr;

#[derive(Clone)]
pub enum Neither {
    A,
}

vimage::sysctl::by_text!(Neither);

#[derive(Clone)]
pub enum OnlyShown {
    A,
}

impl fmt::Display for OnlyShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a")
    }
}

vimage::sysctl::by_text!(OnlyShown);

#[derive(Clone)]
pub enum OnlyRead {
    A,
}

impl FromStr for OnlyRead {
    type Err = ();

    fn from_str(_: &str) -> Result<Self, ()> {
        Ok(Self::A)
    }
}

vimage::sysctl::by_text!(OnlyRead);

/// No second error where it is used.
#[vimage::prelude::vnet_module]
mod foo {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized(sysctl("net.foo.neither", rw))]
    static NEITHER: Mutex<super::Neither> = Mutex::new(super::Neither::A);
}

fn main() {}
