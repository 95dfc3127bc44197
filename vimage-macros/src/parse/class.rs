//! `class! { /// docs⏎ pub struct Tenant; no_context = base }`

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Token, token};

use crate::attr::options::{ClassOptions, Read, Reader, runtime};
use crate::diagnostics::{self as problem, Diagnostics};
use crate::model::Class;

/// The class, if enough of it can be read.
pub(crate) fn class(tokens: TokenStream, diagnostics: &Diagnostics) -> Option<Class> {
    let reader = Reader { of: "class!", diagnostics };
    let parser = |input: ParseStream| {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if !input.peek(Token![struct]) {
            return Err(problem::class_form().at_span(input.span()));
        }
        input.parse::<Token![struct]>()?;
        let ident = input.parse()?;
        if input.peek(Token![<]) || input.peek(token::Brace) || input.peek(token::Paren) || !input.peek(Token![;]) {
            return Err(problem::class_form().at_span(input.span()));
        }
        input.parse::<Token![;]>()?;
        let mut read = Read::<ClassOptions>::default();
        while !input.is_empty() {
            if !reader.some(&mut read, input) {
                let error = problem::option_separator().at_span(input.span());
                input.parse::<TokenStream>()?;
                return Err(error);
            }
            input.parse::<Option<Token![;]>>()?;
        }
        let ClassOptions { no_context, krate } = read.options;
        let no_context = no_context.map(|given| given.value).unwrap_or_default();
        Ok(Class { krate: runtime(krate.as_ref()), attrs, vis, ident, no_context })
    };
    diagnostics.ok(parser.parse2(tokens))
}
