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

    /// Why it cannot follow a static that becomes one value per instance.
    pub(crate) fn obstacle(&self) -> Option<Obstacle> {
        const TOOLS: &[&str] = &["clippy", "diagnostic", "miri", "rust_analyzer", "rustfmt"];
        const CARRIED: &[&str] = &["allow", "cfg", "deny", "deprecated", "doc", "expect", "forbid", "warn"];
        let first = self.path.first()?.to_string();
        if self.path.len() > 1 {
            return (!TOOLS.contains(&first.as_str())).then_some(UNKNOWN);
        }
        match first.as_str() {
            "no_mangle" | "export_name" | "linkage" => {
                Some(Obstacle { why: ": there is one symbol per program, and a value per instance", ..UNKNOWN })
            }
            "link_section" => Some(Obstacle {
                why: ": the values of instances are allocated, and not laid out by the linker",
                ..UNKNOWN
            }),
            "used" => Some(Obstacle {
                why: ": it keeps one static in the program, and there is a value per instance",
                ..UNKNOWN
            }),
            "virtualized" | "shared" => Some(Obstacle {
                why: " of a `thread_local!`",
                help: "write it above the macro; where the decisions differ, write two macros",
            }),
            "thread_local" => Some(Obstacle {
                why: ", which is one per instance",
                help: "write `#[virtualized] thread_local! { … }` for a value per instance and thread",
            }),
            "global_allocator" => Some(Obstacle { why: ": there is one allocator per program", ..UNKNOWN }),
            known if CARRIED.contains(&known) => None,
            _ => Some(UNKNOWN),
        }
    }
}

/// Attributes of other crates that are known to make statics, which hold state: of mockall, cached, memoize, rstest.
const MAKING_STATICS: &[&str] = &["automock", "cached", "concurrent_cached", "io_cached", "memoize", "once"];

/// The attribute that makes statics that vimage cannot see, also inside a `cfg_attr`.
pub(crate) fn making_statics(attrs: &[Attribute]) -> Option<Ident> {
    let known = |name: &Name| MAKING_STATICS.iter().any(|known| name.last() == known);
    attrs.iter().flat_map(names).find(known).map(|name| name.last().clone())
}

/// Why an attribute cannot be on a variable, as the end of a message, and what to write.
pub(crate) struct Obstacle {
    pub(crate) why: &'static str,
    pub(crate) help: &'static str,
}

const UNKNOWN: Obstacle = Obstacle { why: "", help: "remove it, or make the static `#[shared]`" };

/// The name of `attr`, or the names inside the `cfg_attr` that it is.
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
