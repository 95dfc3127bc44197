//! Items one by one, so that a mistake in the grammar of one costs no other.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Ident, Item, ItemMod, Token, Visibility, token};

use crate::diagnostics::Diagnostics;

/// All items of `input`. What cannot be read stays in its place as it is.
pub(super) fn parse(input: ParseStream, diagnostics: &Diagnostics) -> syn::Result<Vec<Item>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        let ahead = input.fork();
        let item = match ahead.parse() {
            Ok(item) => item,
            Err(error) => {
                if let Some(module) = advanced(input, |ahead| module_with_mistakes(ahead, diagnostics)) {
                    items.push(Item::Mod(module));
                    continue;
                }
                // What follows it may be a piece of it.
                if !matches!(items.last(), Some(Item::Verbatim(_))) {
                    diagnostics.unreadable(error);
                }
                items.push(Item::Verbatim(up_to_an_end(input)?));
                continue;
            }
        };
        input.advance_to(&ahead);
        items.push(item);
    }
    Ok(items)
}

/// An inline module with mistakes inside, `None` if it is none; they are reported.
pub(crate) fn module(tokens: TokenStream, diagnostics: &Diagnostics) -> Option<ItemMod> {
    let parser = |input: ParseStream| module_with_mistakes(input, diagnostics);
    parser.parse2(tokens).ok()
}

fn module_with_mistakes(input: ParseStream, diagnostics: &Diagnostics) -> syn::Result<ItemMod> {
    let mut attrs = input.call(Attribute::parse_outer)?;
    let vis: Visibility = input.parse()?;
    let unsafety: Option<Token![unsafe]> = input.parse()?;
    let mod_token: Token![mod] = input.parse()?;
    let ident: Ident = input.parse()?;
    let content;
    let braces: token::Brace = syn::braced!(content in input);
    attrs.extend(content.call(Attribute::parse_inner)?);
    let items = parse(&content, diagnostics)?;
    Ok(ItemMod { attrs, vis, unsafety, mod_token, ident, content: Some((braces, items)), semi: None })
}

/// Parses what may not be there, and goes on behind it if it is.
fn advanced<T>(input: ParseStream, parse: impl FnOnce(ParseStream) -> syn::Result<T>) -> Option<T> {
    let ahead = input.fork();
    let parsed = parse(&ahead).ok()?;
    input.advance_to(&ahead);
    Some(parsed)
}

/// Up to a `;` or the braces that an item may end with.
fn up_to_an_end(input: ParseStream) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() {
        let ends = input.peek(token::Brace) || input.peek(Token![;]);
        tokens.extend([input.parse::<TokenTree>()?]);
        if ends {
            break;
        }
    }
    Ok(tokens)
}
