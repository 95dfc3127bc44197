//! The functions under `#[vimage::test]` and `#[vimage::main]`.

use proc_macro2::TokenStream;
use syn::{Attribute, Expr, ExprLit, ItemFn, Lit, LitStr, Meta, Path, parse_quote};

use super::common::Parsed;
use crate::attr::options::{MainOptions, Reader, TestOptions, runtime};
use crate::diagnostics::{self as problem, Diagnostics};
use crate::model::{ShouldPanic, Test};

/// A test.
pub(crate) fn test(args: TokenStream, input: TokenStream, diagnostics: &Diagnostics) -> Parsed<Test> {
    let options: TestOptions = Reader { of: "vimage::test", diagnostics }.all(args).options;
    let mut function = function(input, "vimage::test", diagnostics)?;
    let mut panics = None;
    for attr in function.attrs.extract_if(.., |attr| attr.path().is_ident("should_panic")) {
        panics = diagnostics.ok(should_panic(&attr));
    }
    let krate = runtime(options.krate.as_ref());
    let share = options.share.map_or_else(Vec::new, |given| given.value.0);
    let share = share.into_iter().map(|class| kernel_class(class, &krate)).collect();
    let args = options.args.map_or_else(Vec::new, |given| given.value.0);
    Ok(Test { krate, function, share, args, panics })
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
    Ok(ShouldPanic { expected })
}

fn text(value: &Expr) -> syn::Result<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
        other => Err(problem::should_panic_form().at(other)),
    }
}
