//! The walk over items, bodies and expressions, which finds regions and the mentions in them.

use std::mem;

use proc_macro2::TokenStream;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Arm, Attribute, Block, ConstParam, Expr, ExprAsync, ExprClosure, ExprConst, ExprMethodCall, ExprPath, ExprRepeat,
    ExprUnsafe, FieldValue, GenericArgument, ImplItem, ImplItemConst, ImplItemFn, Item, ItemConst, ItemFn, ItemMacro,
    ItemStatic, Local, Macro, Pat, PatGuard, PatIdent, Path, ReturnType, Stmt, StmtMacro, Token, TraitItem,
    TraitItemConst, TraitItemFn, TypeArray, Variant, Visibility,
};

use super::constant::{self, Constant};
use super::scope::{self, Kind, Lint, Region};
use super::{Context, cfg, macros, mention, opaque};
use crate::attr::Recognizer;

/// Where the walk is.
pub(super) enum Mode {
    /// In what rustc evaluates, which has no instances.
    Constant(Constant),
    Region(Region),
}

/// Rewrites what it walks over.
pub(super) struct Rewriter<'a> {
    pub(super) cx: Context<'a>,
    mode: Mode,
    /// The `#[cfg]` predicates that the walk is under, those of the region only.
    cfgs: Vec<TokenStream>,
    /// In an `unsafe` block or function.
    pub(super) in_unsafe: bool,
    /// How many resolutions the walk has put into what it walked over.
    pub(super) resolutions: usize,
    /// Macros of the standard library that the walk relies on, since the last statement.
    pub(super) relied_on: Vec<Path>,
    /// What the next macro that waits needs in front of it is there already.
    pub(super) is_settled: bool,
}

