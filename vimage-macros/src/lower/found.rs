//! Pieces of what the extractor finds.

use syn::{Attribute, Expr, ExprCall, ExprClosure, Ident, Item, Meta, Path, Stmt, Type, parse_quote};

use super::lifetimes::made_static;
use crate::attr;
use crate::attr::options::{Given, SharedOptions, VirtualizedOptions};
use crate::model::{AttrOptions, ParsedAttr, Variable};

pub(super) fn virtualized(attrs: &[ParsedAttr]) -> Option<(&ParsedAttr, &VirtualizedOptions)> {
    attrs.iter().find_map(|attr| match &attr.options {
        AttrOptions::Virtualized(options) => Some((attr, options)),
        _ => None,
    })
}

pub(super) fn shared(attrs: &[ParsedAttr]) -> Option<(&ParsedAttr, &SharedOptions)> {
    attrs.iter().find_map(|attr| match &attr.options {
        AttrOptions::Shared(options) => Some((attr, options)),
        _ => None,
    })
}

/// The names of the options that give a variable names.
pub(super) fn names_of<S, F>(sysctl: Option<&Given<S>>, symmap: Option<&Given<F>>) -> Vec<Ident> {
    sysctl.map(|given| given.name.clone()).into_iter().chain(symmap.map(|given| given.name.clone())).collect()
}

/// The lines of the doc comment.
pub(super) fn docs(attrs: &[Attribute]) -> Vec<Expr> {
    let line = |attr: &Attribute| match &attr.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => Some(doc.value.clone()),
        _ => None,
    };
    attrs.iter().filter_map(line).collect()
}

/// The field that holds the values of a thread-local variable, instance by instance and thread by thread.
pub(super) fn thread_local_field(krate: &Path, variable: &Variable) -> (Type, Expr) {
    let ty = made_static(&variable.ty);
    let mut make: ExprClosure = parse_quote!(|| -> #ty {});
    if let Expr::Block(body) = &mut *make.body {
        // Not through tokens: there may be placeholders in it.
        body.block.stmts.push(Stmt::Expr(variable.init.clone(), None));
    }
    let mut call: ExprCall = parse_quote!(#krate::LocalKey::new());
    call.args.push(Expr::Closure(make));
    (parse_quote!(#krate::LocalKey<#ty>), Expr::Call(call))
}

/// An import that was there for our attributes is unused once they are off.
pub(super) fn import_may_be_unused(mut item: Item) -> Item {
    if let Item::Use(import) = &mut item
        && attr::may_be_imported(&import.tree)
    {
        import.attrs.push(parse_quote!(#[allow(unused_imports)]));
    }
    item
}
