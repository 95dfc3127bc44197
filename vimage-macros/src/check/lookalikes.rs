//! Items that are named like virtualized variables and are none. Uses of the two could not be told apart.

use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{
    ConstParam, Fields, ForeignItemFn, ForeignItemStatic, Ident, ImplItemConst, ImplItemFn, Item, ItemConst, ItemFn,
    ItemStatic, ItemStruct, Signature, TraitItemConst, TraitItemFn, Variant,
};

use crate::diagnostics as problem;
use crate::idents::ACCESSOR;
use crate::parse::code::Context;
use crate::parse::code::accessor::is_accessor;

/// Reports such definitions, and hands back their names.
pub(super) fn check(items: &[Item], cx: &Context) -> Vec<Ident> {
    let mut finder = Finder { cx, found: Vec::new() };
    items.iter().for_each(|item| finder.visit_item(item));
    for name in &finder.found {
        cx.diagnostics.at(name, problem::lookalike(name));
    }
    finder.found
}

struct Finder<'a> {
    cx: &'a Context<'a>,
    found: Vec<Ident>,
}

impl Finder<'_> {
    /// The name of something that an expression can name by a path.
    fn name(&mut self, name: &Ident) {
        if is_accessor(name, self.cx) && name.unraw().to_string().starts_with(ACCESSOR) {
            self.found.push(name.clone());
        }
    }

    fn function(&mut self, sig: &Signature) {
        if sig.receiver().is_none() {
            self.name(&sig.ident);
        }
    }
}

impl Visit<'_> for Finder<'_> {
    fn visit_item_const(&mut self, item: &ItemConst) {
        self.name(&item.ident);
        visit::visit_item_const(self, item);
    }

    fn visit_item_static(&mut self, item: &ItemStatic) {
        self.name(&item.ident);
        visit::visit_item_static(self, item);
    }

    fn visit_item_fn(&mut self, item: &ItemFn) {
        self.function(&item.sig);
        visit::visit_item_fn(self, item);
    }

    fn visit_item_struct(&mut self, item: &ItemStruct) {
        if !matches!(item.fields, Fields::Named(_)) {
            self.name(&item.ident);
        }
        visit::visit_item_struct(self, item);
    }

    fn visit_variant(&mut self, variant: &Variant) {
        if !matches!(variant.fields, Fields::Named(_)) {
            self.name(&variant.ident);
        }
        visit::visit_variant(self, variant);
    }

    fn visit_const_param(&mut self, param: &ConstParam) {
        self.name(&param.ident);
        visit::visit_const_param(self, param);
    }

    fn visit_foreign_item_static(&mut self, item: &ForeignItemStatic) {
        self.name(&item.ident);
    }

    fn visit_foreign_item_fn(&mut self, item: &ForeignItemFn) {
        self.function(&item.sig);
    }

    fn visit_impl_item_const(&mut self, item: &ImplItemConst) {
        self.name(&item.ident);
        visit::visit_impl_item_const(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &ImplItemFn) {
        self.function(&item.sig);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_const(&mut self, item: &TraitItemConst) {
        self.name(&item.ident);
        visit::visit_trait_item_const(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &TraitItemFn) {
        self.function(&item.sig);
        visit::visit_trait_item_fn(self, item);
    }
}
