//! Functions that run in a vimage of their own, or in the base one.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::visit::{self, Visit};
use syn::{Attribute, Block, ItemFn, Path, ReturnType, Type, TypeImplTrait, parse_quote};

use crate::attr;
use crate::model::{ShouldPanic, Test, TestPlace};

/// The test with its body handed to the runtime, or with the attribute that will do so behind those of a harness.
pub(crate) fn test(test: &Test) -> TokenStream {
    match &test.place {
        TestPlace::Here { registered } => here(test, *registered),
        TestPlace::Behind { index, options } => behind(test, *index, options),
    }
}

fn behind(Test { krate, function, .. }: &Test, index: usize, options: &TokenStream) -> TokenStream {
    let mut function = function.clone();
    let marked = (!attr::makes_a_test(&function.attrs)).then(mark);
    let body: [Attribute; 1] = [parse_quote!(#[#krate::__private::test_body(#options)])];
    function.attrs.splice(index..index, marked.into_iter().chain(body));
    function.into_token_stream()
}

fn mark() -> Attribute {
    parse_quote!(#[::core::prelude::v1::test])
}

fn here(test: &Test, registered: bool) -> TokenStream {
    let Test { krate, function, share, args, panics, .. } = test;
    let marked = (!registered).then(mark);
    let name = function.sig.ident.to_string();
    // Not a name that the user's arguments could mean.
    let builder = Ident::new("builder", Span::mixed_site());
    let setup = quote! { |#builder| #builder #(.share::<#share>())* #(.arg(#args))* };
    let (runner, result, between) = match panics {
        Some(ShouldPanic::Here { expected: None }) => {
            ("run_should_panic", quote!(), quote!(::core::option::Option::None,))
        }
        Some(ShouldPanic::Here { expected: Some(text) }) => {
            ("run_should_panic", quote!(), quote!(::core::option::Option::Some(#text),))
        }
        Some(ShouldPanic::Outside) => ("run_panicking", quote!(), quote!()),
        None => {
            let result = result(&function.sig.output);
            let failure = failure_of(&function.sig.output);
            ("run", quote!(::<#result>), quote!(#failure,))
        }
    };
    let arguments = quote!(#krate::__private::this_test!(#name), #setup, #between);
    handed_over(krate, function, marked, runner, &result, &arguments)
}

/// `main` with its body handed to the runtime.
pub(crate) fn main(krate: &Path, function: &ItemFn) -> TokenStream {
    let result = result(&function.sig.output);
    handed_over(krate, function, None, "run_main", &quote!(::<#result>), &TokenStream::new())
}

/// `fn f(…) { runner::<R>(arguments…, move || { body }) }`, or its `async` form.
fn handed_over(
    krate: &Path,
    function: &ItemFn,
    marked: Option<Attribute>,
    runner: &str,
    result: &TokenStream,
    arguments: &TokenStream,
) -> TokenStream {
    let ItemFn { attrs, vis, sig, block, .. } = function;
    let body: Block = if sig.asyncness.is_some() {
        let runner = format_ident!("{runner}_async");
        parse_quote! {{ #krate::__private::#runner #result (#arguments async move #block).await }}
    } else {
        let runner = format_ident!("{runner}");
        parse_quote! {{ #krate::__private::#runner #result (#arguments move || #block) }}
    };
    quote! { #(#attrs)* #marked #vis #sig #body }
}

/// The type of the body, inferred where it cannot be written.
fn result(output: &ReturnType) -> TokenStream {
    match output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, ty) if has_impl_trait(ty) => quote!(_),
        ReturnType::Type(_, ty) => quote!(#ty),
    }
}

fn has_impl_trait(ty: &Type) -> bool {
    struct Finder(bool);
    impl<'ast> Visit<'ast> for Finder {
        fn visit_type_impl_trait(&mut self, _: &'ast TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut finder = Finder(false);
    visit::visit_type(&mut finder, ty);
    finder.0 || matches!(ty, Type::ImplTrait(_))
}

/// A closure that says why the test has failed, if its value says so.
fn failure_of(output: &ReturnType) -> TokenStream {
    let is_result = match output {
        ReturnType::Type(_, ty) => {
            matches!(&**ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Result"))
        }
        ReturnType::Default => false,
    };
    if is_result {
        quote! {
            |result| result.as_ref().err().map(|error| ::std::format!("{:?}", error))
        }
    } else {
        quote!(|_| ::core::option::Option::None)
    }
}
