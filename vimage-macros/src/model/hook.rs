//! Hooks.

use proc_macro2::Span;
use syn::{Attribute, Path, Signature};

use crate::attr::HookKind;

/// A function that the runtime calls at a moment in the life of an instance.
pub(crate) struct Hook {
    pub(crate) kind: HookKind,
    /// The type that stands for the module it belongs to, as a path that is valid at this place.
    pub(crate) module_path: Path,
    pub(crate) cfgs: Vec<Attribute>,
    /// The attribute, for messages.
    pub(crate) attr: Span,
    pub(crate) signature: Signature,
}
