//! The sink that every stage reports to, so that one compilation shows all mistakes.

use std::cell::RefCell;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Collects the errors of one macro invocation.
///
/// It must be emptied with [`Errors::take`]; dropping it with errors inside would lose them, so that panics.
#[derive(Default)]
pub(crate) struct Errors {
    found: RefCell<Vec<syn::Error>>,
}

impl Errors {
    /// An error that underlines all of `tokens`.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// An error at one span, where there are no tokens to underline.
    pub(crate) fn at_span(&self, span: Span, message: impl std::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    pub(crate) fn push(&self, error: syn::Error) {
        self.found.borrow_mut().push(error);
    }

    /// Keeps the value, or the error in its place.
    pub(crate) fn ok<T>(&self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// All that was reported as `compile_error!` items, `None` if there was nothing.
    pub(crate) fn take(&self) -> Option<TokenStream> {
        let found = std::mem::take(&mut *self.found.borrow_mut());
        (!found.is_empty()).then(|| found.iter().map(syn::Error::to_compile_error).collect())
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        if !std::thread::panicking() && !self.found.borrow().is_empty() {
            panic!("errors of a vimage macro were dropped unread");
        }
    }
}
