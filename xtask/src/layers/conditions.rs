//! Conditional compilation, as far as it tells tests from what ships.

use proc_macro2::{TokenStream, TokenTree};

/// True if the condition of a `#[cfg(…)]` holds in tests only.
///
/// Tests are exempt from the floors: they are no part of what ships, and the test of a folder may well prepare its
/// input with what lies above.
pub(super) fn only_in_tests(condition: TokenStream) -> bool {
    without_tests(&condition.into_iter().collect::<Vec<_>>()) == Some(false)
}

/// The value of the condition outside of tests, if it is the same for all features and targets.
fn without_tests(condition: &[TokenTree]) -> Option<bool> {
    match condition {
        [TokenTree::Ident(name)] if name == "test" || name == "doctest" => Some(false),
        [TokenTree::Ident(name), TokenTree::Group(of)] => {
            let of: Vec<TokenTree> = of.stream().into_iter().collect();
            let mut parts = of
                .split(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ','))
                .filter(|part| !part.is_empty())
                .map(without_tests);
            match name.to_string().as_str() {
                "all" => parts.any(|part| part == Some(false)).then_some(false),
                "any" => parts.all(|part| part == Some(false)).then_some(false),
                "not" => parts.next().flatten().map(|part| !part),
                _ => None,
            }
        }
        _ => None,
    }
}
