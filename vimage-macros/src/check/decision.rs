//! In a module, each `static` that can change needs a decision: virtualized or shared.

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Attribute, ForeignItemStatic, Ident, ImplItemFn, Item, ItemFn, ItemForeignMod, ItemImpl, ItemMacro, ItemMod,
    ItemStatic, ItemTrait, Macro, StaticMutability, StmtMacro, Type,
};

use crate::attr::{self, AttrKind, Recognizer};
use crate::diagnostics::{self as problem, Diagnostics};
use crate::idents;
use crate::model::Input;
use crate::parse::code::unparsed::has_word;
use crate::parse::{is_thread_local, thread_local_names};
use crate::repair::Corrections;

pub(super) fn check(input: &Input, corrections: &mut Corrections, diagnostics: &Diagnostics) {
    let mut check = Decisions { input, recognizer: Recognizer { krate: &input.krate }, corrections, diagnostics };
    input.items.iter().for_each(|(item, _)| check.visit_item(item));
}

struct Decisions<'a> {
    input: &'a Input,
    recognizer: Recognizer<'a>,
    corrections: &'a mut Corrections,
    diagnostics: &'a Diagnostics,
}

impl Decisions<'_> {
    fn decided(&self, attrs: &[Attribute]) -> bool {
        let decides = |attr| matches!(self.recognizer.kind(attr), Some(AttrKind::Virtualized | AttrKind::Shared));
        attrs.iter().any(|attr| decides(attr) || !self.recognizer.hidden(attr).is_empty())
    }

    /// Whether the module uses the accessor of a static, so that rustc would report that there is none.
    fn is_used_as_variable(&self, name: &Ident) -> bool {
        let accessor = idents::accessor(name).to_string();
        self.input.items.iter().any(|(item, _)| has_word(&item.to_token_stream(), &[&accessor]))
    }

    fn static_(&mut self, item: &ItemStatic) {
        if self.decided(&item.attrs) {
            return;
        }
        self.diagnostics.at(&item.ident, problem::undecided(&item.ident));
        if self.is_used_as_variable(&item.ident) {
            self.corrections.undecided(item);
        }
    }

    /// Asks about an attribute of another crate.
    fn made(&self, attrs: &[Attribute]) {
        let is_shared = |attr| self.recognizer.kind(attr) == Some(AttrKind::Shared);
        if let Some(name) = attr::making_statics(attrs).filter(|_| !attrs.iter().any(is_shared)) {
            self.diagnostics.at(&name, problem::undecided_attribute(&name));
        }
    }

    fn thread_local(&mut self, attrs: &[Attribute], mac: &Macro) {
        if self.decided(attrs) {
            return;
        }
        self.diagnostics.at(&mac.path, problem::undecided_thread_local());
        if thread_local_names(mac).iter().any(|name| self.is_used_as_variable(name)) {
            self.corrections.undecided_macro(mac);
        }
    }
}

impl Visit<'_> for Decisions<'_> {
    fn visit_item(&mut self, item: &Item) {
        if !self.recognizer.is_declared_module(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &ItemFn) {
        self.made(&item.attrs);
        visit::visit_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &ItemImpl) {
        self.made(&item.attrs);
        visit::visit_item_impl(self, item);
    }

    fn visit_item_trait(&mut self, item: &ItemTrait) {
        self.made(&item.attrs);
        visit::visit_item_trait(self, item);
    }

    fn visit_item_mod(&mut self, item: &ItemMod) {
        self.made(&item.attrs);
        visit::visit_item_mod(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &ImplItemFn) {
        self.made(&item.attrs);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_static(&mut self, item: &ItemStatic) {
        if matches!(item.mutability, StaticMutability::Mut(_)) || !plainly_immutable(&item.ty) {
            self.static_(item);
        }
        visit::visit_item_static(self, item);
    }

    fn visit_item_foreign_mod(&mut self, foreign: &ItemForeignMod) {
        if !self.decided(&foreign.attrs) {
            visit::visit_item_foreign_mod(self, foreign);
        }
    }

    fn visit_foreign_item_static(&mut self, item: &ForeignItemStatic) {
        if !self.decided(&item.attrs) {
            self.diagnostics.at(&item.ident, problem::undecided_foreign(&item.ident));
        }
    }

    fn visit_item_macro(&mut self, item: &ItemMacro) {
        if is_thread_local(&item.mac) {
            self.thread_local(&item.attrs, &item.mac);
        } else if makes_items_unseen(item) && !self.decided(&item.attrs) {
            let name = &item.mac.path.segments[item.mac.path.segments.len() - 1].ident;
            self.diagnostics.at(&item.mac.path, problem::undecided_macro(name));
        }
    }

    fn visit_stmt_macro(&mut self, stmt: &StmtMacro) {
        if is_thread_local(&stmt.mac) {
            self.thread_local(&stmt.attrs, &stmt.mac);
        }
    }
}

/// Definitions of macros make no items, and neither do those that are known.
fn makes_items_unseen(item: &ItemMacro) -> bool {
    let name = item.mac.path.segments.last().map(|last| last.ident.to_string());
    item.ident.is_none() && !matches!(name.as_deref(), Some("compile_error" | "class" | "by_text"))
}

/// Whether a value of this type never changes, by the names of its types alone.
fn plainly_immutable(ty: &Type) -> bool {
    match ty {
        Type::Array(array) => plainly_immutable(&array.elem),
        Type::Slice(slice) => plainly_immutable(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().all(plainly_immutable),
        Type::Reference(reference) => reference.mutability.is_none() && plainly_immutable(&reference.elem),
        Type::Paren(inner) => plainly_immutable(&inner.elem),
        Type::Group(inner) => plainly_immutable(&inner.elem),
        Type::Path(path) => {
            path.qself.is_none()
                && path.path.get_ident().is_some_and(|name| PRIMITIVES.iter().any(|known| name == known))
        }
        _ => false,
    }
}

const PRIMITIVES: &[&str] = &[
    "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128", "u16", "u32", "u64", "u8",
    "usize",
];
