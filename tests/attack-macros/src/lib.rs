//! Procedural macros that a user could have. None of them looks into what the macros of vimage expand to.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use proc_macro::{Ident, Span, TokenStream, TokenTree};

/// One identifier made of several, with the span of the first, as `paste!` makes them.
#[proc_macro]
pub fn glue(input: TokenStream) -> TokenStream {
    let mut span = None;
    let mut name = String::new();
    for tree in input {
        if let TokenTree::Ident(part) = tree {
            span.get_or_insert(part.span());
            name += &part.to_string();
        }
    }
    TokenTree::Ident(Ident::new(&name, span.expect("nothing to glue"))).into()
}

/// `differs! { 5 (A) (B) }` is `A` the sixth time that it is expanded, and `B` else.
#[proc_macro]
pub fn differs(input: TokenStream) -> TokenStream {
    static EXPANDED: AtomicUsize = AtomicUsize::new(0);
    let now = EXPANDED.fetch_add(1, Relaxed).to_string();
    match input.into_iter().collect::<Vec<_>>().as_slice() {
        [when, TokenTree::Group(then), TokenTree::Group(_)] if when.to_string() == now => then.stream(),
        [_, _, TokenTree::Group(otherwise)] => otherwise.stream(),
        _ => panic!("expected a number and two groups"),
    }
}

/// Puts its arguments where the item was.
#[proc_macro_attribute]
pub fn replaced_by(arguments: TokenStream, _: TokenStream) -> TokenStream {
    arguments
}

/// Puts `async` in front of the first `fn`, as attributes of some frameworks do.
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
