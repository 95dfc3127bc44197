//! The variables of an input with mistakes. The user's items stay, so that editors keep working, and each variable is
//! replaced by something that compiles in its place, in this input and in code elsewhere. So no error only follows from
//! those that are reported.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr};

use super::instances;
use crate::model::{Part, Source, StorageKind, Variable};
use crate::{attr, idents};

/// The variable as a static under its new name.
pub(super) fn variable(variable: &Variable, init: Expr) -> TokenStream {
    let Variable { vis, static_token, ty, kind, .. } = variable;
    let attrs = attrs(variable);
    let accessor = idents::accessor(&variable.ident);
    let mutability = kind.mutability();
    let item = quote! {
        #(#attrs)* #[allow(non_upper_case_globals)] #vis #static_token #mutability #accessor: #ty = #init;
    };
    if matches!(kind, StorageKind::ThreadLocal) { quote!(::std::thread_local! { #item }) } else { item }
}

/// The variables of a part as accessors that have no value, and the values by themselves.
pub(super) fn part(source: &Source, part: &Part, fill: &dyn Fn(&Expr) -> Expr) -> TokenStream {
    let krate = &source.krate;
    let module_path = &part.module_path;
    let accessors = instances::variables(source, part).map(|variable| {
        let Variable { cfgs, vis, static_token, field_ty, .. } = variable;
        let conditions = cfgs.iter().filter(|attr| attr.path().is_ident("cfg"));
        let accessor = idents::accessor(&variable.ident);
        let kind = instances::kind(variable);
        let init = fill(&variable.field_init);
        let mutability = variable.kind.mutability();
        quote! {
            #krate::__private::recovered! { #module_path; { #(#conditions)* } #vis #kind #accessor (#field_ty) }
            #(#cfgs)*
            const _: () = {
                #static_token #mutability VALUE: #field_ty = #init;
            };
        }
    });
    quote!(#(#accessors)*)
}

/// Without the attributes that were reported, which could fail again in their own way.
fn attrs(variable: &Variable) -> impl Iterator<Item = &Attribute> {
    variable.attrs.iter().filter(|attr| attr::names(attr).iter().all(|name| name.obstacle().is_none()))
}
