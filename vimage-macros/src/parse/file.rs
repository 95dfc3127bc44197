//! `virtualize! { //! docs⏎ class = Net, depends_on = "loif"; the file's items }`.
//!
//! ```text
//! file    = doc comments, [ options ";" ], doc comments, items
//! options = option { "," option } [ "," ]
//! ```
//!
//! Options are there if it starts with a word that is no keyword, or with `crate`, and then `=`, `,`, `;` or
//! parentheses. No item does.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Ident, Token, token};

use super::bodies::{Bodies, Reading};
use super::items;
use super::module::Declared;
use crate::attr::options::{AnyModuleOptions, Read, Reader};
use crate::diagnostics::{self as problem, Diagnostics};
use crate::model::{Form, Input};

const NAME: &str = "virtualize!";

/// The module that the items of a file are.
pub(crate) fn file(tokens: TokenStream, reading: Reading, diagnostics: &Diagnostics) -> Input {
    let (tokens, bodies) = Bodies::cut(tokens, reading);
    let mut read = Read::default();
    let mut found = Vec::new();
    let parser = |input: ParseStream| {
        inner_attributes(input, diagnostics);
        options(&mut read, input, diagnostics)?;
        inner_attributes(input, diagnostics);
        found = items::parse(input, diagnostics)?;
        Ok(())
    };
    diagnostics.ok(parser.parse2(tokens));
    bodies.put_back(&mut found, diagnostics);
    Declared::any(read).input(Form::File, found)
}

/// Documentation is allowed, so that the macro can be put around a whole file; other attributes cannot be
/// carried out of the braces.
fn inner_attributes(input: ParseStream, diagnostics: &Diagnostics) {
    for attr in diagnostics.ok(input.call(Attribute::parse_inner)).into_iter().flatten() {
        if !attr.path().is_ident("doc") {
            diagnostics.at(attr, problem::inner_attribute());
        }
    }
}

fn options(read: &mut Read<AnyModuleOptions>, input: ParseStream, diagnostics: &Diagnostics) -> syn::Result<()> {
    let reader = Reader { of: NAME, diagnostics };
    while starts_with_options(input) {
        if !reader.some(read, input) || input.is_empty() {
            diagnostics.push(problem::options_end().at_span(input.span()));
            return Ok(());
        }
        let end: Token![;] = input.parse()?;
        if starts_with_options(input) {
            diagnostics.at(end, problem::options_go_on());
        }
    }
    input.parse::<Option<Token![;]>>().map(drop)
}

fn starts_with_options(input: ParseStream) -> bool {
    let ahead = input.fork();
    let word = ahead.parse::<Ident>().is_ok() || ahead.parse::<Token![crate]>().is_ok();
    word && (ahead.peek(Token![=]) || ahead.peek(Token![,]) || ahead.peek(Token![;]) || ahead.peek(token::Paren))
}
