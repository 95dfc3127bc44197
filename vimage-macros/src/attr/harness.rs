//! The attributes of test harnesses on a function that is a test.

use syn::{Attribute, ItemFn};

/// Harnesses that replace the function by others, with a set-up around its body. They pass the attributes below theirs
/// on to what they generate.
const REPLACING: &[&str] = &[
    "apply",
    "case",
    "googletest",
    "gtest",
    "property_test",
    "quickcheck",
    "rstest",
    "test_case",
    "test_context",
    "test_matrix",
];

/// Attributes that make a function a test, though their names do not contain the word.
const MAKING_TESTS: &[&str] = &["apply", "case", "gtest", "quickcheck"];

/// Attributes that do not, though their names contain it.
const MAKING_NONE: &[&str] = &["test_context", "traced_test"];

/// Attributes of rustc that leave a function as it is.
const INERT: &[&str] = &[
    "allow",
    "cfg",
    "cfg_attr",
    "cold",
    "coverage",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "forbid",
    "ignore",
    "inline",
    "must_use",
    "should_panic",
    "track_caller",
    "warn",
];

fn is_one_of(attr: &Attribute, names: &[&str]) -> bool {
    attr.path().segments.iter().any(|segment| names.iter().any(|name| segment.ident == name))
}

/// Whether an attribute makes the function a test: `#[test]`, `#[tokio::test]`, `#[rstest]`.
pub(crate) fn makes_a_test(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        let contains_word = attr.path().segments.last().is_some_and(|last| last.ident.to_string().contains("test"));
        (contains_word && !is_one_of(attr, MAKING_NONE)) || is_one_of(attr, MAKING_TESTS)
    })
}

/// `#[test]`, and what runs an async function as one: `#[tokio::test]`.
fn is_executor(attr: &Attribute) -> bool {
    attr.path().segments.last().is_some_and(|last| last.ident == "test")
}

/// The number of attributes, from the top, that have to be expanded before the body is looked at: up to the last one
/// that replaces the function.
///
/// If none is known to do that, and the function has parameters, some attribute provides them.
pub(crate) fn expanded_before(function: &ItemFn) -> usize {
    let last = |is: &dyn Fn(&Attribute) -> bool| function.attrs.iter().rposition(is).map(|index| index + 1);
    let replacing = last(&|attr| is_one_of(attr, REPLACING));
    let unknown = || {
        let is_inert = |attr: &Attribute| is_one_of(attr, INERT) || attr.path().is_ident("test");
        last(&|attr| !is_inert(attr) && !is_executor(attr)).or_else(|| last(&|attr| !is_inert(attr)))
    };
    let unknown = if function.sig.inputs.is_empty() { None } else { unknown() };
    replacing.or(unknown).unwrap_or(0)
}
