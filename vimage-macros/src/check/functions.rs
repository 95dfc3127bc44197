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
    executor(function, attr::makes_a_test(&function.attrs), "test", "#[tokio::test]", diagnostics);
}

pub(crate) fn main(function: &ItemFn, diagnostics: &Diagnostics) {
    executor(function, attr::contains_word(&function.attrs, "main"), "main", "#[tokio::main]", diagnostics);
}

/// An async function needs an attribute that makes it one that can be called.
fn executor(function: &ItemFn, has_one: bool, of: &str, example: &str, diagnostics: &Diagnostics) {
    if let Some(token) = function.sig.asyncness.filter(|_| !has_one) {
        diagnostics.at(token, problem::missing_executor(of, example));
    }
}
