//! Attributes: which ones are ours, and which ones can follow a variable to its new form.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::quote;
use syn::{AttrStyle, Attribute, Item, Meta, Path, UseTree};

use crate::args::Syntax;

/// One of our attributes, by what it is written on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ours {
    Virtualized,
    Shared,
    Attach,
    Quiesce,
    Detach,
    /// Declares a module on its own.
    Module,
}

impl Ours {
    pub(crate) fn syntax(self) -> Option<Syntax> {
        match self {
            Self::Virtualized => Some(Syntax::VIRTUALIZED),
            Self::Shared => Some(Syntax::SHARED),
            Self::Attach => Some(Syntax::ATTACH),
            Self::Quiesce => Some(Syntax::QUIESCE),
            Self::Detach => Some(Syntax::DETACH),
            Self::Module => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Virtualized => "virtualized",
            Self::Shared => "shared",
            Self::Attach => "attach",
            Self::Quiesce => "quiesce",
            Self::Detach => "detach",
            Self::Module => "module",
        }
    }

    /// The message for one on `what`.
    pub(crate) fn misplaced(self, what: &str) -> String {
        let right = match self {
            Self::Virtualized => "a `static`, a `thread_local!`, a function, an impl, a trait or an inline module",
            Self::Shared => "a `static`, a `thread_local!` or a macro that makes statics",
            Self::Attach | Self::Quiesce | Self::Detach => "a free function",
            Self::Module => "an inline module",
        };
        format!("`#[{}]` goes on {right}, not on {what}", self.name())
    }

    pub(crate) fn excludes(self, other: Self) -> bool {
        matches!((self, other), (Self::Virtualized, Self::Shared) | (Self::Shared, Self::Virtualized))
            || (self != other && self.is_hook() && other.is_hook())
    }

    fn is_hook(self) -> bool {
        matches!(self, Self::Attach | Self::Quiesce | Self::Detach)
    }

    fn named(name: &Ident) -> Option<Self> {
        match name.to_string().as_str() {
            "virtualized" => Some(Self::Virtualized),
            "shared" => Some(Self::Shared),
            "attach" => Some(Self::Attach),
            "quiesce" => Some(Self::Quiesce),
            "detach" => Some(Self::Detach),
            "module" | "vnet_module" | "vcpu_module" | "vprocg_module" => Some(Self::Module),
            _ => None,
        }
    }
}

/// Tells our attributes from others of the same name: they stand alone, or behind the path of the runtime.
#[derive(Clone, Copy)]
pub(crate) struct Recognizer<'a> {
    pub(crate) krate: &'a Path,
}

impl Recognizer<'_> {
    pub(crate) fn ours(self, attr: &Attribute) -> Option<Ours> {
        self.named(attr.path().segments.iter().map(|segment| &segment.ident))
    }

    /// Whether an item is a module of its own, which is left to itself wherever it stands.
    pub(crate) fn is_declared_module(self, item: &Item) -> bool {
        matches!(item, Item::Mod(module) if module.attrs.iter().any(|attr| self.ours(attr) == Some(Ours::Module)))
    }

    /// One of ours in a `cfg_attr`, where nobody sees it.
    pub(crate) fn hidden(self, attr: &Attribute) -> Vec<Ident> {
        if !attr.path().is_ident("cfg_attr") {
            return Vec::new();
        }
        let ours = |name: &Name| self.named(name.path.iter()).is_some();
        names(attr).into_iter().filter(ours).filter_map(|mut name| name.path.pop()).collect()
    }

    fn named<'i>(self, path: impl DoubleEndedIterator<Item = &'i Ident>) -> Option<Ours> {
        let runtime = self.krate.segments.last().map(|last| &last.ident);
        let mut outwards = path.rev();
        let ours = Ours::named(outwards.next()?)?;
        let mut outwards = outwards.peekable();
        (outwards.peek().is_none() || outwards.any(|segment| Some(segment) == runtime)).then_some(ours)
    }

    /// Takes our attributes out of `attrs`, and those that hide one: they are reported.
    pub(crate) fn take(self, attrs: &mut Vec<Attribute>) -> Vec<(Ours, Attribute)> {
        let mut taken = Vec::new();
        attrs.retain(|attr| {
            let ours = self.ours(attr);
            taken.extend(ours.map(|ours| (ours, attr.clone())));
            ours.is_none() && self.hidden(attr).is_empty()
        });
        taken
    }
}

