//! The options of `#[vimage::test(…)]` and `#[vimage::main(…)]`.

use proc_macro2::Ident;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Path};

use super::syntax::{OptionValue, options};
use super::values::{Krate, in_parentheses, path};

options! {
    /// The options of a test.
    pub(crate) TestOptions {
        share => share: Share,
        args => args: Args,
        crate => krate: Krate,
    }
}

options! {
    /// The options of `main`.
    pub(crate) MainOptions {
        crate => krate: Krate,
    }
}

/// The classes whose base instances a test runs in.
pub(crate) struct Share(pub(crate) Vec<Path>);

impl OptionValue for Share {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        in_parentheses(input, "share(Cpu)", |input| path(input, "share(Cpu)")).map(Self)
    }
}

/// The arguments of a test's vimage.
pub(crate) struct Args(pub(crate) Vec<Expr>);

impl OptionValue for Args {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        in_parentheses(input, "args(7, \"text\")", Expr::parse).map(Self)
    }
}
