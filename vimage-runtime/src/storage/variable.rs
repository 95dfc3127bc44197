//! The name of a variable, for messages.

use crate::registry::{Module, ModuleEntry};

/// The name of a variable, for messages.
#[doc(hidden)]
#[cfg_attr(not(feature = "vimage"), expect(dead_code, reason = "without instances nothing goes wrong"))]
#[derive(Debug)]
pub struct VariableEntry {
    pub(crate) name: &'static str,
    pub(crate) module: &'static ModuleEntry,
}

impl VariableEntry {
    /// `name` with its `V_`.
    pub const fn new<M: Module>(name: &'static str) -> Self {
        Self { name, module: M::ENTRY }
    }
}
