//! Accessors: the type of a `V_` name in the builds with parts.

use std::marker::PhantomData;
use std::ptr::NonNull;

use super::access::{VariableOf, Virtualized};
use super::bounds::Checked;
use super::builds::{FoundPart, Part, Place};
use super::held::Held;
use super::kind;
use super::region::IsRegion;
use super::resolved::Resolved;
use super::slot::Slot;
use super::variable::VariableEntry;
use crate::core::{Handle, HasInstances, Header, InstanceOf};
use crate::registry::{Class, Module};

/// The accessor of a virtualized variable: what `V_NAME` is outside virtualized code.
///
/// In code under [`#[virtualized]`](crate::virtualized), or inside a module, `V_NAME` denotes the
/// variable itself. Any other code reaches it with the methods of [`Virtualized`]:
/// `V_NAME.with_current(|v| …)`, `V_NAME.of(&instance)`, `V_NAME.held()`.
///
/// `T` is the variable's type, `C` its class, `K` its [`kind`].
pub struct UseInVirtualizedCode<T, C, K = kind::Scoped> {
    variable: &'static VariableEntry,
    place: Place<T>,
    // Invariant in `T`: what is written to a `static mut` of type `&'static str` has to live that long.
    marker: PhantomData<fn(T) -> (C, K)>,
}

impl<T, C, K> Clone for UseInVirtualizedCode<T, C, K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T, C, K> Copy for UseInVirtualizedCode<T, C, K> {}

// SAFETY: a `V_NAME` is a constant, which each thread can name by itself: what a thread can do with one that it was sent, it
// can do anyway. What it gives out is checked where the variable is declared (`bounds`).
unsafe impl<T, C, K> Send for UseInVirtualizedCode<T, C, K> {}
// SAFETY: as above; it is `Copy`.
unsafe impl<T, C, K> Sync for UseInVirtualizedCode<T, C, K> {}

impl<T, C: Class, K> UseInVirtualizedCode<T, C, K> {
    /// Called by `part!`. `S` is the field's wrapper in the part `P` of the module `M`, of which rustc checks here that
    /// it has the class `C`: the macros write the class as the user wrote it, which is what people then read.
    ///
    /// # Safety
    ///
    /// `part` is the storage of `P`, of the module `M`; at `field` in it lies what `projection` returns, which
    /// wraps a `T` as the kind `K` says. `checked` is from the assertion of that kind.
    #[doc(hidden)]
    pub const unsafe fn new<M: Module<Class = C>, P, S: Slot<T, K>>(
        variable: &'static VariableEntry,
        part: &'static Part<P>,
        field: usize,
        _projection: fn(&P) -> *const S,
        _checked: Checked<T>,
    ) -> Self {
        // SAFETY: by contract.
        let place = unsafe { Place::new::<M, P>(part, field) };
        Self { variable, place, marker: PhantomData }
    }

    /// Resolves the variable in the current instance, for a region of virtualized code.
    ///
    /// It only loads; the check is in `Resolved::get`, at the use.
    ///
    /// # Safety
    ///
    /// `region` must be a local of the function or closure body that this is called in, and that body must borrow it
    /// mutably between this call and the next `await`. Between the two no other instance may be left that was entered
    /// before this call.
    #[doc(hidden)]
    #[inline(always)]
    pub unsafe fn resolve_in_region<R: IsRegion>(self, _region: &R) -> Resolved<'_, T, K> {
        Resolved::new(self.place.look_up::<C>(self.variable))
    }

    /// The same beside another variable, which was resolved right before.
    ///
    /// # Safety
    ///
    /// As [`resolve_in_region`](Self::resolve_in_region), and nothing was entered, left or awaited since `other` was
    /// resolved.
    #[doc(hidden)]
    #[inline(always)]
    pub unsafe fn resolve_beside<R: IsRegion>(self, _region: &R, other: FoundPart) -> Resolved<'_, T, K> {
        Resolved::new(self.place.look_up_beside::<C>(other, self.variable))
    }

    /// The slot in an instance of the class `C`, if it has the variable.
    pub(crate) fn find(self, instance: NonNull<Header>) -> Option<*const T> {
        self.place.find(instance)
    }
}

// SAFETY: `C` is the class of the variable's module, or stands for it.
unsafe impl<T, C: Class, K, I: InstanceOf<C::Itself>> VariableOf<I> for UseInVirtualizedCode<T, C, K> {
    #[inline(always)]
    fn handle(instance: &I) -> &Handle {
        instance.member()
    }
}

impl<T: Send + Sync + 'static, C: Class, K: kind::Shared> Virtualized for UseInVirtualizedCode<T, C, K> {
    type Value = T;

    #[inline]
    #[track_caller]
    fn with_current<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        let slot = self.place.in_current::<C>(self.variable);
        // SAFETY: the slot is in the current instance, which is not destroyed before this returns: contexts nest.
        f(unsafe { &*K::value(slot) })
    }

    #[inline]
    #[track_caller]
    fn of<'a, I: HasInstances>(&'static self, instance: &'a I) -> &'a T
    where
        Self: VariableOf<I>,
    {
        let slot = self.place.in_instance(Self::handle(instance).as_ptr(), self.variable);
        // SAFETY: the slot lives as long as the instance, which the handle keeps alive.
        unsafe { &*K::value(slot) }
    }

    #[inline]
    #[track_caller]
    fn held(&'static self) -> Held<T> {
        match self.place.hold_at_once::<C>() {
            // SAFETY: the slot lives as long as the instance of the handle, or for ever where there is none.
            Some((slot, instance)) => unsafe { Held::new(K::value(slot), instance) },
            None => held_slowly(self),
        }
    }

    #[track_caller]
    fn held_of<I: HasInstances>(&'static self, instance: &I) -> Held<T>
    where
        Self: VariableOf<I>,
    {
        let handle = Self::handle(instance);
        let slot = self.place.in_instance(handle.as_ptr(), self.variable);
        // SAFETY: the slot lives as long as the instance of the handle.
        unsafe { Held::new(K::value(slot), Some(handle.clone())) }
    }
}

/// `held` where there is no current instance, or it does not have the variable, or is being destroyed.
#[cold]
#[inline(never)]
#[track_caller]
fn held_slowly<T, C: Class, K: kind::Shared>(variable: &UseInVirtualizedCode<T, C, K>) -> Held<T> {
    let slot = variable.place.in_current::<C>(variable.variable);
    let instance = variable.place.keep_current::<C>(variable.variable);
    // SAFETY: as above.
    unsafe { Held::new(K::value(slot), instance) }
}
