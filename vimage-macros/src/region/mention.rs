//! What counts as a mention of a virtualized variable.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Expr, ExprMethodCall, Path, PathArguments, PathSegment};

use super::Context;
use super::scope::RESERVED;
use crate::idents::ACCESSOR;

/// Methods of an accessor itself, which work in any code.
pub(super) const OF_THE_ACCESSOR: [&str; 4] = ["with_current", "of", "held", "held_of"];

/// Whether a name is that of an accessor.
pub(super) fn is_accessor(name: &Ident, cx: &Context) -> bool {
    let unraw = name.unraw().to_string();
    let listed = || cx.except.iter().any(|other| other.unraw() == unraw);
    (unraw.len() > ACCESSOR.len() && unraw.starts_with(ACCESSOR) && !listed()) || unraw.ends_with(RESERVED)
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

/// What reaches a variable in any code, in words. For a `static mut` there is nothing.
pub(super) fn way_out(name: &Ident, cx: &Context) -> Option<String> {
    let raw = cx.raw.iter().any(|raw| raw.unraw() == name.unraw());
    (!raw).then(|| format!("`{name}.with_current(|v| …)`"))
}
