//! `fn` becomes `async fn`.

use proc_macro::{Ident, Span, TokenStream, TokenTree};

/// Puts `async` in front of the first `fn`.
#[proc_macro_attribute]
pub fn made_async(_: TokenStream, item: TokenStream) -> TokenStream {
    let mut made = false;
    let behind = |token: TokenTree| {
        let is_fn = !made && matches!(&token, TokenTree::Ident(word) if word.to_string() == "fn");
        made |= is_fn;
        let word = is_fn.then(|| TokenTree::Ident(Ident::new("async", Span::call_site())));
        word.into_iter().chain([token])
    };
    item.into_iter().flat_map(behind).collect()
}
