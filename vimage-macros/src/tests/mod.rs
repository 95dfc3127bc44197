//! Expansions, pretty-printed, per build; and the grammar of the options.

mod expansion;
mod functions;
mod options;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{File, Item};

use crate::attr::{self, Ours};
use crate::pipeline::{self, Declares};

/// Does what rustc does with the one of our macros that an item is for.
fn expand(mut item: Item) -> TokenStream {
    if let Item::Macro(call) = item {
        let file_form = call.mac.path.is_ident("vnet_module");
        return if file_form {
            pipeline::in_file(Declares::Net, call.mac.tokens)
        } else {
            pipeline::class(call.mac.tokens)
        };
    }
    let attrs = attr::of_item(&mut item).expect("items have attributes");
    let ours = attrs.iter().position(|attr| !attr.path().is_ident("doc")).expect("one of them is ours");
    let ours = attrs.remove(ours);
    let args = attr::arguments(&ours).expect("arguments are in parentheses");
    let item = item.into_token_stream();
    match ours.path().require_ident().expect("it is a word").to_string().as_str() {
        "vnet_module" => pipeline::closed(Declares::Net, args, item),
        "vimage_module" => pipeline::closed(Declares::Any, args, item),
        "virtualized" => pipeline::open(Ours::Virtualized, args, item),
        "shared" => pipeline::open(Ours::Shared, args, item),
        "attach" => pipeline::open(Ours::Attach, args, item),
        other => panic!("`{other}` is not known here"),
    }
}

/// The items of one build, as they look once the runtime's switch has chosen.
fn show(arm: &str, expansion: TokenStream) -> String {
    prettyplease::unparse(&chosen(arm, expansion))
}

/// The same, as tokens.
fn arm(arm: &str, expansion: TokenStream) -> TokenStream {
    chosen(arm, expansion).into_token_stream()
}

fn chosen(arm: &str, expansion: TokenStream) -> File {
    let mut file: File = syn::parse2(expansion).expect("expansions are items");
    Switch { arm }.items(&mut file.items);
    file
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
        [proc_macro2::TokenTree::Ident(name), proc_macro2::TokenTree::Group(items)] => {
            (name.to_string(), items.stream())
        }
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
