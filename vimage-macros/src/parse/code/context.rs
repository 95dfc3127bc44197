//! The data that reading and rewriting virtualized code depends on.

use syn::{Ident, Path};

use crate::diagnostics::Diagnostics;

/// The options that are about the code, and where mistakes in it are reported.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The runtime crate: `::vimage` unless `crate = …` says otherwise.
    pub(crate) krate: &'a Path,
    /// Constants of the user's that start with `V_`.
    pub(crate) except: &'a [Ident],
    /// The accessors of those that are a `static mut`, as far as they can be seen.
    pub(crate) raw: &'a [Ident],
    /// Macros of which the user says that they evaluate their arguments in place.
    pub(crate) macros: &'a [Path],
    /// Names that the items around the code define or import, so that they are no macros of the standard library.
    pub(crate) redefined: &'a [Ident],
    pub(crate) diagnostics: &'a Diagnostics,
}
