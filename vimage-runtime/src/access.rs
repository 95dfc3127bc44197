//! How code that nobody annotated reaches a variable.

use crate::class::Class;
use crate::held::Held;
use crate::instance::Instance;

/// The methods of every virtualized variable, in each build; part of the [prelude](crate::prelude).
///
/// Virtualized code does not need them: a mention of `V_NAME` is the variable there. Not for `static mut`.
///
/// In the default build a `V_NAME` is a plain static, and this trait applies to every sized type.
pub trait Virtualized {
    /// The variable's type.
    type Value;

    /// Calls `f` with the variable of the current instance.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[vnet_module]
    /// # mod foo {
    /// #     use std::sync::atomic::AtomicU64;
    /// #     #[virtualized]
    /// #     pub static FOO_COUNTER: AtomicU64 = AtomicU64::new(7);
    /// # }
    /// # use std::sync::atomic::Ordering::Relaxed;
    /// let base = vimage::boot()?;
    /// let seen = base.enter(|| foo::V_FOO_COUNTER.with_current(|counter| counter.load(Relaxed)));
    /// assert_eq!(seen, 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// In the `vimage` build, where no instance of the class is current and the class does not fall back on the
    /// base instance, or where the module is not registered.
    fn with_current<R>(&self, f: impl FnOnce(&Self::Value) -> R) -> R;

    /// The variable of a named instance, without entering it. Borrows the handle.
    ///
    /// # Panics
    ///
    /// In the `vimage` build, if the module is not registered.
    fn of<'a, C: Class>(&'static self, instance: &'a Instance<C>) -> &'a Self::Value
    where
        Self: InClass<C>;

    /// The variable of the current instance, together with a handle that keeps this instance alive: for what
    /// outlives a function, or waits.
    ///
    /// # Panics
    ///
    /// As [`with_current`](Self::with_current), and while the instance is being destroyed.
    fn held(&'static self) -> Held<Self::Value>;

    /// [`held`](Self::held) of a named instance.
    ///
    /// # Panics
    ///
    /// As [`of`](Self::of).
    fn held_of<C: Class>(&'static self, instance: &Instance<C>) -> Held<Self::Value>
    where
        Self: InClass<C>;
}

/// Holds for each variable and the class it belongs to; for all classes where variables are plain statics.
///
/// # Safety
///
/// Implemented by the runtime only: an instance of `C` has the variable that `Self` is the accessor of.
#[diagnostic::on_unimplemented(
    message = "this variable is not of class `{C}`",
    label = "the variable belongs to another class than the instance",
    note = "use an instance of the class that the variable's module is declared with"
)]
pub unsafe trait InClass<C> {}

// SAFETY: `C` is the class of the variable's module.
#[cfg(any(feature = "vimage", feature = "static-struct"))]
unsafe impl<T, C, K> InClass<C> for crate::UseInVirtualizedCode<T, C, K> {}

#[cfg(not(any(feature = "vimage", feature = "static-struct")))]
mod plain {
    use super::{Class, Held, InClass, Instance, Virtualized};

    // SAFETY: there is one value, whatever the instance.
    unsafe impl<T, C> InClass<C> for T {}

    impl<T> Virtualized for T {
        type Value = T;

        #[inline(always)]
        fn with_current<R>(&self, f: impl FnOnce(&T) -> R) -> R {
            f(self)
        }

        #[inline(always)]
        fn of<'a, C: Class>(&'static self, _: &'a Instance<C>) -> &'a T {
            self
        }

        fn held(&'static self) -> Held<T> {
            Held::forever(self)
        }

        fn held_of<C: Class>(&'static self, _: &Instance<C>) -> Held<T> {
            Held::forever(self)
        }
    }
}
