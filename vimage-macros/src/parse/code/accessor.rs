//! Uses of virtualized variables.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Expr, ExprMethodCall, Path, PathArguments, PathSegment};

use super::context::Context;
use crate::idents::ACCESSOR;

/// Methods of an accessor itself, which work in any code.
pub(crate) const OF_THE_ACCESSOR: [&str; 4] = ["with_current", "of", "held", "held_of"];

/// Whether a name is that of an accessor.
pub(crate) fn is_accessor(name: &Ident, cx: &Context) -> bool {
    let unraw = name.unraw().to_string();
    let listed = || cx.except.iter().any(|other| other.unraw() == unraw);
    unraw.len() > ACCESSOR.len() && unraw.starts_with(ACCESSOR) && !listed()
}

/// The path of an accessor, if that is all the expression consists of.
pub(crate) fn accessor<'e>(expr: &'e Expr, cx: &Context) -> Option<&'e Path> {
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
pub(crate) fn is_left_alone(call: &ExprMethodCall, cx: &Context) -> bool {
    OF_THE_ACCESSOR.iter().any(|method| call.method == method) && accessor(&call.receiver, cx).is_some()
}

/// An expression that came through the `$e:expr` of a `macro_rules!` is wrapped in groups that are not in the source.
fn without_groups(mut expr: &Expr) -> &Expr {
    while let Expr::Group(group) = expr {
        expr = &group.expr;
    }
    expr
}

/// Whether a variable is seen to be a `static mut`.
pub(crate) fn is_raw(name: &Ident, cx: &Context) -> bool {
    cx.raw.iter().any(|raw| raw.unraw() == name.unraw())
}

/// The alternative in code that is not rewritten. For a `static mut` there is none.
pub(crate) fn alternative(name: &Ident, cx: &Context) -> Option<String> {
    (!is_raw(name, cx)).then(|| format!("write `{name}.with_current(|v| …)`"))
}

/// The name that a path ends in.
pub(crate) fn name(path: &Path) -> &Ident {
    &path.segments.last().expect("a path has a name").ident
}
