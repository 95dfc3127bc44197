//! Rewriting virtualized code, so that a use of `V_FOO` is the variable of the current instance.
//!
//! The unit is the *region*: the body of one function, closure or async block. What a region becomes:
//!
//! | region | becomes | where |
//! |---|---|---|
//! | sync | one resolution per variable at its head, then the body as written | [`region`], [`head`] |
//! | async | the same, with a barrier in front of whatever may suspend it | [`suspend`] |
//!
//! A region that uses no variable stays as it is, token for token. Calls of macros are read by [`calls`]; a use that
//! cannot be read or rewritten is reported.

mod awaits;
mod calls;
mod cfg;
mod constant;
mod contain;
mod function;
mod head;
mod in_place;
mod late;
#[expect(clippy::module_inception, reason = "the folder is about regions, and the file is what one is")]
mod region;
mod rewriter;
mod suspend;
mod unread;
mod uses;
mod walk;

#[cfg(test)]
mod tests;

use syn::visit_mut::VisitMut;
use syn::{Expr, Item};

use self::rewriter::{Purpose, Rewriter};
use crate::parse::code::Context;

/// Rewrites every function, impl, trait and nested module among items.
pub(super) fn rewrite(items: &mut [Item], cx: &Context) {
    let redefined = contain::redefined(items);
    let cx = Context { redefined: &redefined, ..*cx };
    items.iter_mut().for_each(|item| Rewriter::new(cx, Purpose::Rewrite).visit_item_mut(item));
}

/// Rewrites the initializer of a `static` or `const`: closures in it are regions, a bare use is an error.
pub(super) fn rewrite_initializer(expr: &mut Expr, cx: &Context) {
    Rewriter::new(*cx, Purpose::Rewrite).initializer(expr);
}

/// Reports what the rewriting would report.
pub(super) fn check(items: &mut [Item], cx: &Context) {
    items.iter_mut().for_each(|item| Rewriter::new(*cx, Purpose::Check).visit_item_mut(item));
}

/// The same of an initializer.
pub(super) fn check_initializer(expr: &mut Expr, cx: &Context) {
    Rewriter::new(*cx, Purpose::Check).initializer(expr);
}
