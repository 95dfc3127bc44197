//! The default build: a variable is the static that it was.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Expr;

use super::instances;
use crate::expand::exports;
use crate::idents;
use crate::model::{Build, Part, Source, StorageKind, Variable};

pub(super) fn variable(source: &Source, variable: &Variable, init: Expr) -> TokenStream {
    let item = item(variable, init);
    let names = variable.exports.as_ref().map(|exports| exports::registration(&source.krate, exports, Build::Plain));
    quote!(#item #names)
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

/// A part is no item here, but a module that is missing is an error all the same, and so is a variable that is not `Send`.
///
/// The fields are for editors: they rename a declaration if something has the name that is written there, as the field of
/// a part has in the other builds.
pub(super) fn part(source: &Source, part: &Part) -> TokenStream {
    let krate = &source.krate;
    let fields = instances::variables(source, part).map(|Variable { cfgs, ident, .. }| quote!(#(#cfgs)* #ident: (),));
    let assertions = instances::variables(source, part).map(|Variable { cfgs, ty, kind, .. }| {
        matches!(kind, StorageKind::Scoped | StorageKind::Keep)
            .then(|| quote!(#(#cfgs)* #krate::__private::assert_send::<#ty>();))
    });
    let cfgs = instances::common_cfgs(source, part);
    let module = module(source, part);
    quote! {
        #cfgs
        const _: () = {
            {
                #[allow(non_snake_case, dead_code)]
                struct Declared {
                    #(#fields)*
                }
            }
            #(#assertions)*
        };
        #module
    }
}

/// The mere name of the module, where the macro has not seen it.
pub(super) fn module(source: &Source, part: &Part) -> Option<TokenStream> {
    let module_path = &part.module_path;
    let cfgs = instances::common_cfgs(source, part);
    source.open.then(|| {
        quote! {
            #cfgs
            const _: ::core::option::Option<#module_path> = ::core::option::Option::None;
        }
    })
}

/// `V_foo` is not named as statics are, so that rustc warns even where the user allowed it for `foo`.
fn allow_case(variable: &Variable) -> Option<TokenStream> {
    let name = variable.ident.to_string();
    name.chars().any(char::is_lowercase).then(|| quote!(#[allow(non_upper_case_globals)]))
}
