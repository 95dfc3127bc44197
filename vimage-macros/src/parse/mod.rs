//! From tokens to the model. The problems reported here are those of the grammar of our attributes and macros.

mod attributes;
mod class;
mod file;
mod function;
mod item;
mod items;
mod module;
mod thread_local;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

pub(crate) use self::attributes::{accept, take};
pub(crate) use self::class::class;
pub(crate) use self::file::file;
pub(crate) use self::function::{main, test};
pub(crate) use self::item::item;
pub(crate) use self::module::{ModuleAttr, module};
pub(crate) use self::thread_local::{is_thread_local, thread_local_names, thread_local_variables};

/// The name of a `static` in an `extern` block in messages.
pub(crate) const FOREIGN_STATIC: &str = "a foreign `static`, which is one per process";

/// The name in messages of an item that none of our attributes may be used on.
pub(crate) const OTHER_ITEM: &str = "this kind of item";

/// The place of the first token, for messages about all of them.
fn start(tokens: &impl ToTokens) -> Span {
    let first = tokens.to_token_stream().into_iter().next();
    first.map_or_else(Span::call_site, |token| token.span())
}

/// What is parsed, or the tokens that stay in the output beside the errors.
type Parsed<T> = Result<T, TokenStream>;
