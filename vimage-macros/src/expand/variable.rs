//! A variable of the default build: the static that it is.

use proc_macro2::TokenStream;
use quote::quote;

use super::Arm;
use crate::model::{Kind, Source, Variable};
use crate::names;

pub(super) fn plain(source: &Source, variable: &Variable) -> TokenStream {
    let Variable { attrs, cfgs, vis, static_token, ty, .. } = variable;
    let accessor = names::accessor(&variable.ident);
    let init = Arm::Plain.expr(source, &variable.init);
    let case = allow_case(variable);
    let mutability = match variable.kind {
        Kind::ThreadLocal => {
            return quote! {
                ::std::thread_local! { #(#attrs)* #case #vis #static_token #accessor: #ty = #init; }
            };
        }
        Kind::Raw(token) => Some(token),
        Kind::Scoped | Kind::Keep => None,
    };
    // Only a constant can be the start of each instance. A static would also take a reference to a value with
    // interior mutability, which instances would share.
    let item = quote! {
        #(#attrs)* #case #vis #static_token #mutability #accessor: #ty = const { #init };
    };
    if mutability.is_some() {
        return item;
    }
    let krate = &source.krate;
    quote! {
        #item
        #(#cfgs)*
        const _: () = #krate::__private::assert_send::<#ty>();
    }
}

/// `V_foo` would not be named as statics are, whoever allowed it for `foo`.
fn allow_case(variable: &Variable) -> Option<TokenStream> {
    let name = variable.ident.to_string();
    name.chars().any(char::is_lowercase).then(|| quote!(#[allow(non_upper_case_globals)]))
}
