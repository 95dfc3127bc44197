//! Uses of variables in tokens that are not parsed.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::Lit;

use super::accessor::{OF_THE_ACCESSOR, is_accessor};
use super::context::Context;
use super::format;

/// The name of an accessor among tokens.
pub(crate) struct Found {
    pub(crate) name: Ident,
    /// A string names it, as `{V_X}`.
    pub(crate) captured: bool,
}

/// The uses in `tokens`, in source order, except those that may stand anywhere, as `V_X.with_current(…)`.
pub(crate) fn uses(tokens: &TokenStream, cx: &Context) -> Vec<Found> {
    let mut found = Vec::new();
    collect(tokens, cx, &mut found);
    found
}

/// The accessors that a format string names, at the string.
pub(crate) fn captured(format: &syn::LitStr, cx: &Context) -> Vec<Ident> {
    let named = |name: &str| {
        let mut name: Ident = syn::parse_str(name).ok()?;
        name.set_span(format.span());
        Some(name)
    };
    let text = format.value();
    format::captures(&text).into_iter().filter_map(named).filter(|name| is_accessor(name, cx)).collect()
}

/// Whether one of these words is among tokens.
pub(crate) fn has_word(tokens: &TokenStream, words: &[&str]) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Group(group) => has_word(&group.stream(), words),
        TokenTree::Ident(found) => words.iter().any(|word| found == word),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn collect(tokens: &TokenStream, cx: &Context, found: &mut Vec<Found>) {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (at, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Group(group) => collect(&group.stream(), cx, found),
            TokenTree::Literal(literal) => {
                if let Lit::Str(format) = Lit::new(literal.clone()) {
                    found.extend(captured(&format, cx).into_iter().map(|name| Found { name, captured: true }));
                }
            }
            TokenTree::Ident(name) if is_accessor(name, cx) => {
                if !is_something_else(&trees[..at], &trees[at + 1..]) && !is_left_alone(&trees[at + 1..]) {
                    found.push(Found { name: name.clone(), captured: false });
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// A field, a method, a lifetime, a fragment of a `macro_rules!`, the start of a path, a definition, or a macro.
fn is_something_else(before: &[TokenTree], after: &[TokenTree]) -> bool {
    const DEFINITIONS: [&str; 8] = ["fn", "struct", "enum", "union", "type", "trait", "mod", "static"];
    let by_what_precedes = match before {
        [.., first, second] if punct(first, '.') && punct(second, '.') => false,
        [.., TokenTree::Ident(keyword)] => DEFINITIONS.iter().any(|definition| keyword == definition),
        [.., last] => ['.', '\'', '$'].iter().any(|&start| punct(last, start)),
        [] => false,
    };
    let by_what_follows = match after {
        [bang, TokenTree::Group(_), ..] if punct(bang, '!') => true,
        [next, ..] => punct(next, ':'),
        [] => false,
    };
    by_what_precedes || by_what_follows
}

fn is_left_alone(after: &[TokenTree]) -> bool {
    match after {
        [dot, TokenTree::Ident(method), TokenTree::Group(arguments), ..] => {
            punct(dot, '.')
                && arguments.delimiter() == Delimiter::Parenthesis
                && OF_THE_ACCESSOR.iter().any(|name| method == name)
        }
        _ => false,
    }
}

fn punct(tree: &TokenTree, wanted: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == wanted)
}
