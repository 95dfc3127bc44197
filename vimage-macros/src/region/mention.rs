//! What counts as a mention of a virtualized variable.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprAsync, ExprClosure, ExprMethodCall, Item, Macro, Path, PathArguments, PathSegment, Type};

use super::{Context, macros};
use crate::idents::ACCESSOR;

/// Methods of an accessor itself, which work in any code.
pub(super) const OF_THE_ACCESSOR: [&str; 4] = ["with_current", "of", "held", "held_of"];

/// Whether a name is that of an accessor.
pub(super) fn is_accessor(name: &Ident, cx: &Context) -> bool {
    let unraw = name.unraw().to_string();
    let listed = || cx.except.iter().any(|other| other.unraw() == unraw);
    unraw.len() > ACCESSOR.len() && unraw.starts_with(ACCESSOR) && !listed()
}

/// The path of an accessor, if that is all the expression consists of.
pub(super) fn accessor<'e>(expr: &'e Expr, cx: &Context) -> Option<&'e Path> {
    let Expr::Path(found) = without_groups(expr) else { return None };
    let last = found.path.segments.last()?;
    let qualifier = found.path.segments.iter().rev().nth(1);
    let stands_in_a_module = found.qself.is_none() && !qualifier.is_some_and(is_type);
    (stands_in_a_module && last.arguments.is_none() && is_accessor(&last.ident, cx)).then_some(&found.path)
}

/// Statics live in modules: what follows `Self::` or `Type::<T>::` is an associated constant.
fn is_type(segment: &PathSegment) -> bool {
    segment.ident == "Self" || !matches!(segment.arguments, PathArguments::None)
}

/// `V_X.with_current(…)` and its kind.
pub(super) fn is_left_alone(call: &ExprMethodCall, cx: &Context) -> bool {
    OF_THE_ACCESSOR.iter().any(|method| call.method == method) && accessor(&call.receiver, cx).is_some()
}

/// An expression that came through the `$e:expr` of a `macro_rules!` is wrapped in groups nobody wrote.
pub(super) fn without_groups(mut expr: &Expr) -> &Expr {
    while let Expr::Group(group) = expr {
        expr = &group.expr;
    }
    expr
}

/// Whether a variable is seen to be a `static mut`.
pub(super) fn is_raw(name: &Ident, cx: &Context) -> bool {
    cx.raw.iter().any(|raw| raw.unraw() == name.unraw())
}

/// What reaches a variable in any code, in words. For a `static mut` there is nothing.
pub(super) fn way_out(name: &Ident, cx: &Context) -> Option<String> {
    (!is_raw(name, cx)).then(|| format!("`{name}.with_current(|v| …)`"))
}

/// The name that a path ends in.
pub(super) fn name(path: &Path) -> &Ident {
    &path.segments.last().expect("a path has a name").ident
}

/// The variables that an expression uses in the region that it belongs to.
pub(super) fn used_in_expr(expr: &Expr, cx: &Context) -> Vec<Ident> {
    let mut uses = Uses { cx, variables: Vec::new() };
    uses.visit_expr(expr);
    uses.variables
}

/// The same of a block.
pub(super) fn used_in_block(block: &Block, cx: &Context) -> Vec<Ident> {
    let mut uses = Uses { cx, variables: Vec::new() };
    uses.visit_block(block);
    uses.variables
}

struct Uses<'a> {
    cx: &'a Context<'a>,
    variables: Vec<Ident>,
}

impl Visit<'_> for Uses<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        match accessor(expr, self.cx) {
            Some(path) => self.variables.push(name(path).clone()),
            None => visit::visit_expr(self, expr),
        }
    }

    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        if !is_left_alone(call, self.cx) {
            self.visit_expr(&call.receiver);
        }
        call.args.iter().for_each(|arg| self.visit_expr(arg));
    }

    fn visit_macro(&mut self, mac: &Macro) {
        if let Some(arguments) = macros::arguments(mac, self.cx) {
            arguments.visit(self);
        }
    }

    fn visit_item(&mut self, _: &Item) {}
    fn visit_expr_async(&mut self, _: &ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &ExprClosure) {}
    fn visit_type(&mut self, _: &Type) {}
}
