//! What the parsers share.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The name of a `static` in an `extern` block in messages.
pub(crate) const FOREIGN_STATIC: &str = "a foreign `static`, which is one per process";

/// The name in messages of an item that none of our attributes may be used on.
pub(crate) const OTHER_ITEM: &str = "this kind of item";

/// The place of the first token, for messages about all of them.
pub(super) fn start(tokens: &impl ToTokens) -> Span {
    let first = tokens.to_token_stream().into_iter().next();
    first.map_or_else(Span::call_site, |token| token.span())
}

/// What is parsed, or the tokens that stay in the output beside the errors.
pub(super) type Parsed<T> = Result<T, TokenStream>;
