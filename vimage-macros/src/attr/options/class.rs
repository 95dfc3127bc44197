//! The options of `class! { …; … }`.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;

use super::syntax::{OptionValue, expected, invalid, options};
use super::values::{Krate, equals};

options! {
    /// The options of a class.
    pub(crate) ClassOptions {
        no_context => no_context: NoContext,
        crate => krate: Krate,
    }
}

/// The instance that code uses outside of all instances of the class.
#[derive(Clone, Copy, Default)]
pub(crate) enum NoContext {
    #[default]
    Panic,
    Base,
}

impl OptionValue for NoContext {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        let example = "no_context = base` or `no_context = panic";
        equals(input, example)?;
        let value = expected(input.call(Ident::parse_any), example)?;
        match value.to_string().as_str() {
            "base" => Ok(Self::Base),
            "panic" => Ok(Self::Panic),
            _ => Err(invalid(example).at(value)),
        }
    }
}
