//! The variables that a piece of code uses.

use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprAsync, ExprClosure, ExprMethodCall, Ident, Item, Macro, Type};

use crate::parse::code::{Context, accessor, known};

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
        match accessor::accessor(expr, self.cx) {
            Some(path) => self.variables.push(accessor::name(path).clone()),
            None => visit::visit_expr(self, expr),
        }
    }

    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        if !accessor::is_left_alone(call, self.cx) {
            self.visit_expr(&call.receiver);
        }
        call.args.iter().for_each(|arg| self.visit_expr(arg));
    }

    fn visit_macro(&mut self, mac: &Macro) {
        if let Some(arguments) = known::arguments(mac, self.cx) {
            arguments.visit(self);
        }
    }

    fn visit_item(&mut self, _: &Item) {}
    fn visit_expr_async(&mut self, _: &ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &ExprClosure) {}
    fn visit_type(&mut self, _: &Type) {}
}
