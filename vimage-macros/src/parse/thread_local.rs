//! `thread_local! { … }`: the statics in it.

use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, ExprCall, ExprClosure, Ident, Macro, Path, Stmt, Token, Type, Visibility, parse_quote};

use crate::attr;
use crate::expand::lifetimes;
use crate::model::{Kind, Variable};

/// Whether it is std's macro, by its name.
pub(crate) fn is(mac: &Macro) -> bool {
    let segments: Vec<String> = mac.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    matches!(segments.iter().map(String::as_str).collect::<Vec<_>>()[..], ["thread_local"] | ["std", "thread_local"])
}

/// The statics inside; the attributes of the macro are those of each.
pub(crate) fn variables(attrs: &[Attribute], mac: &Macro) -> syn::Result<Vec<Variable>> {
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
        kind: Kind::ThreadLocal,
        ident,
        ty,
        virtualized_init: init.clone(),
        names: None,
        init,
    })
}

/// The constant that makes the values of such a variable, instance by instance and thread by thread.
pub(crate) fn constructor(krate: &Path, variable: &Variable) -> Expr {
    let ty = lifetimes::made_static(&variable.ty);
    let mut make: ExprClosure = parse_quote!(|| -> #ty {});
    if let Expr::Block(body) = &mut *make.body {
        // Not through tokens: there may be slots in it.
        body.block.stmts.push(Stmt::Expr(variable.init.clone(), None));
    }
    let mut call: ExprCall = parse_quote!(#krate::LocalKey::new());
    call.args.push(Expr::Closure(make));
    Expr::Call(call)
}

/// The names of the statics inside.
pub(crate) fn names(mac: &Macro) -> Vec<Ident> {
    variables(&[], mac).into_iter().flatten().map(|variable| variable.ident).collect()
}
