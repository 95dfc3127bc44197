//! `class! { /// docs⏎ pub struct Tenant; no_context = base }`

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Token};

use crate::args::{Options, Syntax};
use crate::errors::Errors;
use crate::model::Class;

const SHAPE: &str = "a class is a struct without parameters and fields: `pub struct Tenant;`";

/// The class, if enough of it can be read.
pub(crate) fn parse(tokens: TokenStream, errors: &Errors) -> Option<Class> {
    let parser = |input: ParseStream| {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if !input.peek(Token![struct]) {
            return Err(input.error(SHAPE));
        }
        input.parse::<Token![struct]>()?;
        let ident = input.parse()?;
        if input.peek(Token![<]) || input.peek(syn::token::Brace) || input.peek(syn::token::Paren) {
            return Err(input.error(SHAPE));
        }
        if !input.peek(Token![;]) {
            return Err(input.error("expected `;`, and options behind it"));
        }
        input.parse::<Token![;]>()?;
        let mut options = Options::default();
        while !input.is_empty() {
            if !options.read(input, Syntax::CLASS, errors) {
                let error = input.error("expected `;` between options");
                input.parse::<TokenStream>()?;
                return Err(error);
            }
            input.parse::<Option<Token![;]>>()?;
        }
        Ok(Class { krate: options.krate(), attrs, vis, ident, no_context_is_base: options.no_context_is_base })
    };
    errors.ok(parser.parse2(tokens))
}
