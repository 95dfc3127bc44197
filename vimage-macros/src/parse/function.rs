//! The functions under `#[vimage::test]` and `#[vimage::main]`.

use proc_macro2::TokenStream;
use syn::{Attribute, Expr, ExprLit, ItemFn, Lit, LitStr, Meta, Path, parse_quote};

use super::common::Parsed;
use crate::attr;
use crate::attr::options::{MainOptions, Reader, TestOptions, runtime};
use crate::diagnostics::{self as problem, Diagnostics};
use crate::model::{ShouldPanic, Test, TestPlace};

/// A test, under `#[vimage::test]`.
pub(crate) fn test(args: TokenStream, input: TokenStream, diagnostics: &Diagnostics) -> Parsed<Test> {
    let options: TestOptions = Reader { of: "vimage::test", diagnostics }.all(args.clone()).options;
    let function = function(input, "vimage::test", diagnostics)?;
    let place = match attr::expanded_before(&function) {
        0 => TestPlace::Here { registered: attr::makes_a_test(&function.attrs) },
        index => TestPlace::Behind { index, options: args },
    };
    Ok(with_options(options, function, place, diagnostics))
}

/// A test that other attributes have generated, under what `#[vimage::test]` has left below them.
pub(crate) fn test_body(args: TokenStream, input: TokenStream, diagnostics: &Diagnostics) -> Parsed<Test> {
    let options: TestOptions = Reader { of: "vimage::test", diagnostics }.all(args).options;
    let function = function(input, "vimage::test", diagnostics)?;
    Ok(with_options(options, function, TestPlace::Here { registered: true }, diagnostics))
}

fn with_options(options: TestOptions, mut function: ItemFn, place: TestPlace, diagnostics: &Diagnostics) -> Test {
    let is_should_panic = |attr: &Attribute| attr.path().is_ident("should_panic");
    let mut panics = None;
    if let TestPlace::Here { registered } = place {
        if registered && !attr::makes_a_test(&function.attrs) {
            // A `#[test]` above is expanded already, and has read it.
            panics = function.attrs.iter().any(is_should_panic).then_some(ShouldPanic::Outside);
        } else {
            for attr in function.attrs.extract_if(.., |attr| is_should_panic(attr)) {
                panics = diagnostics.ok(should_panic(&attr));
            }
        }
    }
    let krate = runtime(options.krate.as_ref());
    let share = options.share.map_or_else(Vec::new, |given| given.value.0);
    let share = share.into_iter().map(|class| kernel_class(class, &krate)).collect();
    let args = options.args.map_or_else(Vec::new, |given| given.value.0);
    Test { krate, function, place, share, args, panics }
}

/// `main`, and the path of the runtime.
pub(crate) fn main(args: TokenStream, input: TokenStream, diagnostics: &Diagnostics) -> Parsed<(Path, ItemFn)> {
    let options: MainOptions = Reader { of: "vimage::main", diagnostics }.all(args).options;
    let function = function(input, "vimage::main", diagnostics)?;
    Ok((runtime(options.krate.as_ref()), function))
}

fn function(input: TokenStream, of: &str, diagnostics: &Diagnostics) -> Parsed<ItemFn> {
    syn::parse2::<ItemFn>(input.clone()).map_err(|error| {
        diagnostics.at_span(error.span(), problem::not_a_function(of));
        input
    })
}

/// `Net`, `Cpu` and `Procg` are the kernel's, without an import.
fn kernel_class(class: Path, krate: &Path) -> Path {
    match class.get_ident() {
        Some(name) if ["Net", "Cpu", "Procg"].iter().any(|own| name == own) => parse_quote!(#krate::kernel::#name),
        _ => class,
    }
}

/// `#[should_panic]`, `#[should_panic = "…"]`, `#[should_panic(expected = "…")]`
fn should_panic(attr: &Attribute) -> syn::Result<ShouldPanic> {
    let expected = match &attr.meta {
        Meta::Path(_) => None,
        Meta::NameValue(value) => Some(text(&value.value)?),
        Meta::List(list) => {
            let mut text = None;
            list.parse_nested_meta(|meta| {
                if !meta.path.is_ident("expected") {
                    return Err(problem::should_panic_form().at(&meta.path));
                }
                text = Some(
                    meta.value()
                        .and_then(|value| value.parse())
                        .map_err(|error| problem::should_panic_form().at_span(error.span()))?,
                );
                Ok(())
            })?;
            text
        }
    };
    Ok(ShouldPanic::Here { expected })
}

fn text(value: &Expr) -> syn::Result<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
        other => Err(problem::should_panic_form().at(other)),
    }
}
