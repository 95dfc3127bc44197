//! The stages of `#[vimage::test]` and `#[vimage::main]`, which know nothing of modules and variables.

use proc_macro2::TokenStream;
use quote::quote;

use crate::args::{Options, Syntax};
use crate::errors::Errors;
use crate::{expand, parse};

/// `#[vimage::test(…)] fn name() { … }`
pub(crate) fn test(args: TokenStream, input: TokenStream) -> TokenStream {
    let errors = Errors::default();
    let options = Options::parse(args, Syntax::TEST, &errors);
    let function = match parse::function::parse(input, "test", &errors) {
        Ok(function) => function,
        Err(input) => return with_errors(&errors, input),
    };
    let mut recovered = function.clone();
    // Rustc would say again what is wrong with it.
    recovered.attrs.retain(|attr| !attr.path().is_ident("should_panic"));
    let test = parse::function::test(options, function, &errors);
    match errors.take() {
        None => expand::function::test(&test),
        Some(found) => quote!(#found #recovered),
    }
}

/// `#[vimage::main] fn main() { … }`
pub(crate) fn main(args: TokenStream, input: TokenStream) -> TokenStream {
    let errors = Errors::default();
    let krate = Options::parse(args, Syntax::MAIN, &errors).krate();
    let function = match parse::function::parse(input, "main", &errors) {
        Ok(function) => function,
        Err(input) => return with_errors(&errors, input),
    };
    parse::function::main(&function, &errors);
    match errors.take() {
        None => expand::function::main(&krate, &function),
        Some(found) => quote!(#found #function),
    }
}

fn with_errors(errors: &Errors, input: TokenStream) -> TokenStream {
    let found = errors.take();
    quote!(#found #input)
}
