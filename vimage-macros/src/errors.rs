//! The sink that every stage reports to, so that one compilation shows all mistakes.

use std::cell::{Cell, RefCell};

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

/// Collects the errors of one macro invocation.
///
/// It must be emptied with [`Errors::take`]; dropping it with errors inside would lose them, so that panics.
#[derive(Default)]
pub(crate) struct Errors {
    found: RefCell<Vec<syn::Error>>,
    /// Mistakes in the grammar of Rust, which rustc reports as well.
    unreadable: RefCell<Vec<syn::Error>>,
    needs_values: Cell<bool>,
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

    /// An error at a mention of a variable's value: in what is left of the code, nothing but the value passes for it.
    pub(crate) fn at_value(&self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.needs_values.set(true);
        self.at(tokens, message);
    }

    pub(crate) fn needs_values(&self) -> bool {
        self.needs_values.get()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.borrow().is_empty() && self.unreadable.borrow().is_empty()
    }

    /// Keeps the value, or the error in its place.
    pub(crate) fn ok<T>(&self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// What is not read as Rust, and stays in the output.
    pub(crate) fn unreadable(&self, error: syn::Error) {
        self.unreadable.borrow_mut().push(error);
    }

    /// All that was reported as items that do not compile, `None` if there was nothing.
    pub(crate) fn take(&self) -> Option<TokenStream> {
        let found = std::mem::take(&mut *self.found.borrow_mut());
        let unreadable = std::mem::take(&mut *self.unreadable.borrow_mut());
        let found = found.iter().map(syn::Error::to_compile_error).chain(unreadable.iter().map(unless_rustc_reports));
        let found: Vec<_> = found.collect();
        (!found.is_empty()).then(|| quote!(#(#found)*))
    }
}

/// An error that is only shown if there is no other: rustc looks for unused results last. So what is wrong is said once,
/// by rustc, and what only rustc can read does not pass unnoticed.
fn unless_rustc_reports(error: &syn::Error) -> TokenStream {
    let message = format!("vimage cannot read this item: {error}");
    quote_spanned! {error.span()=>
        const _: () = {
            #[must_use = #message]
            const fn item_that_vimage_cannot_read() -> u8 {
                0
            }
            #[deny(unused_must_use)]
            item_that_vimage_cannot_read();
        };
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        if !self.is_empty() && !std::thread::panicking() {
            panic!("errors of a vimage macro were dropped unread");
        }
    }
}
