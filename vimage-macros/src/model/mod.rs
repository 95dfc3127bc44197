//! The meaning of the input: the data that each stage behind the parser works on.

mod class;
mod exports;
mod function;
mod hook;
mod module;
mod variable;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Item, LitInt, Path, Token};

pub(crate) use self::class::Class;
pub(crate) use self::exports::Exports;
pub(crate) use self::function::{ShouldPanic, Test, TestPlace};
pub(crate) use self::hook::Hook;
pub(crate) use self::module::{Declaration, Form, Module};
pub(crate) use self::variable::{Part, StorageKind, Variable};
use crate::attr::options::{HookOptions, SharedOptions, VirtualizedOptions, runtime};
use crate::attr::{AttrKind, HookKind};
use crate::idents;

/// The builds that differ in their expansions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// The default build: each variable is the static that it was.
    Plain,
    /// The builds in which variables are fields.
    Instances,
}

/// How much of a module the macro sees. It checks what it sees.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// All of it, in an inline `mod`.
    Closed,
    /// All of it, except for what is in files of its own.
    File,
    /// One item.
    Open,
}

/// The input of a macro, parsed.
pub(crate) struct Input {
    pub(crate) view: View,
    pub(crate) krate: Path,
    /// Each item, and those of our attributes on it that are parsed already.
    pub(crate) items: Vec<(Item, Vec<ParsedAttr>)>,
    pub(crate) code: CodeOptions,
    /// All virtualized variables are symbols.
    pub(crate) symmap: bool,
    /// The module that the items are, if they are one.
    pub(crate) module: Option<Module>,
}

/// The options about the code in an item.
#[derive(Default)]
pub(crate) struct CodeOptions {
    /// Constants that are named like accessors.
    pub(crate) except: Vec<Ident>,
    /// Macros that evaluate their arguments in place.
    pub(crate) macros: Vec<Path>,
}

/// One of our attributes on an item.
pub(crate) struct ParsedAttr {
    pub(crate) options: AttrOptions,
    /// One of the options could not be read.
    pub(crate) broken: bool,
    /// The place to underline when there is no smaller token.
    pub(crate) span: Span,
}

/// An attribute with its options.
pub(crate) enum AttrOptions {
    Virtualized(VirtualizedOptions),
    Shared(SharedOptions),
    Hook(HookKind, HookOptions),
    /// Expanded by itself.
    Module,
}

impl ParsedAttr {
    pub(crate) fn kind(&self) -> AttrKind {
        match &self.options {
            AttrOptions::Virtualized(_) => AttrKind::Virtualized,
            AttrOptions::Shared(_) => AttrKind::Shared,
            AttrOptions::Hook(hook, _) => AttrKind::Hook(*hook),
            AttrOptions::Module => AttrKind::Module,
        }
    }

    /// The path of the runtime that it gives, or the usual one.
    pub(crate) fn runtime(&self) -> Path {
        match &self.options {
            AttrOptions::Virtualized(options) => runtime(options.krate.as_ref()),
            AttrOptions::Shared(options) => runtime(options.krate.as_ref()),
            AttrOptions::Hook(_, options) => runtime(options.krate.as_ref()),
            AttrOptions::Module => runtime(None),
        }
    }
}

/// Items without our attributes, with a [`Placeholder`] in place of each variable and behind each hook.
pub(crate) struct Extracted {
    pub(crate) krate: Path,
    pub(crate) view: View,
    pub(crate) items: Vec<Item>,
    pub(crate) placeholders: Vec<Placeholder>,
    pub(crate) code: CodeOptions,
}

/// Items that are ready to be expanded.
pub(crate) struct Source {
    pub(crate) krate: Path,
    /// The macro has not seen the module that they belong to.
    pub(crate) open: bool,
    pub(crate) arm: Arm,
    /// With virtualized code in the form of the arm.
    pub(crate) items: Vec<Item>,
    pub(crate) placeholders: Vec<Placeholder>,
}

/// The form that the items are expanded to.
#[derive(Clone, Copy)]
pub(crate) enum Arm {
    /// The default build.
    Plain,
    /// The builds in which variables are fields.
    Instances,
    /// What is left of an input with mistakes, with variables of a build. Code that was not rewritten has those of the
    /// default build.
    Recovered(Build),
}

/// The content of a place that was cut out of the items.
pub(crate) enum Placeholder {
    /// One of the variables of a part. The last one carries the part.
    Variable(Box<Variable>, Option<Part>),
    /// The registration of a hook, whose function has stayed in the items.
    Hook(Box<Hook>),
    /// The names of a shared variable, which has stayed in the items.
    Exports(Box<Exports>),
    /// Items that expand on their own.
    Foreign(TokenStream),
}

impl Placeholder {
    /// The item that marks the place of placeholder `index`: a number behind a semicolon. No item of a user, not even one
    /// that is no Rust, starts with a semicolon and goes on.
    pub(crate) fn marker(index: usize) -> Item {
        Item::Verbatim(quote!(; #index))
    }

    /// The index of the placeholder that `item` marks.
    pub(crate) fn index(item: &Item) -> Option<usize> {
        let Item::Verbatim(tokens) = item else { return None };
        let read = |input: ParseStream| {
            input.parse::<Token![;]>()?;
            input.parse::<LitInt>()?.base10_parse()
        };
        read.parse2(tokens.clone()).ok()
    }

    /// The accessor of a `static mut`.
    pub(crate) fn raw_accessor(&self) -> Option<Ident> {
        match self {
            Self::Variable(variable, _) if matches!(variable.kind, StorageKind::Raw(_)) => {
                Some(idents::accessor(&variable.ident))
            }
            _ => None,
        }
    }
}
