//! Where an async region may be suspended.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, BinOp, Block, Expr, ExprAsync, ExprClosure, Item, Label, Lifetime, Macro, Stmt};

use crate::parse::code::known::{self, Temporaries};
use crate::parse::code::pieces::Pieces;
use crate::parse::code::{Context, unparsed};

/// Looks for the first place at which the region that a piece of code belongs to may be suspended.
struct Finder<'a> {
    cx: &'a Context<'a>,
    found: Option<Span>,
}

pub(super) fn in_expr(expr: &Expr, cx: &Context) -> bool {
    let mut finder = Finder { cx, found: None };
    finder.visit_expr(expr);
    finder.found.is_some()
}

pub(super) fn in_block(block: &Block, cx: &Context) -> bool {
    block.stmts.iter().any(|stmt| first_in_stmt(stmt, cx).is_some())
}

/// Where a statement may be suspended first.
pub(super) fn first_in_stmt(stmt: &Stmt, cx: &Context) -> Option<Span> {
    let mut finder = Finder { cx, found: None };
    finder.visit_stmt(stmt);
    finder.found
}

impl Visit<'_> for Finder<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        if self.found.is_some() {
            return;
        }
        visit::visit_expr(self, expr);
        let here = match expr {
            Expr::Await(awaited) => awaited.await_token.span,
            Expr::Yield(yielded) => yielded.yield_token.span,
            // Not understood by syn, so that anything may be in it.
            Expr::Verbatim(tokens) if !tokens.is_empty() => tokens.span(),
            _ => return,
        };
        self.found.get_or_insert(here);
    }

    fn visit_macro(&mut self, mac: &Macro) {
        if self.found.is_none() && may_suspend(mac, self.cx) {
            self.found = Some(mac.path.span());
        }
    }

    /// A macro that is an attribute of an item may put any statements in its place.
    fn visit_item(&mut self, item: &Item) {
        self.found = self.found.or_else(|| foreign_attr(item));
    }

    fn visit_expr_async(&mut self, _: &ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &ExprClosure) {}
}

/// An attribute of an item that may be a macro.
pub(super) fn foreign_attr(item: &Item) -> Option<Span> {
    attrs(item).iter().find(|attr| !is_built_in(attr)).map(|attr| attr.path().span())
}

fn attrs(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether rustc itself reads an attribute, so that no macro can go by its name. `derive` is a macro of the prelude.
pub(super) fn is_built_in(attr: &Attribute) -> bool {
    const NAMES: [&str; 17] = [
        "allow",
        "automatically_derived",
        "cfg",
        "cold",
        "deny",
        "deprecated",
        "doc",
        "expect",
        "forbid",
        "inline",
        "must_use",
        "non_exhaustive",
        "path",
        "repr",
        "target_feature",
        "track_caller",
        "warn",
    ];
    attr.path().get_ident().is_some_and(|name| NAMES.iter().any(|built_in| name == built_in))
}

/// Whether a body waits although nothing says that it is async: rustc rejects that, unless an attribute below ours
/// makes the function async. Such an attribute may also turn calls of macros into code that waits, where their
/// arguments do: `foreign` says that there is one.
pub(super) fn in_sync_body(body: &Block, foreign: bool, cx: &Context) -> bool {
    let mut search = Search::new(cx, Wanted::Suspension { foreign });
    search.visit_block(body);
    search.found
}

/// The same of a closure, on which there is no attribute.
pub(super) fn in_sync_closure(body: &Expr, cx: &Context) -> bool {
    Search::finds(body, Wanted::Suspension { foreign: false }, cx)
}

/// Whether a piece of code may leave what surrounds it: no closure can be put around it then.
pub(super) fn leaves(expr: &Expr, cx: &Context) -> bool {
    Search::finds(expr, Wanted::Exit, cx)
}

#[derive(Clone, Copy)]
enum Wanted {
    Exit,
    Suspension { foreign: bool },
}

/// What code that waits has among its tokens.
const WAITING: &[&str] = &["await", "yield"];

/// Looks for expressions that belong to the function that a piece of code is in, not to one inside.
struct Search<'a> {
    cx: &'a Context<'a>,
    wanted: Wanted,
    /// How many loops the code is in that belong to it, and their labels.
    loops: usize,
    labels: Vec<Lifetime>,
    found: bool,
}

impl<'a> Search<'a> {
    fn finds(expr: &Expr, wanted: Wanted, cx: &'a Context<'a>) -> bool {
        let mut search = Self::new(cx, wanted);
        search.visit_expr(expr);
        search.found
    }

