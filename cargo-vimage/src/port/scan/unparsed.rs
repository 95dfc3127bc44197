//! Statics in tokens that are no syntax yet.

use proc_macro2::{TokenStream, TokenTree};

/// `static NAME:`, `static mut NAME:`, `static ref NAME:` anywhere in the tokens: the names, with their places.
pub(super) fn statics(tokens: TokenStream) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    collect(tokens, &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<(String, usize)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Ident(word) if word == "static" && !is_lifetime(&tokens, at) => {
                let rest = tokens[at + 1..].iter().filter_map(|token| match token {
                    TokenTree::Ident(word) => Some(word),
                    _ => None,
                });
                let name = rest.take(2).find(|word| *word != "mut" && *word != "ref");
                let is_next = matches!(tokens.get(at + 1), Some(TokenTree::Ident(_)));
                found.extend(name.filter(|_| is_next).map(|name| (name.to_string(), name.span().byte_range().start)));
            }
            _ => {}
        }
    }
}

/// `'static`
fn is_lifetime(tokens: &[TokenTree], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| &tokens[before]);
    matches!(before, Some(TokenTree::Punct(quote)) if quote.as_char() == '\'')
}
