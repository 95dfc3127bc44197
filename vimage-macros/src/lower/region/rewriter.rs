//! The state of the walk over virtualized code.

use std::mem;

use proc_macro2::TokenStream;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Path, Stmt};

use super::cfg;
use super::constant::{self, Constant};
use super::region::{Lint, Region, RegionKind};
use crate::diagnostics as problem;
use crate::parse::code::{Context, accessor, unparsed};

/// Where the walk is.
pub(super) enum Mode {
    /// In code that rustc evaluates, when there is no instance.
    Constant(Constant),
    Region(Region),
}

/// The purpose of the walk. It reports the same mistakes either way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The code becomes that of the builds with instances.
    Rewrite,
    /// The code stays what it is.
    Check,
}

/// Walks over virtualized code, and rewrites it.
pub(super) struct Rewriter<'a> {
    pub(super) cx: Context<'a>,
    pub(super) purpose: Purpose,
    pub(super) mode: Mode,
    /// The `#[cfg]` predicates that the walk is under, those of the region only.
    pub(super) cfgs: Vec<TokenStream>,
    /// In an `unsafe` block or function.
    pub(super) in_unsafe: bool,
    /// How many resolutions the walk has put into what it walked over.
    pub(super) resolutions: usize,
    /// Macros of the standard library that the walk relies on, since the last statement.
    pub(super) relied_on: Vec<Path>,
    /// The barrier of the next macro that waits is in place already.
    pub(super) is_settled: bool,
}

impl<'a> Rewriter<'a> {
    pub(super) fn new(cx: Context<'a>, purpose: Purpose) -> Self {
        Self {
            cx,
            purpose,
            mode: Mode::Constant(constant::ITEM),
            cfgs: Vec::new(),
            in_unsafe: false,
            resolutions: 0,
            relied_on: Vec::new(),
            is_settled: false,
        }
    }

    pub(super) fn initializer(&mut self, expr: &mut Expr) {
        self.in_constant(constant::INITIALIZER, |walk| walk.visit_expr_mut(expr));
    }

    /// Runs `f` in another mode, which starts under no `#[cfg]`, and hands back what became of the mode.
    fn in_mode(&mut self, mode: Mode, f: impl FnOnce(&mut Self)) -> Mode {
        let cfgs = mem::take(&mut self.cfgs);
        let relied_on = mem::take(&mut self.relied_on);
        let is_settled = mem::take(&mut self.is_settled);
        let outer = mem::replace(&mut self.mode, mode);
        f(self);
        (self.cfgs, self.relied_on, self.is_settled) = (cfgs, relied_on, is_settled);
        mem::replace(&mut self.mode, outer)
    }

    pub(super) fn in_constant(&mut self, constant: Constant, f: impl FnOnce(&mut Self)) {
        self.in_mode(Mode::Constant(constant), f);
    }

    /// Walks a region; `None` if nothing is resolved in it.
    pub(super) fn in_region(&mut self, region: Region, f: impl FnOnce(&mut Self)) -> Option<Region> {
        match self.in_mode(Mode::Region(region), f) {
            Mode::Region(region) if !region.is_empty() => {
                self.resolutions += 1;
                Some(region)
            }
            _ => None,
        }
    }

    /// The region that the walk is in. It is in one wherever something is resolved.
    pub(super) fn region(&mut self) -> &mut Region {
        match &mut self.mode {
            Mode::Region(region) => region,
            Mode::Constant(_) => unreachable!("only asked for in regions"),
        }
    }

    /// Whether the code can be suspended, here or in a macro, while something is borrowed.
    pub(super) fn is_async(&self) -> bool {
        match &self.mode {
            Mode::Region(region) => match region.kind() {
                RegionKind::Sync => false,
                RegionKind::Unsuspended => true,
                RegionKind::Suspended => !region.is_empty(),
            },
            Mode::Constant(_) => false,
        }
    }

    /// Whether uses are resolved where they stand.
    pub(super) fn resolves_in_place(&self) -> bool {
        matches!(&self.mode, Mode::Region(region) if region.resolves_in_place())
    }

    /// Walks over what has its resolutions in front of it, and hands them back.
    pub(super) fn in_scope(&mut self, f: impl FnOnce(&mut Self)) -> Vec<Stmt> {
        let conditions = self.cfgs.len();
        self.region().enter(conditions);
        f(self);
        let krate = self.cx.krate;
        let resolutions = self.region().leave(krate);
        self.resolutions += resolutions.len();
        resolutions
    }

    pub(super) fn statements(&mut self, block: &mut Block) {
        for mut stmt in mem::take(&mut block.stmts) {
            self.visit_stmt_mut(&mut stmt);
            block.stmts.extend(self.proofs());
            block.stmts.push(stmt);
        }
    }

    pub(super) fn under(&mut self, cfgs: Vec<TokenStream>, f: impl FnOnce(&mut Self)) {
        let before = self.cfgs.len();
        self.cfgs.extend(cfgs);
        f(self);
        self.cfgs.truncate(before);
    }

    pub(super) fn silence(&mut self, lint: Lint) {
        if let Mode::Region(region) = &mut self.mode {
            region.silence(lint);
        }
    }

    /// The expression that replaces a use; `None` if the use was reported, or stays.
    pub(super) fn used(&mut self, path: &Path) -> Option<Expr> {
        match &mut self.mode {
            Mode::Region(_) if self.purpose == Purpose::Check => None,
            Mode::Region(region) => {
                self.resolutions += usize::from(region.resolves_in_place());
                Some(region.resolve(path, &self.cfgs, self.in_unsafe, self.cx.krate))
            }
            Mode::Constant(Constant { place, help }) => {
                let name = accessor::name(path);
                self.cx.diagnostics.at_value(name, problem::constant(name, *place, *help));
                None
            }
        }
    }

    /// An expression, whatever the mode. In an async region its own rules come first.
    pub(super) fn plain_expr(&mut self, expr: &mut Expr) {
        match accessor::accessor(expr, &self.cx).cloned() {
            Some(path) => {
                let attrs = cfg::attrs_mut(expr).map(mem::take).unwrap_or_default();
                if let Some(place) = self.used(&path) {
                    *expr = place;
                }
                if let Some(slot) = cfg::attrs_mut(expr) {
                    *slot = attrs;
                }
            }
            None => visit_mut::visit_expr_mut(self, expr),
        }
        if let Expr::Verbatim(tokens) = expr {
            for found in unparsed::uses(tokens, &self.cx).iter().filter(|found| !found.captured) {
                let alternative = accessor::alternative(&found.name, &self.cx);
                let help = alternative.unwrap_or_else(|| "take its address in front of the expression".to_owned());
                self.cx.diagnostics.at(&found.name, problem::unread_expression(&found.name, help));
            }
        }
    }
}