impl<'a> Rewriter<'a> {
    pub(super) fn new(cx: Context<'a>) -> Self {
        Self {
            cx,
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
                Kind::Sync => false,
                Kind::Unsuspended => true,
                Kind::Suspended => !region.is_empty(),
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

    fn under(&mut self, cfgs: Vec<TokenStream>, f: impl FnOnce(&mut Self)) {
        let before = self.cfgs.len();
        self.cfgs.extend(cfgs);
        f(self);
        self.cfgs.truncate(before);
    }

    fn silence(&mut self, lint: Lint) {
        if let Mode::Region(region) = &mut self.mode {
            region.silence(lint);
        }
    }

    /// What stands in for a mention; `None` if it was reported instead.
    fn mention(&mut self, path: &Path) -> Option<Expr> {
        match &mut self.mode {
            Mode::Region(region) => {
                self.resolutions += usize::from(region.resolves_in_place());
                Some(region.resolve(path, &self.cfgs, self.in_unsafe, self.cx.krate))
            }
            Mode::Constant(Constant { place, way_out }) => {
                let name = &path.segments.last()?.ident;
                let message = format!(
                    "`{name}` in {place}: rustc evaluates that while it compiles, when there is no instance; {way_out}"
                );
                self.cx.errors.at_value(name, message);
                None
            }
        }
    }

    /// An expression, whatever the mode. In an async region its own rules come first.
    pub(super) fn plain_expr(&mut self, expr: &mut Expr) {
        match mention::accessor(expr, &self.cx).cloned() {
            Some(path) => {
                let attrs = cfg::attrs_mut(expr).map(mem::take).unwrap_or_default();
                if let Some(place) = self.mention(&path) {
                    *expr = place;
                }
                if let Some(slot) = cfg::attrs_mut(expr) {
                    *slot = attrs;
                }
            }
            None => visit_mut::visit_expr_mut(self, expr),
        }
        if let Expr::Verbatim(tokens) = expr {
            let message = |name: &syn::Ident| {
                let way_out = mention::way_out(name, &self.cx).map_or_else(String::new, |way| format!("; write {way}"));
                format!("`{name}` in an expression that vimage cannot read{way_out}")
            };
            for found in opaque::mentions(tokens, &self.cx).iter().filter(|found| !found.captured) {
                self.cx.errors.at(&found.name, message(&found.name));
            }
        }
    }
}

impl VisitMut for Rewriter<'_> {
    fn visit_item_mut(&mut self, item: &mut Item) {
        // Verbatim items come from the front end; the others are going to be expanded on their own.
        let attrs = match item {
            Item::Verbatim(_) => return,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Trait(item) => &item.attrs,
            _ => &Vec::new(),
        };
        let recognizer = Recognizer { krate: self.cx.krate };
        if !attrs.iter().any(|attr| recognizer.kind(attr).is_some()) {
            self.in_constant(constant::ITEM, |walk| visit_mut::visit_item_mut(walk, item));
        }
    }

    fn visit_impl_item_mut(&mut self, item: &mut ImplItem) {
        if !matches!(item, ImplItem::Verbatim(_)) {
            visit_mut::visit_impl_item_mut(self, item);
        }
    }

    fn visit_trait_item_mut(&mut self, item: &mut TraitItem) {
        if !matches!(item, TraitItem::Verbatim(_)) {
            visit_mut::visit_trait_item_mut(self, item);
        }
    }

    fn visit_item_fn_mut(&mut self, item: &mut ItemFn) {
        self.function(&mut item.attrs, &item.vis, &mut item.sig, &mut item.block);
    }

    fn visit_impl_item_fn_mut(&mut self, item: &mut ImplItemFn) {
        self.function(&mut item.attrs, &item.vis, &mut item.sig, &mut item.block);
    }

    fn visit_trait_item_fn_mut(&mut self, item: &mut TraitItemFn) {
        match &mut item.default {
            Some(block) => {
                let as_the_trait = Visibility::Public(Token![pub](proc_macro2::Span::mixed_site()));
                self.function(&mut item.attrs, &as_the_trait, &mut item.sig, block);
            }
            None => visit_mut::visit_trait_item_fn_mut(self, item),
        }
    }

    fn visit_item_const_mut(&mut self, item: &mut ItemConst) {
        self.in_constant(constant::INITIALIZER, |walk| visit_mut::visit_item_const_mut(walk, item));
    }

    fn visit_item_static_mut(&mut self, item: &mut ItemStatic) {
        self.in_constant(constant::INITIALIZER, |walk| visit_mut::visit_item_static_mut(walk, item));
    }

    fn visit_impl_item_const_mut(&mut self, item: &mut ImplItemConst) {
        self.in_constant(constant::INITIALIZER, |walk| visit_mut::visit_impl_item_const_mut(walk, item));
    }

    fn visit_trait_item_const_mut(&mut self, item: &mut TraitItemConst) {
        self.in_constant(constant::INITIALIZER, |walk| visit_mut::visit_trait_item_const_mut(walk, item));
    }

    fn visit_item_macro_mut(&mut self, item: &mut ItemMacro) {
        self.visit_attributes_mut(&mut item.attrs);
        let Some(defined) = &item.ident else { return self.visit_macro_mut(&mut item.mac) };
        let message = |name: &syn::Ident| {
            let way_out = mention::way_out(name, &self.cx).map_or_else(String::new, |way| format!("write {way}, or "));
            format!(
                "`{name}` in the body of the macro `{defined}`: vimage cannot see where it will be expanded; \
                 {way_out}let the macro take it as an argument"
            )
        };
        for opaque::Found { name, captured } in opaque::mentions(&item.mac.tokens, &self.cx) {
            self.cx.errors.at(&name, if captured { macros::capture_message(&name) } else { message(&name) });
        }
    }

    fn visit_attribute_mut(&mut self, attr: &mut Attribute) {
        let tokens = match &attr.meta {
            syn::Meta::Path(_) => return,
            syn::Meta::List(list) => list.tokens.clone(),
            syn::Meta::NameValue(pair) => quote::ToTokens::to_token_stream(&pair.value),
        };
        if attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr") {
            return;
        }
        let message = |name: &syn::Ident| {
            let way_out = mention::way_out(name, &self.cx).map_or_else(String::new, |way| format!("write {way}, or "));
            format!(
                "`{name}` in the arguments of an attribute: vimage cannot see where they are evaluated; {way_out}move \
                 it into the function"
            )
        };
        for found in opaque::mentions(&tokens, &self.cx).iter().filter(|found| !found.captured) {
            self.cx.errors.at(&found.name, message(&found.name));
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let cfgs = cfg::attrs_mut(expr).map(|attrs| cfg::predicates(attrs)).unwrap_or_default();
        self.under(cfgs, |walk| match expr {
            _ if walk.is_async() && walk.resolves_in_place() => walk.async_expr(expr),
            Expr::Macro(_) if walk.is_async() => walk.macro_in_async(expr),
            _ => walk.plain_expr(expr),
        });
    }

    fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
        if call.method == "write" {
            self.silence(Lint::ReadonlyWriteLock);
        }
        if !mention::is_left_alone(call, &self.cx) {
            return visit_mut::visit_expr_method_call_mut(self, call);
        }
        call.turbofish.iter_mut().for_each(|turbofish| self.visit_angle_bracketed_generic_arguments_mut(turbofish));
        call.args.iter_mut().for_each(|arg| self.visit_expr_mut(arg));
    }

    fn visit_expr_path_mut(&mut self, expr: &mut ExprPath) {
        if expr.path.segments.last().is_some_and(|last| last.ident == "transmute" && last.arguments.is_none()) {
            self.silence(Lint::TransmuteAnnotations);
        }
        visit_mut::visit_expr_path_mut(self, expr);
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut ExprClosure) {
        self.visit_attributes_mut(&mut closure.attrs);
        closure.inputs.iter_mut().for_each(|input| self.visit_pat_mut(input));
        self.visit_return_type_mut(&mut closure.output);
        self.closure(closure);
    }

