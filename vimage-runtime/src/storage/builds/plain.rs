//! The default build: the statics as they were, so that nothing is stored here.

use crate::core::HasInstances;
use crate::storage::access::{VariableOf, Virtualized};
use crate::storage::held::Held;

/// The macros of this build, by their names in `vimage_macros`.
pub(crate) mod macros {
    pub use vimage_macros::{
        plain_attach as attach, plain_detach as detach, plain_module as module, plain_quiesce as quiesce,
        plain_shared as shared, plain_vcpu_module as vcpu_module, plain_virtualize as virtualize,
        plain_virtualized as virtualized, plain_vnet_module as vnet_module, plain_vprocg_module as vprocg_module,
    };
}

impl<T, I> VariableOf<I> for T {}

impl<T> Virtualized for T {
    type Value = T;

    #[inline(always)]
    fn with_current<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        f(self)
    }

    #[inline(always)]
    fn of<'a, I: HasInstances>(&'static self, _: &'a I) -> &'a T
    where
        T: VariableOf<I>,
    {
        self
    }

    fn held(&'static self) -> Held<T> {
        Held::forever(self)
    }

    fn held_of<I: HasInstances>(&'static self, _: &I) -> Held<T>
    where
        T: VariableOf<I>,
    {
        Held::forever(self)
    }
}
