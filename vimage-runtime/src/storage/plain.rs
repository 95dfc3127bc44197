//! The default build: the statics as they were, so that nothing is stored here.

/// What the macros of this build are called in `vimage_macros`.
pub(crate) mod macros {
    pub use vimage_macros::{
        plain_attach as attach, plain_detach as detach, plain_module as module, plain_quiesce as quiesce,
        plain_shared as shared, plain_vcpu_module as vcpu_module, plain_virtualize as virtualize,
        plain_virtualized as virtualized, plain_vnet_module as vnet_module, plain_vprocg_module as vprocg_module,
    };
}
