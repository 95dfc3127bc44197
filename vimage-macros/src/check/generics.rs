//! Variables in generic functions. In the builds with instances, rustc's own error would be about a generated struct.

use syn::visit::{self, Visit};
use syn::{
    GenericParam, Generics, Ident, ImplItemFn, Item, ItemFn, ItemImpl, ItemStatic, ItemTrait, Path, TraitItemFn,
};

use crate::attr::{AttrKind, Recognizer};
use crate::diagnostics::{self as problem, Diagnostics};
use crate::model::Input;
use crate::repair::Corrections;

/// Reports variables whose types are generic.
pub(super) fn check(input: &Input, corrections: &mut Corrections, diagnostics: &Diagnostics) {
    let recognizer = Recognizer { krate: &input.krate };
    let mut check = GenericItems { recognizer, diagnostics, corrections, parameters: Vec::new() };
    input.items.iter().for_each(|(item, _)| check.visit_item(item));
}

struct GenericItems<'a> {
    recognizer: Recognizer<'a>,
    diagnostics: &'a Diagnostics,
    corrections: &'a mut Corrections,
    /// Of the functions, impls and traits around.
    parameters: Vec<Ident>,
}

impl GenericItems<'_> {
    fn within(&mut self, generics: &Generics, visit: impl FnOnce(&mut Self)) {
        let outside = self.parameters.len();
        self.parameters.extend(generics.params.iter().filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(parameter.ident.clone()),
            GenericParam::Const(parameter) => Some(parameter.ident.clone()),
            _ => None,
        }));
        visit(self);
        self.parameters.truncate(outside);
    }
}

impl Visit<'_> for GenericItems<'_> {
    fn visit_item(&mut self, item: &Item) {
        if !self.recognizer.is_declared_module(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, function: &ItemFn) {
        self.within(&function.sig.generics, |check| visit::visit_item_fn(check, function));
    }

    fn visit_impl_item_fn(&mut self, function: &ImplItemFn) {
        self.within(&function.sig.generics, |check| visit::visit_impl_item_fn(check, function));
    }

    fn visit_trait_item_fn(&mut self, function: &TraitItemFn) {
        self.within(&function.sig.generics, |check| visit::visit_trait_item_fn(check, function));
    }

    fn visit_item_impl(&mut self, item: &ItemImpl) {
        self.within(&item.generics, |check| visit::visit_item_impl(check, item));
    }

    fn visit_item_trait(&mut self, item: &ItemTrait) {
        self.within(&item.generics, |check| visit::visit_item_trait(check, item));
    }

    fn visit_item_static(&mut self, item: &ItemStatic) {
        if item.attrs.iter().any(|attr| self.recognizer.kind(attr) == Some(AttrKind::Virtualized)) {
            let mut used = UsedParameter { parameters: &self.parameters, found: None };
            used.visit_type(&item.ty);
            if let Some(parameter) = used.found {
                self.diagnostics.at(&parameter, problem::generic_variable(&parameter));
                self.corrections.generic(item, &self.parameters);
            }
        }
        visit::visit_item_static(self, item);
    }
}

/// The first parameter that a type uses.
struct UsedParameter<'a> {
    parameters: &'a [Ident],
    found: Option<Ident>,
}

impl Visit<'_> for UsedParameter<'_> {
    fn visit_path(&mut self, path: &Path) {
        let first = path.segments.first().filter(|first| self.parameters.contains(&first.ident));
        if let (None, Some(first)) = (&self.found, first) {
            self.found = Some(first.ident.clone());
        }
        visit::visit_path(self, path);
    }
}
