//! The walk over items, bodies and expressions, which finds regions and the uses in them.

use std::mem;

use syn::visit_mut::{self, VisitMut};
use syn::{
    Arm, Attribute, Block, ConstParam, Expr, ExprAsync, ExprClosure, ExprConst, ExprMethodCall, ExprPath, ExprRepeat,
    ExprUnsafe, FieldValue, GenericArgument, ImplItem, ImplItemConst, ImplItemFn, Item, ItemConst, ItemFn, ItemMacro,
    ItemStatic, Local, Macro, Pat, PatGuard, PatIdent, ReturnType, Stmt, StmtMacro, Token, TraitItem, TraitItemConst,
    TraitItemFn, TypeArray, Variant, Visibility,
};

use super::region::{self, Lint, RegionKind};
use super::rewriter::{Mode, Purpose, Rewriter};
use super::{calls, cfg, constant};
use crate::attr::Recognizer;
use crate::diagnostics as problem;
use crate::parse::code::{accessor, unparsed};

impl VisitMut for Rewriter<'_> {
    fn visit_item_mut(&mut self, item: &mut Item) {
        // Verbatim items are placeholders. Items with one of our attributes are expanded by themselves.
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
        for unparsed::Found { name, captured } in unparsed::uses(&item.mac.tokens, &self.cx) {
            let problem = if captured {
                problem::captured(&name)
            } else {
                problem::macro_body(&name, defined, or_else(accessor::alternative(&name, &self.cx)))
            };
            self.cx.diagnostics.at(&name, problem);
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
        for found in unparsed::uses(&tokens, &self.cx).iter().filter(|found| !found.captured) {
            let help = or_else(accessor::alternative(&found.name, &self.cx));
            self.cx.diagnostics.at(&found.name, problem::attribute_argument(&found.name, help));
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
        if !accessor::is_left_alone(call, &self.cx) {
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
        match self.purpose {
            Purpose::Rewrite => self.async_block(&mut block.block, &ReturnType::Default),
            Purpose::Check => _ = self.block(RegionKind::Sync, &mut block.block, &ReturnType::Default),
        }
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
        if accessor::is_accessor(name, &self.cx) {
            self.cx.diagnostics.at_value(name, problem::pattern(name));
        }
        visit_mut::visit_pat_ident_mut(self, pat);
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        match &self.mode {
            Mode::Region(region) if region.resolves_in_place() => self.async_statements(block),
            Mode::Region(_) if region::has_items(&block.stmts) => {
                let resolutions = self.in_scope(|walk| walk.statements(block));
                let at = region::leading_items(&block.stmts);
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
        calls::rewrite(mac, self);
    }
}

/// The start of a help that names a second way.
fn or_else(alternative: Option<String>) -> String {
    alternative.map_or_else(String::new, |alternative| format!("{alternative}, or "))
}
