//! The default build: a variable is the static that it was.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Expr;

use super::instances;
use crate::expand::exports;
use crate::idents;
use crate::model::{Build, Part, Source, StorageKind, Variable};

pub(super) fn variable(source: &Source, variable: &Variable, init: Expr) -> TokenStream {
    let krate = &source.krate;
    let item = item(variable, init);
    let Variable { cfgs, ident, ty, kind, .. } = variable;
    let assert_send = matches!(kind, StorageKind::Scoped | StorageKind::Keep)
        .then(|| quote!(#krate::__private::assert_send::<#ty>();));
    // The field is for editors: they rename a declaration if something has the name that is written there, as the
    // field of a part has in the other builds.
    let name_and_check = quote! {
        #(#cfgs)*
        const _: () = {
            {
                #[allow(non_snake_case, dead_code)]
                struct Declared {
                    #ident: (),
                }
            }
            #assert_send
        };
    };
    let names = variable.exports.as_ref().map(|exports| exports::registration(krate, exports, Build::Plain));
    quote!(#item #name_and_check #names)
}

fn item(variable: &Variable, init: Expr) -> TokenStream {
    let Variable { attrs, vis, static_token, kind, ty, .. } = variable;
    let accessor = idents::accessor(&variable.ident);
    let case = allow_case(variable);
    if matches!(kind, StorageKind::ThreadLocal) {
        return quote! { ::std::thread_local! { #(#attrs)* #case #vis #static_token #accessor: #ty = #init; } };
    }
    let mutability = kind.mutability();
    // Only a constant can be the start of each instance. A static would also take a reference to a value with
    // interior mutability, which instances would share.
    quote! { #(#attrs)* #case #vis #static_token #mutability #accessor: #ty = const { #init }; }
}

/// A part is no item here, but a module that is missing is an error all the same.
pub(super) fn part(source: &Source, part: &Part) -> TokenStream {
    if !source.open {
        return TokenStream::new();
    }
    let module_path = &part.module_path;
    let cfgs = instances::common_cfgs(source, part);
    quote! {
        #cfgs
        const _: ::core::option::Option<#module_path> = ::core::option::Option::None;
    }
}

/// `V_foo` is not named as statics are, so that rustc warns even where the user allowed it for `foo`.
fn allow_case(variable: &Variable) -> Option<TokenStream> {
    let name = variable.ident.to_string();
    name.chars().any(char::is_lowercase).then(|| quote!(#[allow(non_upper_case_globals)]))
}