    const fn new(cx: &'a Context<'a>, wanted: Wanted) -> Self {
        Self { cx, wanted, loops: 0, labels: Vec::new(), found: false }
    }

    fn leaves(&self, label: Option<&Lifetime>) -> bool {
        label.map_or(self.loops == 0, |label| !self.labels.contains(label))
    }
}

/// The label of what can be left by `break`, and whether it can without a label.
fn breakable(expr: &Expr) -> (Option<&Label>, bool) {
    match expr {
        Expr::Block(inner) => (inner.label.as_ref(), false),
        Expr::ForLoop(inner) => (inner.label.as_ref(), true),
        Expr::Loop(inner) => (inner.label.as_ref(), true),
        Expr::While(inner) => (inner.label.as_ref(), true),
        _ => (None, false),
    }
}

impl Visit<'_> for Search<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        self.found |= match (self.wanted, expr) {
            (Wanted::Exit, Expr::Try(_) | Expr::Return(_)) => true,
            (Wanted::Exit, Expr::Break(inner)) => self.leaves(inner.label.as_ref()),
            (Wanted::Exit, Expr::Continue(inner)) => self.leaves(inner.label.as_ref()),
            (Wanted::Suspension { .. }, Expr::Await(_) | Expr::Yield(_)) => true,
            (Wanted::Suspension { .. }, Expr::Verbatim(tokens)) => unparsed::has_word(tokens, WAITING),
            _ => false,
        };
        let (label, is_loop) = breakable(expr);
        let outside = self.labels.len();
        self.labels.extend(label.map(|label| label.name.clone()));
        self.loops += usize::from(is_loop);
        visit::visit_expr(self, expr);
        self.loops -= usize::from(is_loop);
        self.labels.truncate(outside);
    }

    fn visit_macro(&mut self, mac: &Macro) {
        match (known::arguments(mac, self.cx), self.wanted) {
            (Some(arguments), _) => arguments.visit(self),
            (None, Wanted::Suspension { foreign }) => self.found |= foreign && unparsed::has_word(&mac.tokens, WAITING),
            (None, Wanted::Exit) => {}
        }
    }

    fn visit_item(&mut self, _: &Item) {}
    fn visit_expr_async(&mut self, _: &ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &ExprClosure) {}
}

pub(super) fn is_assignment(op: BinOp) -> bool {
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

/// What becomes of a call in async code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// The call is made in a closure.
    Closure,
    /// A closure that does not return.
    Never,
    /// The call stands as it is written, beside a proof that this is the macro of the standard library.
    InPlace,
    /// The macro may wait: all borrows end in front of it.
    Waits,
}

/// What becomes of a call in async code, for all that can be seen.
pub(super) fn treatment(mac: &Macro, is_statement: bool, cx: &Context) -> Treatment {
    let found = match known::known(&mac.path) {
        _ if known::is_listed(&mac.path, cx) => return Treatment::Waits,
        _ if known::is_inert(&mac.path) => return Treatment::Closure,
        None => return Treatment::Waits,
        Some(found) => found,
    };
    let Ok(arguments) = Pieces::parse(mac.tokens.clone(), found.grammar) else { return Treatment::Waits };
    let leaves = |expr: &&Expr| in_expr(expr, cx) || self::leaves(expr, cx);
    let leaves = arguments.exprs().iter().any(leaves);
    match found.temporaries {
        Temporaries::EndInside if !leaves => Treatment::Closure,
        Temporaries::EndWithTheStatement if !leaves && is_statement => Treatment::Closure,
        Temporaries::EndWithTheProgram if !leaves => Treatment::Never,
        _ if known::can_be_proven(&mac.path, cx) => Treatment::InPlace,
        Temporaries::EndWithTheStatement if !leaves => Treatment::Closure,
        _ => Treatment::Waits,
    }
}

/// Whether a macro has to be taken for one that waits.
pub(super) fn waits(mac: &Macro, cx: &Context) -> bool {
    treatment(mac, false, cx) == Treatment::Waits
}

/// Whether async code may be suspended in the call.
pub(super) fn may_suspend(mac: &Macro, cx: &Context) -> bool {
    match treatment(mac, false, cx) {
        Treatment::Closure | Treatment::Never => false,
        Treatment::Waits => true,
        Treatment::InPlace => {
            let arguments = known::arguments(mac, cx).expect("it was parsed before");
            arguments.exprs().iter().any(|expr| in_expr(expr, cx))
        }
    }
}
