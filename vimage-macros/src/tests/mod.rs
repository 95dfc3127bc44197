//! Expansions, pretty-printed, per build; and the grammar of the options.

mod errors;
mod expansion;
mod functions;
mod options;
mod size;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{File, Item};

use crate::attr::{self, AttrKind, HookKind};
use crate::driver;
use crate::model::Build;
use crate::parse::ModuleAttr;

/// Does what rustc does with the one of our macros that an item is for.
fn expand(build: Build, mut item: Item) -> TokenStream {
    if let Item::Macro(call) = item {
        let file_form = call.mac.path.segments.last().is_some_and(|last| last.ident == "virtualize");
        return if file_form { driver::file(build, call.mac.tokens) } else { driver::class(call.mac.tokens) };
    }
    let attrs = attr::of_item(&mut item).expect("items have attributes");
    let ours = attrs.iter().position(|attr| !attr.path().is_ident("doc")).expect("one of them is ours");
    let ours = attrs.remove(ours);
    let args = attr::arguments(&ours).expect("arguments are in parentheses");
    let item = item.into_token_stream();
    match ours.path().segments.last().expect("it has a name").ident.to_string().as_str() {
        "vnet_module" => driver::module(build, ModuleAttr::Net, args, item),
        "module" => driver::module(build, ModuleAttr::Any, args, item),
        "virtualized" => driver::item(build, AttrKind::Virtualized, args, item),
        "shared" => driver::item(build, AttrKind::Shared, args, item),
        "attach" => driver::item(build, AttrKind::Hook(HookKind::Attach), args, item),
        other => panic!("`{other}` is not known here"),
    }
}

/// The items that are expanded.
fn show(expansion: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(expansion).expect("expansions are items"))
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
