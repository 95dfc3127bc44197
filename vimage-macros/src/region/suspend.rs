//! What an async region becomes: sync regions between its `.await`s, for nothing may be held across one.
//!
//! | code without an `.await` inside | its region |
//! |---|---|
//! | the whole body, a block, a branch, the body of a loop | itself |
//! | a statement, the initializer of a `let`, an arm, a guard, a condition | itself |
//! | an operand with an operator; an assignment; a call of a known macro | itself |
//! | a `let` of what borrows from a variable | the statements up to the next `.await` or the end of the block |
//! | an `if let` of what borrows from a variable, whose `else` waits | all of it up to the `else` |
//! | any other expression | the postfix chain that starts at the mention, see [`chain`] |
//!
//! Two kinds of code have their `.await` moved in front of the mention, which is a place and has no effect of its
//! own: `V_N.store(f().await, Relaxed)` becomes `match f().await { argument => V_N.store(argument, Relaxed) }`, and
//! `V_N = f().await` becomes `match f().await { value => V_N = value }`.

use std::mem;

use proc_macro2::{Ident, Span};
use syn::visit_mut::VisitMut;
use syn::{
    Arm, BinOp, Block, Expr, ExprIf, ExprMacro, ExprMatch, ReturnType, Stmt, StmtMacro, UnOp, parse_quote_spanned,
};

use super::macros::Shield;
use super::scope::{self, Kind, Region};
use super::walk::Rewriter;
use super::{Context, awaits, cfg, chain};