    fn visit_expr_async_mut(&mut self, block: &mut ExprAsync) {
        self.visit_attributes_mut(&mut block.attrs);
        self.async_block(&mut block.block, &ReturnType::Default);
    }

    fn visit_expr_const_mut(&mut self, block: &mut ExprConst) {
        self.in_constant(constant::BLOCK, |walk| visit_mut::visit_expr_const_mut(walk, block));
    }

    fn visit_expr_unsafe_mut(&mut self, block: &mut ExprUnsafe) {
        let outside = mem::replace(&mut self.in_unsafe, true);
        visit_mut::visit_expr_unsafe_mut(self, block);
        self.in_unsafe = outside;
    }

    fn visit_expr_repeat_mut(&mut self, repeat: &mut ExprRepeat) {
        self.visit_attributes_mut(&mut repeat.attrs);
        self.visit_expr_mut(&mut repeat.expr);
        self.in_constant(constant::LENGTH, |walk| walk.visit_expr_mut(&mut repeat.len));
    }

    fn visit_type_array_mut(&mut self, array: &mut TypeArray) {
        self.visit_type_mut(&mut array.elem);
        self.in_constant(constant::LENGTH, |walk| walk.visit_expr_mut(&mut array.len));
    }

    fn visit_generic_argument_mut(&mut self, argument: &mut GenericArgument) {
        self.in_constant(constant::ARGUMENT, |walk| visit_mut::visit_generic_argument_mut(walk, argument));
    }

    fn visit_const_param_mut(&mut self, param: &mut ConstParam) {
        self.in_constant(constant::ARGUMENT, |walk| visit_mut::visit_const_param_mut(walk, param));
    }

    fn visit_variant_mut(&mut self, variant: &mut Variant) {
        self.in_constant(constant::ITEM, |walk| visit_mut::visit_variant_mut(walk, variant));
    }

    fn visit_field_value_mut(&mut self, field: &mut FieldValue) {
        let cfgs = cfg::predicates(&field.attrs);
        self.under(cfgs, |walk| visit_mut::visit_field_value_mut(walk, field));
        let shorthand = matches!(&field.expr, Expr::Path(ExprPath { path, .. }) if path.get_ident().is_some());
        if field.colon_token.is_none() && !shorthand {
            field.colon_token = Some(Token![:](proc_macro2::Span::mixed_site()));
        }
    }

    fn visit_pat_mut(&mut self, pat: &mut Pat) {
        match pat {
            Pat::Const(_) | Pat::Lit(_) | Pat::Macro(_) | Pat::Range(_) => {
                self.in_constant(constant::PATTERN, |walk| visit_mut::visit_pat_mut(walk, pat));
            }
            _ => visit_mut::visit_pat_mut(self, pat),
        }
    }

    fn visit_pat_guard_mut(&mut self, guarded: &mut PatGuard) {
        self.visit_pat_mut(&mut guarded.pat);
        self.visit_expr_mut(&mut guarded.guard);
    }

    fn visit_pat_ident_mut(&mut self, pat: &mut PatIdent) {
        let name = &pat.ident;
        if mention::is_accessor(name, &self.cx) {
            let message = format!(
                "`{name}` in a pattern: a virtualized variable is no pattern, and a binding of this name would hide \
                 one; compare in a guard (`value if value == …`), choose another name, or list it in `except(…)`"
            );
            self.cx.errors.at_value(name, message);
        }
        visit_mut::visit_pat_ident_mut(self, pat);
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        match &self.mode {
            Mode::Region(region) if region.resolves_in_place() => self.async_statements(block),
            Mode::Region(_) if scope::has_items(&block.stmts) => {
                let resolutions = self.in_scope(|walk| walk.statements(block));
                let at = scope::leading_items(&block.stmts);
                block.stmts.splice(at..at, resolutions);
            }
            Mode::Region(_) | Mode::Constant(_) => self.statements(block),
        }
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        let cfgs = match stmt {
            Stmt::Expr(expr, _) => cfg::leading_attrs(expr).map(|attrs| cfg::predicates(attrs)).unwrap_or_default(),
            Stmt::Local(Local { attrs, .. }) | Stmt::Macro(StmtMacro { attrs, .. }) => cfg::predicates(attrs),
            Stmt::Item(_) => Vec::new(),
        };
        self.under(cfgs, |walk| match stmt {
            Stmt::Macro(_) if walk.is_async() => walk.macro_stmt_in_async(stmt),
            _ => visit_mut::visit_stmt_mut(walk, stmt),
        });
    }

    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        let cfgs = cfg::predicates(&arm.attrs);
        self.under(cfgs, |walk| visit_mut::visit_arm_mut(walk, arm));
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        macros::rewrite(mac, self);
    }
}
