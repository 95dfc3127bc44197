//! Functions whose bodies the runtime runs.

use syn::{Expr, ItemFn, LitStr, Path};

/// A test that is to run in a vimage of its own.
pub(crate) struct Test {
    pub(crate) krate: Path,
    /// Without `#[should_panic]`; with an attribute that makes it a test.
    pub(crate) function: ItemFn,
    pub(crate) share: Vec<Path>,
    pub(crate) args: Vec<Expr>,
    pub(crate) panics: Option<ShouldPanic>,
}

pub(crate) struct ShouldPanic {
    pub(crate) expected: Option<LitStr>,
}
