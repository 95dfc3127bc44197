//! The file form: `vnet_module! { //! docs⏎ depends_on = "loif"; the file's items }`.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Ident, Item, Token};

use crate::args::{Options, Syntax};
use crate::errors::Errors;

/// What stands between the braces.
#[derive(Default)]
pub(crate) struct File {
    pub(crate) options: Options,
    pub(crate) items: Vec<Item>,
}

pub(crate) fn parse(tokens: TokenStream, syntax: Syntax, errors: &Errors) -> File {
    let mut file = File::default();
    let parser = |input: ParseStream| {
        inner_attributes(input, errors);
        if starts_with_options(input) && (!file.options.read(input, syntax, errors) || input.is_empty()) {
            errors.push(input.error("expected `;` after the options"));
        }
        input.parse::<Option<Token![;]>>()?;
        file.items = super::items::parse(input, errors)?;
        Ok(())
    };
    errors.ok(parser.parse2(tokens));
    file
}

/// Documentation is allowed, so that the macro can be put around a whole file; other attributes cannot be
/// carried out of the braces.
fn inner_attributes(input: ParseStream, errors: &Errors) {
    for attr in errors.ok(input.call(Attribute::parse_inner)).into_iter().flatten() {
        if !attr.path().is_ident("doc") {
            errors.at(attr, "inner attributes go above the macro, to the top of the file");
        }
    }
}

/// No item starts with a word and one of these; `pub(crate)` is the one that comes near.
fn starts_with_options(input: ParseStream) -> bool {
    let ahead = input.fork();
    !input.peek(Token![pub])
        && ahead.call(Ident::parse_any).is_ok()
        && (ahead.peek(Token![=]) || ahead.peek(Token![,]) || ahead.peek(Token![;]) || ahead.peek(syn::token::Paren))
}
