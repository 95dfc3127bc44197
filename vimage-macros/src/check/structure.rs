//! Items that hide something from vimage, or that cannot be expanded by a macro.

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMacro, ItemMod};

use crate::attr::Recognizer;
use crate::diagnostics::{self as problem, Diagnostics};
use crate::model::{Input, View};

pub(super) fn check(input: &Input, diagnostics: &Diagnostics) {
    let mut check = Structure { view: input.view, recognizer: Recognizer { krate: &input.krate }, diagnostics };
    input.items.iter().for_each(|(item, _)| check.visit_item(item));
}

struct Structure<'a> {
    view: View,
    recognizer: Recognizer<'a>,
    diagnostics: &'a Diagnostics,
}

impl Visit<'_> for Structure<'_> {
    fn visit_item(&mut self, item: &Item) {
        if !self.recognizer.is_declared_module(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &ItemMod) {
        let there = match self.view {
            View::Closed => Some("put `vimage::virtualize! { … }` around the contents of that file"),
            // Code of no module, or of one that is declared elsewhere.
            View::Open => Some("annotate the items in that file"),
            View::File => None,
        };
        if let (None, Some(there)) = (&module.content, there) {
            self.diagnostics.at(&module.ident, problem::out_of_line_module(&module.ident, there));
        }
        visit::visit_item_mod(self, module);
    }

    fn visit_item_macro(&mut self, item: &ItemMacro) {
        if let Some(export) = item.attrs.iter().find(|attr| attr.path().is_ident("macro_export")) {
            self.diagnostics.at(export.path(), problem::macro_export());
        }
        visit::visit_item_macro(self, item);
    }

    fn visit_attribute(&mut self, attr: &Attribute) {
        for name in self.recognizer.hidden(attr) {
            self.diagnostics.at(&name, problem::hidden_attribute(&name));
        }
    }
}
