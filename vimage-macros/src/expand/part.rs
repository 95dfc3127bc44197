//! The variables of one scope, in the builds in which they are fields of a struct.

use proc_macro2::TokenStream;
use quote::quote;

use super::Arm;
use super::lifetimes::made_static;
use super::names::registration as names_of;
use crate::model::{Kind, Part, Slot, Source, Variable};
use crate::names;

/// In the default build a part is no item, but a module that is missing is an error there as well.
pub(super) fn plain(source: &Source, part: &Part) -> TokenStream {
    if !source.open {
        return TokenStream::new();
    }
    let home = &part.home;
    let cfgs = common_cfgs(source, part);
    quote! {
        #cfgs
        const _: ::core::option::Option<#home> = ::core::option::Option::None;
    }
}

pub(super) fn instances(source: &Source, part: &Part) -> TokenStream {
    let Part { home, name, entry, .. } = part;
    let krate = &source.krate;
    // In reverse, because fields drop in the order in which they are declared.
    let variables = variables(source, part).rev().map(|variable| line(source, variable));
    let cfgs = common_cfgs(source, part);
    let named = self::variables(source, part).filter_map(|variable| variable.names.as_ref());
    let names = named.map(|named| names_of(krate, named, Arm::Instances));
    quote! {
        #cfgs
        #krate::__private::part! {
            module = #home; part = #name; entry = #entry;
            #(#variables)*
        }
        #(#names)*
    }
}

fn line(source: &Source, variable: &Variable) -> TokenStream {
    let Variable { attrs, cfgs, vis, ident, .. } = variable;
    let kind = kind(variable);
    let accessor = names::accessor(ident);
    let ty = ty(source, variable);
    let init = Arm::Instances.expr(source, &variable.virtualized_init);
    // `const`, as in the default build: what it borrows lives as long as in the initializer of a static.
    quote! {
        { #(#cfgs)* } { #(#attrs)* } #vis #kind #accessor #ident (#ty) = (const { #init });
    }
}

/// What the runtime calls its kind.
pub(super) fn kind(variable: &Variable) -> TokenStream {
    match variable.kind {
        Kind::Scoped | Kind::ThreadLocal => quote!(Scoped),
        Kind::Keep => quote!(Keep),
        Kind::Raw(_) => quote!(Raw),
    }
}

/// The type that the accessor gives.
pub(super) fn ty(source: &Source, variable: &Variable) -> TokenStream {
    let krate = &source.krate;
    let ty = made_static(&variable.ty);
    if matches!(variable.kind, Kind::ThreadLocal) { quote!(#krate::LocalKey<#ty>) } else { quote!(#ty) }
}

pub(super) fn variables<'a>(source: &'a Source, part: &'a Part) -> impl DoubleEndedIterator<Item = &'a Variable> {
    part.variables.iter().filter_map(|index| match &source.slots[*index] {
        Slot::Variable(variable, _) => Some(&**variable),
        _ => None,
    })
}

/// A part all of whose variables are there on one condition is there on this condition. Two parts can then
/// have one name, as their variables have.
fn common_cfgs(source: &Source, part: &Part) -> TokenStream {
    let mut conditions = variables(source, part).map(|variable| {
        let cfgs = &variable.cfgs;
        quote!(#(#cfgs)*)
    });
    let first = conditions.next().unwrap_or_default();
    let text = first.to_string();
    if conditions.all(|other| other.to_string() == text) { first } else { TokenStream::new() }
}
