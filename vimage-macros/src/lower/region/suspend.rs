//! What code that waits becomes: itself, with a barrier in front of whatever may suspend it.
//!
//! ```text
//! let mut v_a_is_borrowed_across_an_await_… = Region::new();          at the region's head
//! …
//! let __V_A_1 = resolution of V_A, which borrows it;                  in front of a statement that does not wait
//! statement
//! …
//! g(resolution of V_A, which borrows it)                              in one that waits, where the use stands
//!     + match f() { future => { suspend([&mut v_a_is_…]); future.await } }
//! ```
//!
//! - A use is resolved anew after each `.await`, for the code may go on in another instance then.
//! - Nothing is moved: temporaries live as long as they do in the code as written. What borrows from a variable across
//!   an `.await` is a borrow error at the barrier, because the owner is still borrowed there.
//! - One thing is found later than rustc would: a variable that is the receiver of a method, or handed on by reference,
//!   while later arguments wait. See [`late`](super::late).
//! - A macro that vimage cannot read may wait, so it has a barrier too, and what is computed for it may not borrow
//!   either. See [`contain`](super::contain) for those that are known.

use std::mem;

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::token::Brace;
use syn::visit_mut::VisitMut;
use syn::{Block, Expr, ExprBlock, ExprIf, ExprMatch, ReturnType, Stmt, parse_quote_spanned};

use super::awaits::Treatment;
use super::region::{Region, RegionKind, located_at};
use super::rewriter::Rewriter;
use super::{awaits, cfg, late, uses};
use crate::parse::code::{Context, accessor};

