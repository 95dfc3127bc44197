//! Classes.

use syn::{Attribute, Ident, Path, Visibility};

use crate::attr::options::NoContext;

/// A class of the user's.
pub(crate) struct Class {
    pub(crate) krate: Path,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) no_context: NoContext,
}
