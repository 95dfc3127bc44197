//! What the input means, free of the mistakes that it may have had: the expansion cannot fail on it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Attribute, Expr, Item, ItemMod, LitStr, Path, Signature, Token, Type, Visibility};

use crate::args::{Dependency, Options};
use crate::expand::Arm;
use crate::names;

/// The declaration of a module, with the items that belong to it.
pub(crate) struct Module {
    pub(crate) declaration: Declaration,
    pub(crate) form: Form,
    pub(crate) source: Source,
}

/// What the runtime learns of a module.
pub(crate) struct Declaration {
    pub(crate) krate: Path,
    pub(crate) class: Path,
    /// The last segment of the Rust module's path where there is none.
    pub(crate) name: Option<LitStr>,
    pub(crate) depends_on: Vec<Dependency>,
    pub(crate) after: Vec<LitStr>,
    pub(crate) manual: bool,
}

impl Declaration {
    pub(crate) fn new(options: Options, class: Path) -> Self {
        Self {
            krate: options.krate(),
            class,
            name: options.name,
            depends_on: options.depends_on,
            after: options.after,
            manual: options.manual,
        }
    }
}

/// Where the items of a module stand.
pub(crate) enum Form {
    /// In an inline `mod`, whose items have been taken out.
    Closed(Box<ItemMod>),
    /// Between the braces of `virtualize! { … }`.
    File,
}

/// Items with a [`Slot`] where each variable was, and after each hook.
pub(crate) struct Source {
    pub(crate) krate: Path,
    /// The macro has not seen the module that they belong to.
    pub(crate) open: bool,
    pub(crate) arm: Arm,
    /// Without our attributes; virtualized code as the arm has it.
    pub(crate) items: Vec<Item>,
    pub(crate) slots: Vec<Slot>,
}

/// What stands at one of the places that have been cut out of the items.
pub(crate) enum Slot {
    /// One of the variables of a part. The last one carries the part.
    Variable(Box<Variable>, Option<Part>),
    /// The registration of a hook, whose function has stayed in the items.
    Hook(Box<Hook>),
    /// The names of a shared variable, which has stayed in the items.
    Names(Box<Names>),
    /// Items that expand on their own.
    Foreign(TokenStream),
}

impl Slot {
    /// The item that marks the place of slot `index`. A lone number is nothing that syn takes for an item of
    /// the user's.
    pub(crate) fn marker(index: usize) -> Item {
        Item::Verbatim(quote!(#index))
    }

    /// The accessor of a `static mut`.
    pub(crate) fn raw_accessor(&self) -> Option<Ident> {
        match self {
            Self::Variable(variable, _) if matches!(variable.kind, Kind::Raw(_)) => {
                Some(names::accessor(&variable.ident))
            }
            _ => None,
        }
    }

    /// The index of the slot that `item` marks.
    pub(crate) fn index(item: &Item) -> Option<usize> {
        let Item::Verbatim(tokens) = item else { return None };
        syn::parse2::<syn::LitInt>(tokens.clone()).ok()?.base10_parse().ok()
    }
}

/// The storage of the variables of one scope, as far as no macro stands between them that could change what
/// the tokens of a type mean.
pub(crate) struct Part {
    /// The type that stands for the module it belongs to, as a path that is valid at this place.
    pub(crate) home: Path,
    pub(crate) name: Ident,
    pub(crate) entry: Ident,
    /// The slots of its variables, in source order.
    pub(crate) variables: Vec<usize>,
}

pub(crate) struct Variable {
    /// Those of the user's that follow the variable, [`Variable::cfgs`] among them.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) static_token: Token![static],
    pub(crate) kind: Kind,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) init: Expr,
    /// The initializer with the closures in it as virtualized code.
    pub(crate) virtualized_init: Expr,
    /// By which tools reach it.
    pub(crate) names: Option<Names>,
}

/// The names by which tools reach a variable.
pub(crate) struct Names {
    /// The type that stands for the module it belongs to, as a path that is valid at this place.
    pub(crate) home: Path,
    pub(crate) ident: Ident,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) docs: Vec<Expr>,
    /// It is a static in each build.
    pub(crate) shared: bool,
    /// It is a `static mut`.
    pub(crate) raw: bool,
    pub(crate) sysctl: Option<Sysctl>,
    pub(crate) symbol: bool,
}

/// What the option `sysctl(…)` says. Those of its options that a message may be about come with their names.
#[derive(Clone)]
pub(crate) struct Sysctl {
    pub(crate) name: LitStr,
    /// `ro` or `rw`.
    pub(crate) access: Option<Ident>,
    pub(crate) tunable: Option<Ident>,
    pub(crate) base_only: Option<(Ident, bool)>,
    pub(crate) range: Option<(Ident, Expr)>,
    pub(crate) unit: Option<LitStr>,
    pub(crate) handler: Option<Path>,
}

impl Sysctl {
    /// Whether it can be set at any time.
    pub(crate) fn is_settable(&self) -> bool {
        self.access.as_ref().is_some_and(|access| access == "rw")
    }

    /// Whether the variable is written at all.
    pub(crate) fn is_written(&self) -> bool {
        self.is_settable() || self.tunable.is_some()
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// One value per instance.
    Scoped,
    /// One value per instance that is never dropped.
    Keep,
    /// A `static mut`.
    Raw(Token![mut]),
    /// One value per instance and thread.
    ThreadLocal,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HookKind {
    Attach,
    Quiesce,
    Detach,
}

pub(crate) struct Hook {
    pub(crate) kind: HookKind,
    pub(crate) home: Path,
    pub(crate) cfgs: Vec<Attribute>,
    /// The attribute, for messages.
    pub(crate) mark: Span,
    pub(crate) signature: Signature,
}

/// A class of the user's.
pub(crate) struct Class {
    pub(crate) krate: Path,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) no_context_is_base: bool,
}

impl HookKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Attach => "attach",
            Self::Quiesce => "quiesce",
            Self::Detach => "detach",
        }
    }

    pub(crate) fn with_article(self) -> &'static str {
        match self {
            Self::Attach => "an `#[attach]`",
            Self::Quiesce => "a `#[quiesce]`",
            Self::Detach => "a `#[detach]`",
        }
    }
}
