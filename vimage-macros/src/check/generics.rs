//! A variable in a generic function. In the builds with instances rustc would speak of a struct that nobody wrote.

use syn::visit::{self, Visit};
use syn::{
    GenericParam, Generics, Ident, ImplItemFn, Item, ItemFn, ItemImpl, ItemStatic, ItemTrait, Path, TraitItemFn,
};

use crate::attr::{Ours, Recognizer};
use crate::errors::Errors;

pub(crate) fn check(items: &[&mut Item], recognizer: Recognizer, errors: &Errors) {
    let mut check = GenericItems { recognizer, errors, parameters: Vec::new() };
    for item in items {
        check.visit_item(item);
    }
}

struct GenericItems<'a> {
    recognizer: Recognizer<'a>,
    errors: &'a Errors,
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
        if item.attrs.iter().any(|attr| self.recognizer.ours(attr) == Some(Ours::Virtualized)) {
            let mut mentioned = Mentioned { parameters: &self.parameters, found: None };
            mentioned.visit_type(&item.ty);
            if let Some(parameter) = mentioned.found {
                let message = format!("there is one `{}` per instance, and not one per `{parameter}`", item.ident);
                self.errors.at(parameter, message);
            }
        }
        visit::visit_item_static(self, item);
    }
}

/// The first parameter that a type mentions.
struct Mentioned<'a> {
    parameters: &'a [Ident],
    found: Option<Ident>,
}

impl Visit<'_> for Mentioned<'_> {
    fn visit_path(&mut self, path: &Path) {
        let first = path.segments.first().filter(|first| self.parameters.contains(&first.ident));
        if let (None, Some(first)) = (&self.found, first) {
            self.found = Some(first.ident.clone());
        }
        visit::visit_path(self, path);
    }
}
