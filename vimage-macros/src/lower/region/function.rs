//! Bodies: which kind of region the body of a function or a closure is.

use std::mem;

use proc_macro2::Span;
use syn::visit_mut::VisitMut;
use syn::{Attribute, Block, Expr, ExprClosure, ReturnType, Safety, Signature, Visibility, parse_quote_spanned};

use super::region::{self, Region, RegionKind};
use super::rewriter::{Purpose, Rewriter};
use super::{awaits, constant};

impl Rewriter<'_> {
    /// A function with a body; `vis` is that of trait methods where it has none of its own.
    pub(super) fn function(
        &mut self,
        attrs: &mut Vec<Attribute>,
        vis: &Visibility,
        sig: &mut Signature,
        block: &mut Block,
    ) {
        self.visit_attributes_mut(attrs);
        self.visit_signature_mut(sig);
        let unread = self.take_unread(sig, block);
        let foreign = attrs.iter().any(|attr| !awaits::is_built_in(attr));
        let outside = mem::replace(&mut self.in_unsafe, matches!(sig.safety, Safety::Unsafe(_)));
        if let Some(unread) = unread {
            if self.unread(unread, block, &sig.output) {
                attrs.extend(must_use_lint(attrs, vis, &sig.output));
            }
        } else if sig.constness.is_some() {
            self.in_constant(constant::FUNCTION, |walk| walk.visit_block_mut(block));
        } else if self.is_waiting(sig.asyncness.is_some(), || awaits::in_sync_body(block, foreign, &self.cx)) {
            self.async_block(block, &sig.output);
        } else if self.block(RegionKind::Sync, block, &sig.output) {
            attrs.extend(must_use_lint(attrs, vis, &sig.output));
        }
        self.in_unsafe = outside;
    }

    pub(super) fn closure(&mut self, closure: &mut ExprClosure) {
        if closure.constness.is_some() {
            self.in_constant(constant::CLOSURE, |walk| walk.visit_expr_mut(&mut closure.body));
        } else if self.is_waiting(closure.asyncness.is_some(), || awaits::in_sync_closure(&closure.body, &self.cx)) {
            self.async_closure(&mut closure.body, &closure.output);
        } else {
            self.expr(RegionKind::Sync, &mut closure.body, &closure.output);
        }
    }

    /// Whether a body is rewritten as code that waits. For a check it makes no difference.
    fn is_waiting(&self, is_async: bool, waits: impl FnOnce() -> bool) -> bool {
        self.purpose == Purpose::Rewrite && (is_async || waits())
    }

    /// A body in braces whose resolutions are all at its head. Says whether there are any.
    pub(super) fn block(&mut self, kind: RegionKind, block: &mut Block, output: &ReturnType) -> bool {
        let region = self.in_region(Region::new(kind), |walk| {
            if region::has_later_items(block) {
                walk.visit_block_mut(block);
            } else {
                walk.statements(block);
            }
        });
        let Some(region) = region else { return false };
        region.enclose_block(block, output, self.cx.krate);
        true
    }

    /// A body that may be in braces.
    pub(super) fn expr(&mut self, kind: RegionKind, expr: &mut Expr, output: &ReturnType) {
        match expr {
            Expr::Block(body) if body.label.is_none() && body.attrs.is_empty() => {
                self.block(kind, &mut body.block, output);
            }
            _ => {
                if let Some(region) = self.in_region(Region::new(kind), |walk| walk.visit_expr_mut(expr)) {
                    region.enclose_expr(expr, output, self.cx.krate);
                }
            }
        }
    }
}

/// Clippy proposes `#[must_use]` for functions without an effect, and takes the use of a static for one.
fn must_use_lint(attrs: &[Attribute], vis: &Visibility, output: &ReturnType) -> Option<Attribute> {
    let decided = attrs.iter().any(|attr| attr.path().is_ident("must_use"));
    let returns = matches!(output, ReturnType::Type(..));
    let is_candidate = returns && !decided && !matches!(vis, Visibility::Inherited);
    is_candidate.then(|| parse_quote_spanned!(Span::mixed_site()=> #[allow(clippy::must_use_candidate)]))
}
