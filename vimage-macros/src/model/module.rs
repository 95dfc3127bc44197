//! A module: its declaration, and the entry that the runtime gets.

use syn::{ItemMod, LitStr, Path};

use crate::attr::options::{Dependency, ModuleOptions};

/// A module without its items.
pub(crate) struct Module {
    pub(crate) declaration: Declaration,
    pub(crate) form: Form,
}

/// The data that the runtime gets about a module.
pub(crate) struct Declaration {
    pub(crate) class: Path,
    /// Without one, it is the last segment of the Rust module's path.
    pub(crate) name: Option<LitStr>,
    pub(crate) depends_on: Vec<Dependency>,
    pub(crate) after: Vec<LitStr>,
    pub(crate) manual: bool,
}

impl Declaration {
    pub(crate) fn new(class: Path, options: ModuleOptions) -> Self {
        Self {
            class,
            name: options.name.map(|given| given.value.0),
            depends_on: options.depends_on.map_or_else(Vec::new, |given| given.value.0),
            after: options.after.map_or_else(Vec::new, |given| given.value.0),
            manual: options.register.is_some(),
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
