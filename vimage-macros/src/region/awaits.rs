//! Where an async region may be suspended.

use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprAsync, ExprClosure, Item, Macro, Stmt};

use super::{Context, macros};

/// Looks for places at which the region that a piece of code belongs to may be suspended, not those in it.
struct Finder<'a> {
    cx: &'a Context<'a>,
    found: bool,
}

pub(super) fn in_expr(expr: &Expr, cx: &Context) -> bool {
    let mut finder = Finder { cx, found: false };
    finder.visit_expr(expr);
    finder.found
}

pub(super) fn in_block(block: &Block, cx: &Context) -> bool {
    block.stmts.iter().any(|stmt| in_stmt(stmt, cx))
}

pub(super) fn in_stmt(stmt: &Stmt, cx: &Context) -> bool {
    let mut finder = Finder { cx, found: false };
    finder.visit_stmt(stmt);
    finder.found
}

impl Visit<'_> for Finder<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Await(_) | Expr::Yield(_) => self.found = true,
            // Not understood by syn, so that anything may be in it.
            Expr::Verbatim(tokens) if !tokens.is_empty() => self.found = true,
            _ => visit::visit_expr(self, expr),
        }
    }

    fn visit_macro(&mut self, mac: &Macro) {
        self.found |= macros::may_suspend(mac, self.cx);
    }

    fn visit_item(&mut self, _: &Item) {}
    fn visit_expr_async(&mut self, _: &ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &ExprClosure) {}
}

/// Whether the body of a closure makes it a coroutine.
pub(super) fn yields(body: &Expr) -> bool {
    struct Finder(bool);
    impl Visit<'_> for Finder {
        fn visit_expr(&mut self, expr: &Expr) {
            self.0 |= matches!(expr, Expr::Yield(_));
            visit::visit_expr(self, expr);
        }
        fn visit_item(&mut self, _: &Item) {}
        fn visit_expr_async(&mut self, _: &ExprAsync) {}
        fn visit_expr_closure(&mut self, _: &ExprClosure) {}
    }
    let mut finder = Finder(false);
    finder.visit_expr(body);
    finder.0
}

/// Whether a piece of code may leave what surrounds it: no closure can be put around it then.
pub(super) fn leaves(expr: &Expr) -> bool {
    struct Finder(bool);
    impl Visit<'_> for Finder {
        fn visit_expr(&mut self, expr: &Expr) {
            self.0 |= matches!(expr, Expr::Try(_) | Expr::Return(_) | Expr::Break(_) | Expr::Continue(_));
            visit::visit_expr(self, expr);
        }
        fn visit_item(&mut self, _: &Item) {}
        fn visit_expr_async(&mut self, _: &ExprAsync) {}
        fn visit_expr_closure(&mut self, _: &ExprClosure) {}
    }
    let mut finder = Finder(false);
    finder.visit_expr(expr);
    finder.0
}
