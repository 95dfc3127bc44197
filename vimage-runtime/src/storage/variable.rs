//! What is said of a variable in messages, and where to look for it again.

use super::builds::Part;
#[cfg(feature = "vimage")]
use crate::registry::{ModuleEntry, PartEntry};

/// The name of a variable, and its part.
#[doc(hidden)]
#[derive(Debug)]
pub struct VariableEntry {
    #[cfg(feature = "vimage")]
    pub(super) name: &'static str,
    #[cfg(feature = "vimage")]
    pub(super) part: &'static PartEntry,
}

impl VariableEntry {
    /// `name` with its `V_`.
    #[cfg(feature = "vimage")]
    pub const fn new<P>(name: &'static str, part: &'static Part<P>) -> Self {
        Self { name, part: part.entry() }
    }

    /// Nothing: without instances nothing goes wrong.
    #[cfg(not(feature = "vimage"))]
    pub const fn new<P>(_: &'static str, _: &'static Part<P>) -> Self {
        Self {}
    }

    #[cfg(feature = "vimage")]
    pub(super) fn module(&self) -> &'static ModuleEntry {
        self.part.module()
    }
}
