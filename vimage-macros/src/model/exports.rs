//! The names by which tools reach a variable.

use syn::{Attribute, Expr, Ident, Path};

use crate::attr::options::Sysctl;

/// The names by which tools reach a variable.
pub(crate) struct Exports {
    /// The type that stands for the module it belongs to, as a path that is valid at this place.
    pub(crate) module_path: Path,
    pub(crate) ident: Ident,
    pub(crate) cfgs: Vec<Attribute>,
    /// The lines of its documentation.
    pub(crate) docs: Vec<Expr>,
    /// It is a static in each build.
    pub(crate) shared: bool,
    /// It is a `static mut`.
    pub(crate) raw: bool,
    pub(crate) sysctl: Option<Sysctl>,
    pub(crate) symbol: bool,
}
