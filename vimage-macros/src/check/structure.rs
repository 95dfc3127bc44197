//! Items that hide something from us, or that do not survive being passed through the runtime's switch.

use syn::visit::{self, Visit};
use syn::{Attribute, Ident, Item, ItemMacro, ItemMod};

use super::View;
use crate::attr::Recognizer;
use crate::errors::Errors;

pub(crate) fn check(items: &[&mut Item], view: View, of: &'static str, recognizer: Recognizer, errors: &Errors) {
    let mut check = Structure { view, of, recognizer, errors };
    for item in items {
        check.visit_item(item);
    }
}

/// What to do about a module that is in a file of its own; `of` is the bearer of the attribute.
pub(crate) fn out_of_line(module: &Ident, of: &str) -> String {
    let there = match of {
        // Code of no module, or of one that is declared elsewhere.
        "virtualized" => "annotate the items in that file".to_owned(),
        _ => "put `vimage::virtualize! { … }` around the contents of that file".to_owned(),
    };
    format!("`mod {module};` is in a file that an attribute cannot see; {there}, or write `mod {module} {{ … }}` here")
}

struct Structure<'a> {
    view: View,
    of: &'static str,
    recognizer: Recognizer<'a>,
    errors: &'a Errors,
}

impl Visit<'_> for Structure<'_> {
    fn visit_item(&mut self, item: &Item) {
        if !self.recognizer.is_declared_module(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &ItemMod) {
        if module.content.is_none() && self.view != View::File {
            let message = out_of_line(&module.ident, self.of);
            self.errors.at(&module.ident, message);
        }
        visit::visit_item_mod(self, module);
    }

    fn visit_item_macro(&mut self, item: &ItemMacro) {
        if let Some(export) = item.attrs.iter().find(|attr| attr.path().is_ident("macro_export")) {
            self.errors.at(
                export.path(),
                "a macro that is made by a macro cannot be exported by path; move it out of the module",
            );
        }
        visit::visit_item_macro(self, item);
    }

    fn visit_attribute(&mut self, attr: &Attribute) {
        for name in self.recognizer.hidden(attr) {
            let message = format!(
                "`{name}` cannot be decided by a `cfg_attr`, because macros run before it; write the item twice, under \
                 `#[cfg(…)]` and `#[cfg(not(…))]`"
            );
            self.errors.at(&name, message);
        }
    }
}
