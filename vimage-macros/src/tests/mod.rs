//! Expansions, pretty-printed, per build; and the grammar of the options.

mod expansion;
mod options;

use proc_macro2::TokenStream;
use syn::visit_mut::{self, VisitMut};
use syn::{File, Item};

/// The items of one build, as they look once the runtime's switch has chosen.
fn show(arm: &str, expansion: TokenStream) -> String {
    let mut file: File = syn::parse2(expansion).expect("expansions are items");
    Switch { arm }.items(&mut file.items);
    prettyplease::unparse(&file)
}

struct Switch<'a> {
    arm: &'a str,
}

impl Switch<'_> {
    fn items(&mut self, items: &mut Vec<Item>) {
        *items = std::mem::take(items).into_iter().flat_map(|item| self.chosen(item)).collect();
        items.iter_mut().for_each(|item| self.visit_item_mut(item));
    }

    fn chosen(&self, item: Item) -> Vec<Item> {
        let Item::Macro(call) = &item else { return vec![item] };
        if call.mac.path.segments.last().is_none_or(|last| last.ident != "switch") {
            return vec![item];
        }
        let arm = arms(call.mac.tokens.clone()).find(|(name, _)| name == self.arm).expect("both arms are there");
        syn::parse2::<File>(arm.1).expect("an arm consists of items").items
    }
}

impl VisitMut for Switch<'_> {
    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        if let Some((_, items)) = &mut module.content {
            self.items(items);
        }
        visit_mut::visit_item_mod_mut(self, module);
    }
}

/// `plain { … } instances { … }`
fn arms(tokens: TokenStream) -> impl Iterator<Item = (String, TokenStream)> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let arm = |pair: &[proc_macro2::TokenTree]| match pair {
        [proc_macro2::TokenTree::Ident(name), proc_macro2::TokenTree::Group(items)] => (name.to_string(), items.stream()),
        _ => panic!("not an arm"),
    };
    tokens.chunks(2).map(arm).collect::<Vec<_>>().into_iter()
}

/// The messages of all errors in an expansion.
fn messages(expansion: TokenStream) -> Vec<String> {
    let file: File = syn::parse2(expansion).expect("errors are items");
    let message = |item: &Item| match item {
        Item::Macro(call) if call.mac.path.segments.last().is_some_and(|last| last.ident == "compile_error") => {
            Some(call.mac.parse_body::<syn::LitStr>().expect("a message is a string").value())
        }
        _ => None,
    };
    file.items.iter().filter_map(message).collect()
}
