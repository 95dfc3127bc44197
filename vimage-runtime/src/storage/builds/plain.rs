//! The default build: the statics as they were, so that nothing is stored here.

use crate::core::{AnyClass, InstanceOf};
use crate::storage::{Held, Virtualized};

/// Keeps the plain items.
#[doc(hidden)]
#[macro_export]
macro_rules! __switch {
    (plain { $($plain:tt)* } instances { $($instances:tt)* }) => { $($plain)* };
}

impl<T> Virtualized for T {
    type Value = T;
    type Class = AnyClass;

    #[inline(always)]
    fn with_current<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        f(self)
    }

    #[inline(always)]
    fn of<'a, I: InstanceOf<AnyClass>>(&'static self, _: &'a I) -> &'a T {
        self
    }

    fn held(&'static self) -> Held<T> {
        Held::forever(self)
    }

    fn held_of<I: InstanceOf<AnyClass>>(&'static self, _: &I) -> Held<T> {
        Held::forever(self)
    }
}