impl Rewriter<'_> {
    /// The body of an async function, or an async block.
    pub(super) fn async_block(&mut self, block: &mut Block, output: &ReturnType) {
        if awaits::in_block(block, &self.cx) {
            self.in_async(|walk| walk.async_statements(block));
        } else {
            self.sync_part(Kind::Sync, block, output);
        }
    }

    pub(super) fn async_closure(&mut self, body: &mut Expr, output: &ReturnType) {
        match body {
            Expr::Block(body) if body.label.is_none() && body.attrs.is_empty() => {
                self.async_block(&mut body.block, output);
            }
            _ => self.in_async(|walk| walk.condition(body)),
        }
    }

    /// A block inside an async region.
    pub(super) fn async_inner_block(&mut self, block: &mut Block) {
        if awaits::in_block(block, &self.cx) {
            self.async_statements(block);
        } else {
            self.sync_part(Kind::Piece, block, &ReturnType::Default);
        }
    }

    /// A block in an async region that is a sync region itself.
    fn sync_part(&mut self, kind: Kind, block: &mut Block, output: &ReturnType) {
        if self.sync_block(kind, block, output) {
            Shield.visit_block_mut(block);
        }
    }

    /// Makes an expression without an `.await` a sync region.
    fn piece(&mut self, expr: &mut Expr) {
        // A region is a block, and the attributes of the statement belong in front of it.
        let attrs = cfg::leading_attrs(expr).map(mem::take).unwrap_or_default();
        if let Some(region) = self.in_region(Region::new(Kind::Piece), |walk| walk.plain_expr(expr)) {
            Shield.visit_expr_mut(expr);
            region.enclose_expr(expr, &ReturnType::Default, self.cx.krate);
        }
        if let Some(slot) = cfg::leading_attrs(expr) {
            *slot = attrs;
        }
    }

    /// An expression whose temporaries end with it anyway.
    pub(super) fn condition(&mut self, expr: &mut Expr) {
        if awaits::in_expr(expr, &self.cx) || has_let(expr) {
            self.visit_expr_mut(expr);
        } else {
            self.piece(expr);
        }
    }

    /// The statements of a block that has an `.await` somewhere.
    fn async_statements(&mut self, block: &mut Block) {
        let mut stmts = Vec::new();
        // Those that resolve something for the statements behind them.
        let mut open: Vec<Region> = Vec::new();
        for mut stmt in mem::take(&mut block.stmts) {
            match awaits::first_in_stmt(&stmt, &self.cx) {
                Some(suspended) => {
                    stmts.extend(open.drain(..).flat_map(|region| region.barrier(suspended)));
                    self.async_stmt(&mut stmt);
                }
                None if chain::lends(&stmt, &self.cx) => {
                    let region = self.in_region(Region::behind(&open), |walk| walk.visit_stmt_mut(&mut stmt));
                    let region = region.expect("it mentions what it lends");
                    Shield.visit_stmt_mut(&mut stmt);
                    if let Stmt::Local(local) = &mut stmt {
                        local.attrs.extend(region.lints());
                    }
                    stmts.extend(region.head(self.cx.krate));
                    open.push(region);
                }
                None => {
                    self.async_stmt(&mut stmt);
                    if !open.is_empty() {
                        Shield.visit_stmt_mut(&mut stmt);
                    }
                }
            }
            stmts.push(stmt);
        }
        if let Some(Stmt::Expr(tail, None)) = stmts.last_mut().filter(|_| !open.is_empty()) {
            scope::end_temporaries(tail);
        }
        block.stmts = stmts;
    }

    /// A statement in a block that has an `.await` somewhere.
    fn async_stmt(&mut self, stmt: &mut Stmt) {
        match stmt {
            Stmt::Item(item) => self.visit_item_mut(item),
            Stmt::Local(local) => {
                self.visit_attributes_mut(&mut local.attrs);
                self.visit_pat_mut(&mut local.pat);
                if let Some(init) = &mut local.init {
                    self.condition(&mut init.expr);
                    init.diverge.iter_mut().for_each(|(_, diverge)| self.visit_expr_mut(diverge));
                }
            }
            Stmt::Expr(Expr::Block(block), _) => self.visit_expr_block_mut(block),
            Stmt::Expr(Expr::Unsafe(block), _) => self.visit_expr_unsafe_mut(block),
            Stmt::Expr(expr, _) => self.condition(expr),
            Stmt::Macro(StmtMacro { attrs, mac, semi_token }) => {
                let mut call = Expr::Macro(ExprMacro { attrs: mem::take(attrs), mac: mac.clone() });
                self.condition(&mut call);
                match call {
                    Expr::Macro(call) => (*attrs, *mac) = (call.attrs, call.mac),
                    region => *stmt = Stmt::Expr(region, *semi_token),
                }
            }
        }
    }

    pub(super) fn async_arm(&mut self, arm: &mut Arm) {
        self.visit_attributes_mut(&mut arm.attrs);
        self.visit_pat_mut(&mut arm.pat);
        match &mut *arm.body {
            Expr::Block(block) if block.label.is_none() => self.async_inner_block(&mut block.block),
            body => self.condition(body),
        }
    }

    /// An expression in an async region.
    pub(super) fn async_expr(&mut self, expr: &mut Expr) {
        let cx = self.cx;
        if awaits::in_expr(expr, &cx) {
            return self.async_expr_with_await(expr);
        }
        let is_region = match expr {
            Expr::Binary(_) => !has_let(expr),
            Expr::Unary(inner) if !matches!(inner.op, UnOp::Deref(_)) => true,
            Expr::Reference(inner) => chain::is_place(&inner.expr) && chain::starts_at_mention(&inner.expr, &cx),
            Expr::Assign(_) | Expr::Cast(_) | Expr::RawAddr(_) | Expr::Macro(_) => true,
            Expr::If(_) | Expr::Match(_) | Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) => true,
            Expr::Return(_) | Expr::Break(_) => true,
            _ => chain::starts_at_mention(expr, &cx),
        };
        if is_region {
            self.piece(expr);
        } else {
            self.plain_expr(expr);
        }
    }

    fn async_expr_with_await(&mut self, expr: &mut Expr) {
        let cx = self.cx;
        match expr {
            Expr::Await(awaited) => {
                self.visit_attributes_mut(&mut awaited.attrs);
                if !awaits::in_expr(&awaited.base, &cx) && chain::starts_at_mention(&awaited.base, &cx) {
                    let links = chain::links_behind_last_value(&awaited.base, &cx);
                    self.piece(chain::descend(&mut awaited.base, links));
                    for link in 0..links {
                        let arguments = chain::arguments_mut(chain::descend(&mut awaited.base, link));
                        arguments.into_iter().for_each(|argument| self.visit_expr_mut(argument));
                    }
                } else {
                    self.visit_expr_mut(&mut awaited.base);
                }
            }
            Expr::If(branch) if waits_only_in_else(branch, &cx) && lends(&branch.cond, &cx) => self.let_first(expr),
            Expr::If(branch) => {
                self.visit_attributes_mut(&mut branch.attrs);
                self.condition(&mut branch.cond);
                self.visit_block_mut(&mut branch.then_branch);
                branch.else_branch.iter_mut().for_each(|(_, otherwise)| self.visit_expr_mut(otherwise));
            }
            Expr::While(repeat) => {
                self.visit_attributes_mut(&mut repeat.attrs);
                self.condition(&mut repeat.cond);
                self.visit_block_mut(&mut repeat.body);
            }
            Expr::Assign(assign) if chain::starts_at_mention(&assign.left, &cx) => {
                if !awaits::in_expr(&assign.left, &cx) {
                    return self.value_first(expr);
                }
                self.plain_expr(expr);
            }
            Expr::Binary(binary) if is_assignment(binary.op) && chain::starts_at_mention(&binary.left, &cx) => {
                if !awaits::in_expr(&binary.left, &cx) {
                    return self.value_first(expr);
                }
                self.plain_expr(expr);
            }
            _ if chain::starts_at_mention(expr, &cx) && chain::can_wait_first(expr, &cx) => self.arguments_first(expr),
            _ => self.plain_expr(expr),
        }
    }

    /// `if let Some(x) = V_X.lock().unwrap().get(k) { … } else { f().await }`: a region up to the `else`.
    ///
    /// From edition 2024 on, what the condition borrows ends there. Before, it lasts, so that what the condition
    /// holds is held across the `.await`: then the barrier is an error.
    fn let_first(&mut self, expr: &mut Expr) {
        let Expr::If(branch) = expr else { unreachable!("only called on an `if`") };
        let attrs = mem::take(&mut branch.attrs);
        let region = self.in_region(Region::new(Kind::Piece), |walk| {
            walk.visit_expr_mut(&mut branch.cond);
            walk.visit_block_mut(&mut branch.then_branch);
        });
        let region = region.expect("its condition mentions what it lends");
        Shield.visit_expr_mut(&mut branch.cond);
        Shield.visit_block_mut(&mut branch.then_branch);
        let Some((otherwise, body)) = &mut branch.else_branch else { unreachable!("it waits in its `else`") };
        self.visit_expr_mut(body);
        let barrier = region.barrier(otherwise.span);
        match &mut **body {
            Expr::Block(body) => drop(body.block.stmts.splice(..0, barrier)),
            other => {
                let inner = mem::replace(other, Expr::PLACEHOLDER);
                *other = parse_quote_spanned!(Span::mixed_site()=> { #(#barrier)* #inner });
            }
        }
        region.enclose_expr(expr, &ReturnType::Default, self.cx.krate);
        if let Some(slot) = cfg::attrs_mut(expr) {
            *slot = attrs;
        }
    }

    /// `place = f().await`, whose value rustc computes first as well.
    fn value_first(&mut self, expr: &mut Expr) {
        let right = match expr {
            Expr::Assign(assign) => &mut assign.right,
            Expr::Binary(binary) => &mut binary.right,
            _ => unreachable!("only called on assignments"),
        };
        let name = Ident::new("__value", Span::mixed_site());
        let value = mem::replace(&mut **right, parse_quote_spanned!(Span::mixed_site()=> #name));
        self.hoist(vec![(name, value)], expr);
    }

    /// `V_X.method(f().await)`, up to the last argument that waits.
    fn arguments_first(&mut self, expr: &mut Expr) {
        let cx = self.cx;
        let arguments = chain::early_arguments_mut(expr);
        let waiting = arguments.iter().rposition(|argument| awaits::in_expr(argument, &cx));
        let mut hoisted = Vec::new();
        for (at, argument) in arguments.into_iter().enumerate() {
            if Some(at) <= waiting && !chain::is_inert(argument) {
                let name = Ident::new(&format!("__argument_{}", hoisted.len() + 1), Span::mixed_site());
                let value = mem::replace(argument, parse_quote_spanned!(Span::mixed_site()=> #name));
                hoisted.push((name, value));
            }
        }
        self.hoist(hoisted, expr);
    }

    /// Evaluates `values` first. Their temporaries live as long as `expr` takes.
    fn hoist(&mut self, values: Vec<(Ident, Expr)>, expr: &mut Expr) {
        let (names, mut values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
        values.iter_mut().for_each(|value| self.visit_expr_mut(value));
        self.piece(expr);
        let mixed = Span::mixed_site();
        let mut only: ExprMatch = match names.as_slice() {
            [name] => parse_quote_spanned!(mixed=> match () { #name => () }),
            _ => parse_quote_spanned!(mixed=> match () { (#(#names),*) => () }),
        };
        *only.expr = match values.len() {
            1 => values.remove(0),
            _ => parse_quote_spanned!(mixed=> (#(#values),*)),
        };
        *only.arms[0].body = mem::replace(expr, Expr::PLACEHOLDER);
        *expr = Expr::Match(only);
    }
}

fn is_assignment(op: BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

fn waits_only_in_else(branch: &ExprIf, cx: &Context) -> bool {
    branch.else_branch.is_some() && !awaits::in_expr(&branch.cond, cx) && !awaits::in_block(&branch.then_branch, cx)
}

/// Whether a condition binds what borrows from a variable.
fn lends(condition: &Expr, cx: &Context) -> bool {
    match condition {
        Expr::Let(bound) => chain::lends_value(&bound.expr, cx),
        Expr::Binary(inner) => lends(&inner.left, cx) || lends(&inner.right, cx),
        _ => false,
    }
}

/// Whether an expression is a condition with `let`, which only `if` and `while` understand.
fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(inner) => has_let(&inner.left) || has_let(&inner.right),
        Expr::Paren(inner) => has_let(&inner.expr),
        Expr::Group(inner) => has_let(&inner.expr),
        _ => false,
    }
}
