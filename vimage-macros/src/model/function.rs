//! Functions whose bodies the runtime runs.

use proc_macro2::TokenStream;
use syn::{Expr, ItemFn, LitStr, Path};

/// A test that is to run in a vimage of its own.
pub(crate) struct Test {
    pub(crate) krate: Path,
    pub(crate) function: ItemFn,
    pub(crate) place: TestPlace,
    pub(crate) share: Vec<Path>,
    pub(crate) args: Vec<Expr>,
    pub(crate) panics: Option<ShouldPanic>,
}

/// The place of the vimage among the attributes of a test.
pub(crate) enum TestPlace {
    /// Around this body. `registered` if another attribute makes the function a test.
    Here { registered: bool },
    /// Around the body that the attributes before this index make: the vimage's attribute goes behind them, with these
    /// options.
    Behind { index: usize, options: TokenStream },
}

/// How a test is said to panic.
pub(crate) enum ShouldPanic {
    /// The runtime looks at the panic, in place of the attribute, which is taken off.
    Here { expected: Option<LitStr> },
    /// The attribute was read by a `#[test]` further up.
    Outside,
}
