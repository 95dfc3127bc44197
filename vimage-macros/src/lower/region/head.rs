//! The body of a region behind its head.
//!
//! - The arm of a `match` drops the temporaries of its tail at its end, in each edition, and the locals that they
//!   borrow from are outside. The body's own braces keep the order in which its locals and its tail are dropped.
//! - An arm hides from a closure or an async block in the tail, and from `impl Trait`, which type is expected of
//!   it. There the body goes through `'v: { break 'v { body }; }`, which is not used everywhere because rustc calls
//!   it unreachable behind a body that diverges.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::token::Brace;
use syn::visit::Visit;
use syn::{
    Attribute, Block, Expr, ExprBlock, ExprBreak, ExprMatch, Path, ReturnType, Stmt, Token, TypeImplTrait,
    parse_quote_spanned,
};

use super::cfg;
use super::region::{Region, leading_items};

impl Region {
    /// Puts the head in front of a body that is a block, behind the items that the block starts with.
    pub(super) fn enclose_block(&self, block: &mut Block, output: &ReturnType, krate: &Path) {
        let mut body = block.stmts.split_off(leading_items(&block.stmts));
        let labelled = needs_label(output, tail(&body));
        block.stmts.extend(self.head(krate));
        // Behind a `break`, rustc says of braces around a mere tail that they are unused. Attributes need them.
        let is_bare = match body.as_mut_slice() {
            [Stmt::Expr(tail, None)] if labelled => cfg::leading_attrs(tail).is_none_or(|attrs| attrs.is_empty()),
            _ => false,
        };
        let inner = match body.pop() {
            Some(Stmt::Expr(tail, None)) if is_bare => tail,
            last => {
                body.extend(last);
                let block = Block { brace_token: block.brace_token, stmts: body };
                Expr::Block(ExprBlock { attrs: Vec::new(), label: None, block })
            }
        };
        block.stmts.push(Stmt::Expr(body_expr(inner, labelled, self.lints()), None));
    }

    /// Puts the head in front of a body that is an expression.
    pub(super) fn enclose_expr(&self, expr: &mut Expr, output: &ReturnType, krate: &Path) {
        let labelled = needs_label(output, Some(expr));
        let body = std::mem::replace(expr, Expr::PLACEHOLDER);
        let mut stmts = self.head(krate);
        stmts.push(Stmt::Expr(body_expr(body, labelled, self.lints()), None));
        *expr = block_expr(stmts);
    }
}

/// The body, so that what it borrows from the head ends before the head's locals do.
fn body_expr(body: Expr, labelled: bool, lints: Vec<Attribute>) -> Expr {
    // Put in as a tree, not as tokens: syn adds the parentheses that some expressions need in an arm.
    // Where the value is, for errors about what it borrows.
    let mixed = Span::mixed_site().located_at(value(&body));
    if labelled {
        let leave: ExprBreak = parse_quote_spanned!(mixed=> break 'v);
        let leave = Stmt::Expr(
            Expr::Break(ExprBreak { attrs: lints, expr: Some(Box::new(body)), ..leave }),
            Some(Token![;](mixed)),
        );
        let label = parse_quote_spanned!(mixed=> 'v:);
        let block = Block { brace_token: Brace(mixed), stmts: vec![leave] };
        return Expr::Block(ExprBlock { attrs: Vec::new(), label: Some(label), block });
    }
    let mut only: ExprMatch = parse_quote_spanned!(mixed=> match () { () => () });
    only.arms[0].attrs = lints;
    *only.arms[0].body = body;
    Expr::Match(only)
}

/// Where an expression has its value.
fn value(expr: &Expr) -> Span {
    match expr {
        Expr::Block(inner) => tail(&inner.block.stmts).map_or_else(|| inner.block.brace_token.span.close(), value),
        other => other.span(),
    }
}

fn block_expr(stmts: Vec<Stmt>) -> Expr {
    let block = Block { brace_token: Brace(Span::mixed_site()), stmts };
    Expr::Block(ExprBlock { attrs: Vec::new(), label: None, block })
}

fn tail(stmts: &[Stmt]) -> Option<&Expr> {
    match stmts.last()? {
        Stmt::Expr(expr, None) => Some(expr),
        _ => None,
    }
}

/// Whether the type of the tail depends on what is expected of it.
fn needs_label(output: &ReturnType, tail: Option<&Expr>) -> bool {
    tail.is_some_and(|tail| takes_its_type_from_outside(tail) || (returns_impl(output) && !diverges(tail)))
}

fn takes_its_type_from_outside(expr: &Expr) -> bool {
    let of_block = |block: &Block| tail(&block.stmts).is_some_and(takes_its_type_from_outside);
    match expr {
        Expr::Closure(_) | Expr::Async(_) => true,
        Expr::Paren(inner) => takes_its_type_from_outside(&inner.expr),
        Expr::Group(inner) => takes_its_type_from_outside(&inner.expr),
        Expr::Block(inner) => of_block(&inner.block),
        Expr::Unsafe(inner) => of_block(&inner.block),
        _ => false,
    }
}

fn diverges(expr: &Expr) -> bool {
    matches!(expr, Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) | Expr::Loop(_) | Expr::Macro(_))
}

pub(super) fn returns_impl(output: &ReturnType) -> bool {
    struct Finder(bool);
    impl Visit<'_> for Finder {
        fn visit_type_impl_trait(&mut self, _: &TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut finder = Finder(false);
    finder.visit_return_type(output);
    finder.0
}
