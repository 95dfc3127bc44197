//! A variable in a generic function. In the builds with instances rustc would speak of a struct that nobody wrote.

use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Expr, GenericParam, Generics, Ident, ImplItemFn, Item, ItemFn, ItemImpl, ItemStatic, ItemTrait, Path, TraitItemFn,
    Type, parse_quote,
};

use crate::attr::{Ours, Recognizer};
use crate::errors::Errors;

/// Reports such variables and takes the parameters out of them, so that rustc does not report them again.
pub(crate) fn check_and_repair(items: &mut [&mut Item], recognizer: Recognizer, errors: &Errors) {
    let mut check = GenericItems { recognizer, errors, parameters: Vec::new() };
    for item in items {
        check.visit_item_mut(item);
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

impl VisitMut for GenericItems<'_> {
    fn visit_item_mut(&mut self, item: &mut Item) {
        if !self.recognizer.is_declared_module(item) {
            visit_mut::visit_item_mut(self, item);
        }
    }

    fn visit_item_fn_mut(&mut self, function: &mut ItemFn) {
        let generics = function.sig.generics.clone();
        self.within(&generics, |check| visit_mut::visit_item_fn_mut(check, function));
    }

    fn visit_impl_item_fn_mut(&mut self, function: &mut ImplItemFn) {
        let generics = function.sig.generics.clone();
        self.within(&generics, |check| visit_mut::visit_impl_item_fn_mut(check, function));
    }

    fn visit_trait_item_fn_mut(&mut self, function: &mut TraitItemFn) {
        let generics = function.sig.generics.clone();
        self.within(&generics, |check| visit_mut::visit_trait_item_fn_mut(check, function));
    }

    fn visit_item_impl_mut(&mut self, item: &mut ItemImpl) {
        let generics = item.generics.clone();
        self.within(&generics, |check| visit_mut::visit_item_impl_mut(check, item));
    }

    fn visit_item_trait_mut(&mut self, item: &mut ItemTrait) {
        let generics = item.generics.clone();
        self.within(&generics, |check| visit_mut::visit_item_trait_mut(check, item));
    }

    fn visit_item_static_mut(&mut self, item: &mut ItemStatic) {
        if item.attrs.iter().any(|attr| self.recognizer.ours(attr) == Some(Ours::Virtualized)) {
            let mut mentioned = Mentioned { parameters: &self.parameters, found: None };
            mentioned.visit_type(&item.ty);
            if let Some(parameter) = mentioned.found {
                let message = format!(
                    "there is one `{}` per instance, and not one per `{parameter}`: keep what differs by it in a map",
                    item.ident
                );
                self.errors.at(parameter, message);
                Replace { parameters: &self.parameters }.visit_item_static_mut(item);
            }
        }
        visit_mut::visit_item_static_mut(self, item);
    }
}

/// Puts something in the place of parameters that is there without them.
struct Replace<'a> {
    parameters: &'a [Ident],
}

impl Replace<'_> {
    fn is_parameter(&self, path: &Path) -> bool {
        path.segments.first().is_some_and(|first| self.parameters.contains(&first.ident))
    }
}

impl VisitMut for Replace<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::Path(path) if path.qself.is_none() && self.is_parameter(&path.path) => *ty = parse_quote!(()),
            _ => visit_mut::visit_type_mut(self, ty),
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Path(path) if path.qself.is_none() && self.is_parameter(&path.path) => *expr = parse_quote!(0),
            _ => visit_mut::visit_expr_mut(self, expr),
        }
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
