//! The options of `#[virtualized(…)]`.

use proc_macro2::Ident;
use syn::LitStr;
use syn::parse::ParseStream;

use super::syntax::{OptionValue, expected, options};
use super::sysctl::Sysctl;
use super::values::{Except, Flag, InModule, Krate, Macros, equals};

options! {
    /// The options of a variable, or of virtualized code.
    pub(crate) VirtualizedOptions {
        in => home: InModule,
        keep => keep: Flag,
        label => label: Label,
        sysctl => sysctl: Sysctl,
        symmap => symmap: Flag,
        except => except: Except,
        macros => macros: Macros,
        crate => krate: Krate,
    }
}

/// The name of a variable in tables for people.
pub(crate) struct Label(pub(crate) LitStr);

impl OptionValue for Label {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        let example = "label = \"…\"";
        equals(input, example)?;
        expected(input.parse(), example).map(Self)
    }
}
