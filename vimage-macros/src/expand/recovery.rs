//! What is left of an input with mistakes: the user's items, so that editors keep working, and no error that
//! only follows from the ones that are reported. So each variable is there as something that passes for it, in the
//! code of this input as in that of others, which were rewritten for the build.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Token};

use super::{Arm, part};
use crate::attr;
use crate::model::{Kind, Part, Source, Variable};
use crate::names;

/// The variable as a static under its new name.
pub(super) fn static_item(source: &Source, variable: &Variable) -> TokenStream {
    let Variable { vis, static_token, ty, .. } = variable;
    let attrs = attrs(variable);
    let accessor = names::accessor(&variable.ident);
    let init = Arm::RecoveredPlain.expr(source, &variable.init);
    let mutability = mutability(variable);
    let item = quote! {
        #(#attrs)* #[allow(non_upper_case_globals)] #vis #static_token #mutability #accessor: #ty = #init;
    };
    if matches!(variable.kind, Kind::ThreadLocal) { quote!(::std::thread_local! { #item }) } else { item }
}

/// The variables of a part as accessors that have no value, and the values by themselves.
pub(super) fn accessors(source: &Source, part: &Part) -> TokenStream {
    let krate = &source.krate;
    let home = &part.home;
    let accessors = part::variables(source, part).map(|variable| {
        let Variable { cfgs, vis, static_token, .. } = variable;
        let conditions = cfgs.iter().filter(|attr| attr.path().is_ident("cfg"));
        let accessor = names::accessor(&variable.ident);
        let kind = part::kind(variable);
        let ty = part::ty(source, variable);
        let init = Arm::RecoveredInstances.expr(source, &variable.virtualized_init);
        let mutability = mutability(variable);
        quote! {
            #krate::__private::recovered! { #home; { #(#conditions)* } #vis #kind #accessor (#ty) }
            #(#cfgs)*
            const _: () = {
                #static_token #mutability VALUE: #ty = #init;
            };
        }
    });
    quote!(#(#accessors)*)
}

fn mutability(variable: &Variable) -> Option<Token![mut]> {
    match variable.kind {
        Kind::Raw(token) => Some(token),
        Kind::Scoped | Kind::Keep | Kind::ThreadLocal => None,
    }
}

/// Without those that are refused, which could fail in their own way.
fn attrs(variable: &Variable) -> impl Iterator<Item = &Attribute> {
    variable.attrs.iter().filter(|attr| attr::names(attr).iter().all(|name| name.obstacle().is_none()))
}
