//! Where rustc shows errors.

use proc_macro2::{Span, TokenStream, TokenTree};

/// The same path, moved to the place where rustc is to show errors about the macro.
pub(super) fn located_at(place: Span, path: TokenStream) -> TokenStream {
    let moved = |mut token: TokenTree| {
        token.set_span(token.span().located_at(place));
        token
    };
    path.into_iter().map(moved).collect()
}
