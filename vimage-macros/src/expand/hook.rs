//! The registration of a hook. The function itself stays what it was.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{FnArg, Path, ReturnType, Type};

use crate::model::Hook;

pub(super) fn registration(krate: &Path, hook: &Hook) -> TokenStream {
    let Hook { home, cfgs, signature, .. } = hook;
    let kind = format_ident!("{}", hook.kind.name());
    let function = &signature.ident;
    let argument = signature.inputs.first().and_then(|input| match input {
        FnArg::Typed(typed) => match &*typed.ty {
            Type::Reference(reference) => Some(&reference.elem),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    });
    let argument = argument.map(|ty| quote!(&#ty));
    // What the compiler finds wrong with the function is what it returns.
    let blamed = match &signature.output {
        ReturnType::Type(_, ty) => ty.span(),
        ReturnType::Default => function.span(),
    };
    let register = located_at(blamed, quote!(#krate::__private::hook!));
    let call = quote_spanned!(blamed=> { #home, #kind, #function (#argument) });
    quote!(#(#cfgs)* #register #call)
}

/// The same names, at the place that an error about the macro is to be shown at.
pub(super) fn located_at(place: Span, path: TokenStream) -> TokenStream {
    let moved = |mut token: TokenTree| {
        token.set_span(token.span().located_at(place));
        token
    };
    path.into_iter().map(moved).collect()
}
