//! Values that options of several attributes have, and how values are read.

use proc_macro2::{Ident, TokenStream};
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Path, Token, parse_quote, token};

use super::syntax::{Given, OptionValue, expected, invalid};
use crate::diagnostics as problem;
use crate::idents;

/// An option without a value.
#[derive(Clone, Copy)]
pub(crate) struct Flag;

impl OptionValue for Flag {
    fn parse(name: &Ident, input: ParseStream) -> syn::Result<Self> {
        if input.peek(Token![=]) || input.peek(token::Paren) {
            return Err(problem::option_without_value(name).at(name));
        }
        Ok(Self)
    }
}

/// The Rust module that declares the module an item belongs to.
pub(crate) struct InModule(pub(crate) Path);

impl OptionValue for InModule {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        path_value(input, "in = crate::foo").map(Self)
    }
}

/// The path of the runtime.
pub(crate) struct Krate(Path);

impl OptionValue for Krate {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        path_value(input, "crate = my_vimage").map(Self)
    }
}

/// The path of the runtime: that of the option, or `::vimage`.
pub(crate) fn runtime(option: Option<&Given<Krate>>) -> Path {
    option.map_or_else(|| parse_quote!(::vimage), |given| given.value.0.clone())
}

/// Constants of the user's that are named like accessors.
pub(crate) struct Except(pub(crate) Vec<Ident>);

impl OptionValue for Except {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        in_parentheses(input, "except(V_MAX)", accessor_name).map(Self)
    }
}

fn accessor_name(input: ParseStream) -> syn::Result<Ident> {
    let name: Ident = expected(input.parse(), "except(V_MAX)")?;
    if name.to_string().starts_with(idents::ACCESSOR) {
        return Ok(name);
    }
    Err(problem::except_takes_accessors().at(name))
}

/// Macros of which the user says that they evaluate their arguments in place.
pub(crate) struct Macros(pub(crate) Vec<Path>);

impl OptionValue for Macros {
    fn parse(_: &Ident, input: ParseStream) -> syn::Result<Self> {
        in_parentheses(input, "macros(my_macro)", |input| path(input, "macros(my_macro)")).map(Self)
    }
}

pub(super) fn equals(input: ParseStream, example: &str) -> syn::Result<()> {
    expected(input.parse::<Token![=]>(), example).map(drop)
}

pub(super) fn path(input: ParseStream, example: &str) -> syn::Result<Path> {
    expected(Path::parse_mod_style(input), example)
}

pub(super) fn path_value(input: ParseStream, example: &str) -> syn::Result<Path> {
    equals(input, example)?;
    path(input, example)
}

/// `= value`, `= [value, …]`, `= (value, …)` or `(value, …)`.
pub(super) fn list<T>(
    input: ParseStream,
    example: &str,
    one: fn(ParseStream) -> syn::Result<T>,
) -> syn::Result<Vec<T>> {
    if !input.peek(token::Paren) {
        equals(input, example)?;
    }
    let content;
    if input.peek(token::Bracket) {
        syn::bracketed!(content in input);
    } else if input.peek(token::Paren) {
        syn::parenthesized!(content in input);
    } else {
        return Ok(vec![one(input)?]);
    }
    all_of(&content, one)
}

pub(super) fn in_parentheses<T>(
    input: ParseStream,
    example: &str,
    one: fn(ParseStream) -> syn::Result<T>,
) -> syn::Result<Vec<T>> {
    if !input.peek(token::Paren) {
        return Err(invalid(example).at_span(input.span()));
    }
    let content;
    syn::parenthesized!(content in input);
    all_of(&content, one)
}

fn all_of<T>(content: ParseStream, one: fn(ParseStream) -> syn::Result<T>) -> syn::Result<Vec<T>> {
    drained(content, |content| Punctuated::<T, Token![,]>::parse_terminated_with(content, one))
        .map(|found| found.into_iter().collect())
}

/// Reads the content of a group, to its end even if there is a mistake: unread tokens would be a second error at the
/// same place.
pub(super) fn drained<T>(content: ParseStream, read: impl FnOnce(ParseStream) -> syn::Result<T>) -> syn::Result<T> {
    let result = read(content);
    if result.is_err() {
        content.parse::<TokenStream>()?;
    }
    result
}
