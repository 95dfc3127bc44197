//! The functions under `#[vimage::test]` and `#[vimage::main]`.

use proc_macro2::TokenStream;
use syn::{Attribute, Expr, ExprLit, ItemFn, Lit, LitStr, Meta, Path, parse_quote};

use crate::args::{self, Options};
use crate::errors::Errors;

/// A test that is to run in a vimage of its own.
pub(crate) struct Test {
    pub(crate) krate: Path,
    /// Without `#[should_panic]`; with an attribute that makes it a test.
    pub(crate) function: ItemFn,
    pub(crate) share: Vec<Path>,
    pub(crate) args: Vec<Expr>,
    pub(crate) panics: Option<ShouldPanic>,
}

pub(crate) struct ShouldPanic {
    pub(crate) expected: Option<LitStr>,
}

pub(crate) fn test(options: Options, mut function: ItemFn, errors: &Errors) -> Test {
    let mut panics = None;
    for attr in function.attrs.extract_if(.., |attr| attr.path().is_ident("should_panic")) {
        panics = errors.ok(should_panic(&attr));
    }
    let has_return = matches!(&function.sig.output, syn::ReturnType::Type(..));
    if panics.is_some() && has_return {
        errors.at(&function.sig.output, "a test under `#[should_panic]` returns nothing");
    }
    if !function.attrs.iter().any(|attr| is_named(attr, "test")) {
        if function.sig.asyncness.is_some() {
            let message = "an async test needs an executor: write its attribute below this one, such as \
                           `#[tokio::test]`";
            errors.at(function.sig.asyncness, message);
        }
        function.attrs.push(parse_quote!(#[::core::prelude::v1::test]));
    }
    let krate = options.krate();
    let share = options.share.iter().map(|class| own_class(class, &krate)).collect();
    Test { krate, function, share, args: options.args, panics }
}

/// Checks the `main` under `#[vimage::main]`.
pub(crate) fn main(function: &ItemFn, errors: &Errors) {
    if function.sig.asyncness.is_some() && !function.attrs.iter().any(|attr| is_named(attr, "main")) {
        let message = "an async `main` needs an executor: write its attribute below this one, such as `#[tokio::main]`";
        errors.at(function.sig.asyncness, message);
    }
}

/// Whether the last segment of the attribute's path contains `word`: `#[tokio::test]`, `#[rstest]`, `#[test_case]`.
fn is_named(attr: &Attribute, word: &str) -> bool {
    attr.path().segments.last().is_some_and(|last| last.ident.to_string().contains(word))
}

/// `Net`, `Cpu` and `Procg` are the runtime's, without an import.
fn own_class(class: &Path, krate: &Path) -> Path {
    match class.get_ident() {
        Some(name) if ["Net", "Cpu", "Procg"].iter().any(|own| name == own) => parse_quote!(#krate::#name),
        _ => class.clone(),
    }
}

const EXPECTED: &str = "expected = \"…\"";

/// `#[should_panic]`, `#[should_panic = "…"]`, `#[should_panic(expected = "…")]`
fn should_panic(attr: &Attribute) -> syn::Result<ShouldPanic> {
    let expected = match &attr.meta {
        Meta::Path(_) => None,
        Meta::NameValue(value) => Some(text(&value.value)?),
        Meta::List(list) => {
            let mut expected = None;
            list.parse_nested_meta(|meta| {
                if !meta.path.is_ident("expected") {
                    return Err(meta.error(format!("expected `{EXPECTED}`")));
                }
                expected = Some(args::expected(meta.value().and_then(|value| value.parse()), EXPECTED)?);
                Ok(())
            })?;
            expected
        }
    };
    Ok(ShouldPanic { expected })
}

fn text(value: &Expr) -> syn::Result<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
        other => Err(syn::Error::new_spanned(other, "expected `should_panic = \"…\"`")),
    }
}

/// The function, or the tokens as they are where they are none.
pub(crate) fn parse(input: TokenStream, of: &str, errors: &Errors) -> Result<ItemFn, TokenStream> {
    syn::parse2::<ItemFn>(input.clone()).map_err(|error| {
        errors.push(syn::Error::new(error.span(), format!("`#[vimage::{of}]` goes on a function")));
        input
    })
}
