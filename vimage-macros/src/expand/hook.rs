//! The registration of a hook. The function itself stays what it was.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{FnArg, Path, ReturnType, Type};

use super::spans::located_at;
use crate::model::Hook;

pub(super) fn registration(krate: &Path, hook: &Hook) -> TokenStream {
    let Hook { module_path, cfgs, signature, .. } = hook;
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
    // The compiler's complaint about the function is about what it returns.
    let blamed = match &signature.output {
        ReturnType::Type(_, ty) => ty.span(),
        ReturnType::Default => function.span(),
    };
    let register = located_at(blamed, quote!(#krate::__private::hook!));
    let call = quote_spanned!(blamed=> { #module_path, #kind, #function (#argument) });
    quote!(#(#cfgs)* #register #call)
}
