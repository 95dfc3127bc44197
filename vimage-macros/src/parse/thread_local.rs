//! `thread_local! { … }`: the statics in it.

use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Ident, Macro, Token, Type, Visibility};

use crate::attr;
use crate::model::{StorageKind, Variable};

/// Whether it is std's macro, by its name.
pub(crate) fn is_thread_local(mac: &Macro) -> bool {
    let mut segments = mac.path.segments.iter().map(|segment| &segment.ident);
    match (segments.next(), segments.next(), segments.next()) {
        (Some(name), None, None) => name == "thread_local",
        (Some(std), Some(name), None) => std == "std" && name == "thread_local",
        _ => false,
    }
}

/// The statics inside; the attributes of the macro are those of each.
pub(crate) fn thread_local_variables(attrs: &[Attribute], mac: &Macro) -> syn::Result<Vec<Variable>> {
    let parser = |input: ParseStream| {
        let mut variables = Vec::new();
        while !input.is_empty() {
            variables.push(variable(attrs, input)?);
        }
        Ok(variables)
    };
    parser.parse2(mac.tokens.clone())
}

fn variable(outer: &[Attribute], input: ParseStream) -> syn::Result<Variable> {
    let attrs = [outer.to_vec(), input.call(Attribute::parse_outer)?].concat();
    let vis: Visibility = input.parse()?;
    let static_token: Token![static] = input.parse()?;
    let ident: Ident = input.parse()?;
    input.parse::<Token![:]>()?;
    let ty: Type = input.parse()?;
    input.parse::<Token![=]>()?;
    let init: Expr = input.parse()?;
    if !input.is_empty() {
        input.parse::<Token![;]>()?;
    }
    Ok(Variable {
        cfgs: attr::cfgs(&attrs),
        attrs,
        vis,
        static_token,
        kind: StorageKind::ThreadLocal,
        ident,
        field_ty: ty.clone(),
        ty,
        field_init: init.clone(),
        label: None,
        exports: None,
        init,
    })
}

/// The names of the statics inside.
pub(crate) fn thread_local_names(mac: &Macro) -> Vec<Ident> {
    thread_local_variables(&[], mac).into_iter().flatten().map(|variable| variable.ident).collect()
}
