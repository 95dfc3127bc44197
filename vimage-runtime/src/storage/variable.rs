//! What is said of a variable in messages, and where to look for it again. Each build makes it in its own way.

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

#[cfg(feature = "vimage")]
impl VariableEntry {
    pub(super) fn module(&self) -> &'static ModuleEntry {
        self.part.module()
    }
}