/// Whether one of our attributes could come into scope through this import.
pub(crate) fn may_be_imported(tree: &UseTree) -> bool {
    match tree {
        UseTree::Path(path) => may_be_imported(&path.tree),
        UseTree::Name(name) => Ours::named(&name.ident).is_some(),
        UseTree::Rename(name) => Ours::named(&name.rename).is_some(),
        UseTree::Glob(_) => true,
        UseTree::Group(group) => group.items.iter().any(may_be_imported),
    }
}

/// The tokens between the parentheses of an attribute.
pub(crate) fn arguments(attr: &Attribute) -> syn::Result<TokenStream> {
    match &attr.meta {
        Meta::Path(_) => Ok(TokenStream::new()),
        Meta::List(list) => Ok(list.tokens.clone()),
        Meta::NameValue(value) => {
            let message = "expected the options of this attribute in parentheses";
            Err(syn::Error::new_spanned(value.eq_token, message))
        }
    }
}

/// The attributes that decide whether an item is there.
pub(crate) fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| names(attr).iter().any(|name| name.is("cfg"))).cloned().collect()
}

pub(crate) fn outer(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| matches!(attr.style, AttrStyle::Outer))
}

pub(crate) fn inner(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| matches!(attr.style, AttrStyle::Inner(_)))
}

/// The name of an attribute, found behind `unsafe(…)` and `cfg_attr(…)` as well.
pub(crate) struct Name {
    path: Vec<Ident>,
}

impl Name {
    fn is(&self, name: &str) -> bool {
        self.path.len() == 1 && self.path[0] == name
    }

    pub(crate) fn last(&self) -> &Ident {
        &self.path[self.path.len() - 1]
    }

    /// Why it cannot follow a static that becomes one value per instance.
    pub(crate) fn obstacle(&self) -> Option<&'static str> {
        const TOOLS: &[&str] = &["clippy", "diagnostic", "miri", "rust_analyzer", "rustfmt"];
        const CARRIED: &[&str] = &["allow", "cfg", "deny", "deprecated", "doc", "expect", "forbid", "warn"];
        let first = self.path.first()?.to_string();
        if self.path.len() > 1 {
            return (!TOOLS.contains(&first.as_str())).then_some(UNKNOWN);
        }
        match first.as_str() {
            "no_mangle" | "export_name" | "linkage" => {
                Some("a symbol is one per program, and a virtualized variable is one value per instance")
            }
            "link_section" => Some("a section is laid out by the linker, and the values of instances are allocated"),
            "used" => Some("it keeps one static in the program, and a virtualized variable is one value per instance"),
            "virtualized" | "shared" => {
                Some("it goes on the `thread_local!` itself; where the decisions differ, write two of them")
            }
            "thread_local" => {
                Some("for one value per instance and thread write `#[virtualized] thread_local! { static … }`")
            }
            "global_allocator" => Some("there is one allocator per program"),
            known if CARRIED.contains(&known) => None,
            _ => Some(UNKNOWN),
        }
    }
}

const UNKNOWN: &str = "vimage does not know what it would do to one value per instance";

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

/// The attributes of an item, where it has any.
pub(crate) fn of_item(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    Some(match item {
        Item::Const(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::ExternCrate(item) => &mut item.attrs,
        Item::Fn(item) => &mut item.attrs,
        Item::ForeignMod(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        Item::Macro(item) => &mut item.attrs,
        Item::Mod(item) => &mut item.attrs,
        Item::Static(item) => &mut item.attrs,
        Item::Struct(item) => &mut item.attrs,
        Item::Trait(item) => &mut item.attrs,
        Item::TraitAlias(item) => &mut item.attrs,
        Item::Type(item) => &mut item.attrs,
        Item::Union(item) => &mut item.attrs,
        Item::Use(item) => &mut item.attrs,
        _ => return None,
    })
}
