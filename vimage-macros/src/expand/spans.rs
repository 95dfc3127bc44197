//! Where rustc shows errors.

use proc_macro2::{Span, TokenStream, TokenTree};

/// The same names, at the place that an error about the macro is to be shown at.
pub(super) fn located_at(place: Span, path: TokenStream) -> TokenStream {
    let moved = |mut token: TokenTree| {
        token.set_span(token.span().located_at(place));
        token
    };
    path.into_iter().map(moved).collect()
}
