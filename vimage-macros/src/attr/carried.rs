//! Attributes that are not ours: their names, and which ones can follow a variable to its new form.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::quote;
use syn::Attribute;

/// The name of an attribute, found behind `unsafe(…)` and `cfg_attr(…)` as well.
pub(crate) struct Name {
    pub(super) path: Vec<Ident>,
}

impl Name {
    pub(super) fn is(&self, name: &str) -> bool {
        self.path.len() == 1 && self.path[0] == name
    }

    pub(crate) fn last(&self) -> &Ident {
        &self.path[self.path.len() - 1]
    }

    /// Why it cannot follow a static that becomes one value per instance, as the end of a message.
    pub(crate) fn obstacle(&self) -> Option<&'static str> {
        const TOOLS: &[&str] = &["clippy", "diagnostic", "miri", "rust_analyzer", "rustfmt"];
        const CARRIED: &[&str] = &["allow", "cfg", "deny", "deprecated", "doc", "expect", "forbid", "warn"];
        let first = self.path.first()?.to_string();
        if self.path.len() > 1 {
            return (!TOOLS.contains(&first.as_str())).then_some("");
        }
        match first.as_str() {
            "no_mangle" | "export_name" | "linkage" => Some(": there is one symbol per program, not one per instance"),
            "link_section" => Some(": the values of instances are allocated, and not laid out by the linker"),
            "used" => Some(": it keeps one static in the program, and there is a value per instance"),
            "virtualized" | "shared" => Some(": write it on the `thread_local!`; where they differ, write two of them"),
            "thread_local" => Some(": for a value per instance and thread write `#[virtualized] thread_local!`"),
            "global_allocator" => Some(": there is one allocator per program"),
            known if CARRIED.contains(&known) => None,
            _ => Some(""),
        }
    }
}

/// What `attr` comes to: its own name, or those in the `cfg_attr` that it is.
pub(crate) fn names(attr: &Attribute) -> Vec<Name> {
    let meta = &attr.meta;
    let mut found = Vec::new();
    collect(quote!(#meta), &mut found);
    found
}

fn collect(attribute: TokenStream, found: &mut Vec<Name>) {
    let mut path = Vec::new();
    let mut content = TokenStream::new();
    for token in attribute {
        match token {
            TokenTree::Ident(segment) => path.push(segment),
            TokenTree::Punct(punct) if punct.as_char() == ':' => {}
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                content = group.stream();
                break;
            }
            _ => break,
        }
    }
    match path.first() {
        Some(name) if path.len() == 1 && name == "unsafe" => collect(content, found),
        Some(name) if path.len() == 1 && name == "cfg_attr" => {
            for attribute in comma_separated(content).skip(1) {
                collect(attribute, found);
            }
        }
        Some(_) => found.push(Name { path }),
        None => {}
    }
}

fn comma_separated(tokens: TokenStream) -> impl Iterator<Item = TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => parts.push(TokenStream::new()),
            token => parts.last_mut().expect("there is always one").extend([token]),
        }
    }
    parts.into_iter()
}
