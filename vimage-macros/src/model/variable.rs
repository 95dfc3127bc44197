//! Variables, and the parts that they are stored in.

use syn::{Attribute, Expr, Ident, LitStr, Path, Token, Type, Visibility};

use super::Exports;

/// A virtualized variable.
pub(crate) struct Variable {
    /// The user's attributes that follow the variable, [`Variable::cfgs`] among them.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) static_token: Token![static],
    pub(crate) kind: StorageKind,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// The type of the field, in which no lifetime is elided.
    pub(crate) field_ty: Type,
    pub(crate) init: Expr,
    /// The initializer of the field, with the closures in it as virtualized code.
    pub(crate) field_init: Expr,
    /// The name in tables for people, if it is not that of the accessor.
    pub(crate) label: Option<LitStr>,
    /// The names by which tools reach it.
    pub(crate) exports: Option<Exports>,
}

/// How the value of a variable is stored.
#[derive(Clone, Copy)]
pub(crate) enum StorageKind {
    /// One value per instance.
    Scoped,
    /// One value per instance that is never dropped.
    Keep,
    /// A `static mut`.
    Raw(Token![mut]),
    /// One value per instance and thread.
    ThreadLocal,
}

impl StorageKind {
    /// The `mut` of a `static mut`.
    pub(crate) fn mutability(self) -> Option<Token![mut]> {
        match self {
            Self::Raw(token) => Some(token),
            Self::Scoped | Self::Keep | Self::ThreadLocal => None,
        }
    }
}

/// The storage of the variables of one scope. A macro between two of them ends a part: it could change the meaning of
/// the tokens of a type.
pub(crate) struct Part {
    /// The type that stands for the module it belongs to, as a path that is valid at this place.
    pub(crate) module_path: Path,
    /// The class of that module, where a path is known that leads to it from this place.
    pub(crate) class: Option<Path>,
    pub(crate) name: Ident,
    pub(crate) entry: Ident,
    /// The placeholders of its variables, in source order.
    pub(crate) variables: Vec<usize>,
}
