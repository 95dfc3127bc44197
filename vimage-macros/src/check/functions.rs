//! Functions that the runtime runs.

use syn::{ItemFn, ReturnType};

use crate::attr;
use crate::diagnostics::{self as problem, Diagnostics};
use crate::model::Test;

pub(crate) fn test(test: &Test, diagnostics: &Diagnostics) {
    let function = &test.function;
    if test.panics.is_some() && matches!(function.sig.output, ReturnType::Type(..)) {
        diagnostics.at(&function.sig.output, problem::should_panic_result());
    }
    executor(function, "test", "#[tokio::test]", diagnostics);
}

pub(crate) fn main(function: &ItemFn, diagnostics: &Diagnostics) {
    executor(function, "main", "#[tokio::main]", diagnostics);
}

/// An async function needs an attribute that makes it one that can be called.
fn executor(function: &ItemFn, of: &str, example: &str, diagnostics: &Diagnostics) {
    if let Some(token) = function.sig.asyncness.filter(|_| !attr::contains_word(&function.attrs, of)) {
        diagnostics.at(token, problem::missing_executor(of, example));
    }
}
