//! From the model to tokens, one file per kind of output. Nothing can fail here.

mod arm;
mod class;
mod exports;
mod function;
mod hook;
mod module;
mod spans;

use proc_macro2::TokenStream;

pub(crate) use self::class::class;
pub(crate) use self::function::{main, test};
use crate::model::{Module, Source};

/// Items, and the module around them if they are one.
pub(crate) fn source(module: Option<&Module>, mut source: Source) -> TokenStream {
    let items = arm::items(&mut source);
    match module {
        Some(module) => module::module(&source.krate, module, items),
        None => items,
    }
}