impl Rewriter<'_> {
    /// The body of an async function, or an async block.
    pub(super) fn async_block(&mut self, block: &mut Block, output: &ReturnType) {
        let used = uses::used_in_block(block, &self.cx);
        if !used.is_empty() && !awaits::in_block(block, &self.cx) {
            self.block(RegionKind::Unsuspended, block, output);
        } else if let Some(region) = self.in_region(Region::suspended(&used), |walk| walk.async_statements(block)) {
            region.enclose_block(block, output, self.cx.krate);
        }
    }

    pub(super) fn async_closure(&mut self, body: &mut Expr, output: &ReturnType) {
        if let Expr::Block(body) = body
            && body.label.is_none()
            && body.attrs.is_empty()
        {
            return self.async_block(&mut body.block, output);
        }
        let at = Span::mixed_site().located_at(body.span());
        let value = mem::replace(body, Expr::PLACEHOLDER);
        let mut block = Block { brace_token: Brace(at), stmts: vec![Stmt::Expr(value, None)] };
        self.async_block(&mut block, output);
        *body = match block.stmts.pop() {
            Some(Stmt::Expr(value, None)) if block.stmts.is_empty() => value,
            last => {
                block.stmts.extend(last);
                Expr::Block(ExprBlock { attrs: Vec::new(), label: None, block })
            }
        };
    }

    /// The statements of a block in code that waits.
    pub(super) fn async_statements(&mut self, block: &mut Block) {
        for mut stmt in mem::take(&mut block.stmts) {
            let before = match (awaits::first_in_stmt(&stmt, &self.cx), &mut stmt) {
                (None, Stmt::Item(item)) => {
                    self.visit_item_mut(item);
                    Vec::new()
                }
                (None, stmt) => self.in_scope(|walk| walk.visit_stmt_mut(stmt)),
                (Some(_), stmt) => {
                    let at = macro_at_start(stmt, &self.cx);
                    let barrier = at.and_then(|at| self.barrier(at));
                    self.is_settled = barrier.is_some();
                    self.visit_stmt_mut(stmt);
                    self.is_settled = false;
                    Vec::from_iter(barrier)
                }
            };
            block.stmts.extend(before);
            block.stmts.extend(self.proofs());
            block.stmts.push(stmt);
        }
    }

    /// An expression in code that waits, where uses are resolved in their places.
    pub(super) fn async_expr(&mut self, expr: &mut Expr) {
        // What binds by `let` is no expression that a function can be given.
        let at = macro_at_its_start(expr, &self.cx).filter(|_| !self.is_settled && !has_let(expr));
        self.is_settled |= at.is_some();
        self.resolve_in_place(expr);
        if let Some(barrier) = at.and_then(|at| self.barrier(at)) {
            let krate = self.cx.krate;
            let value = mem::replace(expr, Expr::PLACEHOLDER);
            *expr = parse_quote_spanned!(Span::mixed_site()=> #krate::__private::after({ #barrier }, #value));
        }
    }

    fn resolve_in_place(&mut self, expr: &mut Expr) {
        let cx = self.cx;
        match expr {
            Expr::Macro(call) => match awaits::treatment(&call.mac, false, &cx) {
                Treatment::Waits | Treatment::InPlace => self.macro_in_async(expr),
                Treatment::Closure | Treatment::Never => {
                    let resolutions = self.in_scope(|walk| walk.macro_in_async(expr));
                    if !resolutions.is_empty() {
                        let call = mem::replace(expr, Expr::PLACEHOLDER);
                        *expr = parse_quote_spanned!(Span::mixed_site()=> { #(#resolutions)* #call });
                    }
                }
            },
            Expr::Verbatim(tokens) if !tokens.is_empty() => {
                self.is_settled = false;
                self.plain_expr(expr);
            }
            Expr::If(branch) => self.branch(branch),
            Expr::Await(awaited) => {
                self.visit_expr_mut(&mut awaited.base);
                let operand = mem::replace(&mut *awaited.base, future());
                self.suspend(operand, awaited.await_token.span, expr);
            }
            Expr::Yield(yielded) => {
                let at = yielded.yield_token.span;
                let Some(value) = &mut yielded.expr else {
                    let unit = parse_quote_spanned!(Span::mixed_site()=> ());
                    yielded.expr = Some(Box::new(future()));
                    return self.suspend(unit, at, expr);
                };
                self.visit_expr_mut(value);
                let operand = mem::replace(&mut **value, future());
                self.suspend(operand, at, expr);
            }
            _ if late::can_be_found_late(expr, &cx) => self.found_late(expr),
            _ => self.plain_expr(expr),
        }
    }

    /// `if a { … } else if b { … }`, where `b` may need a barrier in front of it.
    fn branch(&mut self, branch: &mut ExprIf) {
        self.visit_attributes_mut(&mut branch.attrs);
        self.visit_expr_mut(&mut branch.cond);
        self.visit_block_mut(&mut branch.then_branch);
        let Some((_, otherwise)) = &mut branch.else_branch else { return };
        let barrier = macro_at_its_start(otherwise, &self.cx).and_then(|at| self.barrier(at));
        self.is_settled = barrier.is_some();
        self.visit_expr_mut(otherwise);
        if let Some(barrier) = barrier {
            let inner = mem::replace(&mut **otherwise, Expr::PLACEHOLDER);
            **otherwise = parse_quote_spanned!(Span::mixed_site()=> { #barrier #inner });
        }
    }

    /// Computes the operand of what suspends the region, ends all borrows, and lets it be suspended.
    fn suspend(&mut self, operand: Expr, at: Span, suspended: &mut Expr) {
        let Some(barrier) = self.barrier(at) else { unreachable!("something is borrowed here") };
        let attrs = cfg::attrs_mut(suspended).map(mem::take).unwrap_or_default();
        let future = future();
        let mut only: ExprMatch =
            parse_quote_spanned!(Span::mixed_site()=> match () { #future => { #barrier #suspended } });
        *only.expr = operand;
        only.attrs = attrs;
        *suspended = Expr::Match(only);
    }

    /// What ends all borrows, if there are any.
    fn barrier(&mut self, before: Span) -> Option<Stmt> {
        if !self.is_async() {
            return None;
        }
        self.resolutions += 1;
        let krate = self.cx.krate;
        Some(self.region().barrier(before, krate))
    }

    /// What a macro that waits is given: it may not borrow, or that would be across an `.await`.
    pub(super) fn settled(&mut self, expr: &mut Expr) {
        if let Expr::Assign(assign) = expr {
            // `pattern = future` of a `select!`.
            return self.settled(&mut assign.right);
        }
        let (cx, at) = (self.cx, expr.span());
        let is_raw = accessor::accessor(expr, &cx).is_some_and(|path| accessor::is_raw(accessor::name(path), &cx));
        // All other borrows have ended in front of the macro.
        let others = self.region().narrow(&uses::used_in_expr(expr, &cx));
        self.visit_expr_mut(expr);
        if let Some(barrier) = self.barrier(at).filter(|_| !is_raw) {
            let krate = located_at(cx.krate, at);
            let value = mem::replace(expr, Expr::PLACEHOLDER);
            *expr = parse_quote_spanned!(Span::mixed_site()=> #krate::__private::settled(#value, { #barrier }));
        }
        self.region().widen(others);
    }

    /// The same of statements, which are a region of their own.
    pub(super) fn settled_statements(&mut self, stmts: &mut Vec<Stmt>) {
        let brace_token = Brace(Span::mixed_site());
        let mut block = Block { brace_token, stmts: mem::take(stmts) };
        let used = uses::used_in_block(&block, &self.cx);
        if let Some(region) = self.in_region(Region::suspended(&used), |walk| walk.async_statements(&mut block)) {
            stmts.extend(region.head(self.cx.krate));
        }
        stmts.append(&mut block.stmts);
    }
}

/// What the operand of an `.await` is called.
fn future() -> Expr {
    let name = Ident::new("__future", Span::mixed_site());
    parse_quote_spanned!(Span::mixed_site()=> #name)
}

fn has_let(condition: &Expr) -> bool {
    match condition {
        Expr::Let(_) => true,
        Expr::Binary(inner) => has_let(&inner.left) || has_let(&inner.right),
        _ => false,
    }
}

fn macro_at_start(stmt: &Stmt, cx: &Context) -> Option<Span> {
    match stmt {
        Stmt::Local(local) => local.init.as_ref().and_then(|init| macro_at_its_start(&init.expr, cx)),
        Stmt::Expr(expr, _) => macro_at_its_start(expr, cx),
        Stmt::Macro(call) => awaits::waits(&call.mac, cx).then(|| call.mac.path.span()),
        Stmt::Item(item) => awaits::foreign_attr(item),
    }
}

/// The macro that may wait, if an expression starts with the evaluation of one.
///
/// So its barrier can stand in front of all of the expression, of which the macro may be the place.
fn macro_at_its_start(expr: &Expr, cx: &Context) -> Option<Span> {
    let first = match expr {
        Expr::Macro(call) => return awaits::waits(&call.mac, cx).then(|| call.mac.path.span()),
        Expr::Verbatim(tokens) if !tokens.is_empty() => return Some(tokens.to_token_stream().span()),
        Expr::Await(inner) => &inner.base,
        Expr::Binary(inner) if !awaits::is_assignment(inner.op) => &inner.left,
        Expr::Cast(inner) => &inner.expr,
        Expr::Field(inner) => &inner.base,
        Expr::Group(inner) => &inner.expr,
        Expr::If(inner) => &inner.cond,
        Expr::Index(inner) => &inner.expr,
        Expr::Let(inner) => &inner.expr,
        Expr::Match(inner) => &inner.expr,
        Expr::MethodCall(inner) => &inner.receiver,
        Expr::Paren(inner) => &inner.expr,
        Expr::RawAddr(inner) => &inner.expr,
        Expr::Reference(inner) => &inner.expr,
        Expr::Try(inner) => &inner.expr,
        Expr::Unary(inner) => &inner.expr,
        _ => return None,
    };
    macro_at_its_start(first, cx)
}
