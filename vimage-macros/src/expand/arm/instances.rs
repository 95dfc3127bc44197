//! The builds with parts: the variables of a scope are the fields of a struct.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, LitStr};

use crate::expand::exports;
use crate::idents;
use crate::model::{Build, Part, Placeholder, Source, StorageKind, Variable};

pub(super) fn part(source: &Source, part: &Part, fill: &dyn Fn(&Expr) -> Expr) -> TokenStream {
    let Part { module_path, class, name, entry, .. } = part;
    let krate = &source.krate;
    let class = match class {
        Some(class) => quote!(#class),
        None => quote!(<#module_path as #krate::__private::Module>::Class),
    };
    // In reverse, because fields drop in the order in which they are declared.
    let lines = variables(source, part).rev().map(|variable| line(variable, fill));
    let cfgs = common_cfgs(source, part);
    let named = variables(source, part).filter_map(|variable| variable.exports.as_ref());
    let names = named.map(|exports| exports::registration(krate, exports, Build::Instances));
    quote! {
        #cfgs
        #krate::__private::part! {
            module = #module_path; class = #class; part = #name; entry = #entry;
            #(#lines)*
        }
        #(#names)*
    }
}

fn line(variable: &Variable, fill: &dyn Fn(&Expr) -> Expr) -> TokenStream {
    let Variable { attrs, cfgs, vis, ident, field_ty, label, .. } = variable;
    let kind = kind(variable);
    let accessor = idents::accessor(ident);
    let label = label.clone().unwrap_or_else(|| LitStr::new(&accessor.to_string(), accessor.span()));
    let init = fill(&variable.field_init);
    // `const`, as in the default build: what it borrows lives as long as in the initializer of a static.
    quote! {
        { #(#cfgs)* } { #(#attrs)* } #vis #kind #accessor #ident (#field_ty) = (const { #init }) as #label;
    }
}

/// The runtime's name for its kind.
pub(super) fn kind(variable: &Variable) -> TokenStream {
    match variable.kind {
        StorageKind::Scoped | StorageKind::ThreadLocal => quote!(Scoped),
        StorageKind::Keep => quote!(Keep),
        StorageKind::Raw(_) => quote!(Raw),
    }
}

pub(super) fn variables<'a>(source: &'a Source, part: &'a Part) -> impl DoubleEndedIterator<Item = &'a Variable> {
    part.variables.iter().filter_map(|index| match &source.placeholders[*index] {
        Placeholder::Variable(variable, _) => Some(&**variable),
        _ => None,
    })
}

/// The condition of a part whose variables all have the same one. So two parts under different conditions can have the
/// same name, as their variables can.
pub(super) fn common_cfgs(source: &Source, part: &Part) -> TokenStream {
    let mut conditions = variables(source, part).map(|variable| {
        let cfgs = &variable.cfgs;
        quote!(#(#cfgs)*)
    });
    let first = conditions.next().unwrap_or_default();
    let text = first.to_string();
    if conditions.all(|other| other.to_string() == text) { first } else { TokenStream::new() }
}
