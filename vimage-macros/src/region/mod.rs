//! Rewriting virtualized code, so that a mention of `V_FOO` is the variable of the current instance.
//!
//! The unit is the *region*: the body of one function, closure or async block. What a region becomes:
//!
//! | region | becomes | where |
//! |---|---|---|
//! | sync | one resolution per variable at its head, then the body as written | [`scope`] |
//! | async | sync regions as large as fit between two `.await`s | [`suspend`] |
//!
//! A region that mentions no variable stays as it is, token for token. What stands inside a macro call is read by
//! [`macros`]; what cannot be read or rewritten is reported, at the mention.

mod awaits;
mod cfg;
mod constant;
mod contain;
pub(crate) mod format;
mod function;
mod head;
mod in_place;
mod late;
pub(crate) mod lookalikes;
pub(crate) mod macros;
mod mention;
mod opaque;
pub(crate) mod pieces;
mod scope;
mod suspend;
mod unbind;
mod walk;

#[cfg(test)]
mod tests;

use syn::visit_mut::VisitMut;
use syn::{Expr, Ident, Item, Path};

pub(crate) use unbind::unbind;

use crate::diagnostics::Diagnostics;
use walk::Rewriter;

/// What the rewriting needs to know about the attribute it is done for.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The runtime crate: `::vimage` unless `crate = …` says otherwise.
    pub(crate) krate: &'a Path,
    /// Constants of the user's that start with `V_`.
    pub(crate) except: &'a [Ident],
    /// The accessors of those that are a `static mut`, as far as they can be seen.
    pub(crate) raw: &'a [Ident],
    /// Macros that the user vouches for.
    pub(crate) macros: &'a [Path],
    /// Names that the items around the code define or import, so that they are no macros of the standard library.
    pub(crate) redefined: &'a [Ident],
    pub(crate) errors: &'a Diagnostics,
}

/// Every function, impl, trait and nested module among items.
pub(crate) fn items(items: &mut [Item], cx: &Context) {
    let redefined = contain::redefined(items);
    let cx = Context { redefined: &redefined, ..*cx };
    items.iter_mut().for_each(|item| Rewriter::new(cx).visit_item_mut(item));
}

/// The initializer of a `static` or `const`: closures in it are regions, a bare mention is an error.
pub(crate) fn initializer(expr: &mut Expr, cx: &Context) {
    Rewriter::new(*cx).initializer(expr);
}
