//! The methods by which code without an annotation reaches a variable.

use super::held::Held;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
use crate::core::Handle;
use crate::core::HasInstances;

/// The methods of every virtualized variable, in each build; part of the [prelude](crate::prelude).
///
/// Virtualized code does not need them: `V_NAME` is the variable there. They are not for `static mut`.
///
/// In the default build a `V_NAME` is a plain static, and this trait applies to every sized type.
///
/// ```
/// use std::sync::atomic::Ordering::Relaxed;
/// use vimage::prelude::*;
///
/// #[vimage::module]
/// mod counter {
///     use std::sync::atomic::AtomicU32;
///     use vimage::prelude::*;
///
///     #[virtualized]
///     pub static HITS: AtomicU32 = AtomicU32::new(0);
/// }
///
/// // This code is not virtualized.
/// counter::V_HITS.with_current(|hits| hits.fetch_add(1, Relaxed));
/// let base = vimage::boot()?;
/// assert_eq!(counter::V_HITS.of(&base).load(Relaxed), 1);
/// # Ok::<(), vimage::BootError>(())
/// ```
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
    /// The variable cannot leave the closure:
    ///
    /// ```compile_fail
    /// # use vimage::prelude::*;
    /// # #[vnet_module]
    /// # mod foo {
    /// #     use std::sync::atomic::AtomicU64;
    /// #     #[virtualized]
    /// #     pub static FOO_COUNTER: AtomicU64 = AtomicU64::new(7);
    /// # }
    /// # use std::sync::atomic::Ordering::Relaxed;
    /// let leaked = foo::V_FOO_COUNTER.with_current(|counter| counter);
    /// ```
    ///
    /// # Panics
    ///
    /// In the `vimage` build, where no instance of the class is current and the class does not fall back on the
    /// base instance, or where the module is not registered.
    fn with_current<R>(&self, f: impl FnOnce(&Self::Value) -> R) -> R;

    /// The variable of a named instance, without entering it. Borrows the handle.
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
    /// let base = Vnet::base()?;
    /// assert_eq!(foo::V_FOO_COUNTER.of(&base).load(Relaxed), 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// The reference lives no longer than the handle:
    ///
    /// ```compile_fail,E0505
    /// # use vimage::prelude::*;
    /// # #[vnet_module]
    /// # mod foo {
    /// #     use std::sync::atomic::AtomicU64;
    /// #     #[virtualized]
    /// #     pub static FOO_COUNTER: AtomicU64 = AtomicU64::new(7);
    /// # }
    /// # use std::sync::atomic::Ordering::Relaxed;
    /// let base = Vnet::base().unwrap();
    /// let counter = foo::V_FOO_COUNTER.of(&base);
    /// drop(base);
    /// counter.load(Relaxed);
    /// ```
    ///
    /// # Panics
    ///
    /// In the `vimage` build, if the module is not registered.
    fn of<'a, I: HasInstances>(&'static self, instance: &'a I) -> &'a Self::Value
    where
        Self: VariableOf<I>;

    /// The variable of the current instance, together with a handle that keeps this instance alive: for what
    /// outlives a function, or waits.
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
    /// let counter = Vnet::base()?.enter(|| foo::V_FOO_COUNTER.held());
    /// assert_eq!(std::thread::spawn(move || counter.load(Relaxed)).join().unwrap(), 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`with_current`](Self::with_current), and while the instance is being destroyed.
    fn held(&'static self) -> Held<Self::Value>;

    /// [`held`](Self::held) of a named instance.
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
    /// let counter = foo::V_FOO_COUNTER.held_of(&Vnet::base()?); // keeps the instance alive
    /// assert_eq!(counter.load(Relaxed), 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`of`](Self::of).
    fn held_of<I: HasInstances>(&'static self, instance: &I) -> Held<Self::Value>
    where
        Self: VariableOf<I>;
}

/// Holds for each variable and what has an instance of its class.
///
/// # Safety
///
/// The instance has the variable that `Self` is the accessor of.
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub unsafe trait VariableOf<I> {
    fn handle(instance: &I) -> &Handle;
}

/// Holds for each variable and whatever has instances.
#[cfg(not(any(feature = "vimage", feature = "static-struct")))]
pub trait VariableOf<I> {}
