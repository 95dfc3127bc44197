//! The `static-struct` build: the variables of a part are the fields of one static.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::core::{Handle, Header};
use crate::registry::Class;
use crate::storage::accessor::{Region, VariableEntry};
use crate::storage::kind;

/// The static that holds a part.
#[doc(hidden)]
#[macro_export]
macro_rules! __storage {
    ($module:path, $part:ident, $entry:ident, $initial:block, $($ignored:tt)*) => {
        #[allow(non_upper_case_globals)]
        static $entry: $crate::__private::Part<$part> = $crate::__private::Part::new($initial);
    };
}

/// One field of a part.
#[doc(hidden)]
#[macro_export]
macro_rules! __slot {
    (Raw $ty:ty, $init:expr) => {
        $crate::__private::slot::Raw::<$ty>::new($init, {
            #[allow(unused_imports)]
            use $crate::__private::slot::NeverDrops as _;
            $crate::__private::slot::Drops::<$ty>::CHOSEN
        })
    };
    ($kind:ident $ty:ty, $init:expr) => {
        $crate::__private::slot::$kind::<$ty>::new($init)
    };
}

/// A static of a part's struct.
#[doc(hidden)]
#[repr(transparent)]
#[derive(Debug)]
pub struct Part<P>(UnsafeCell<P>);

// SAFETY: the fields are reached through accessors only; those that give references are of types that `part!`
// asserts to be `Send + Sync`, and a `static mut` gives a raw pointer.
unsafe impl<P> Sync for Part<P> {}

impl<P> Part<P> {
    /// The initial values.
    pub const fn new(part: P) -> Self {
        Self(UnsafeCell::new(part))
    }
}

/// What is in a static is never dropped.
pub use crate::storage::slot::Scoped as Keep;

/// From the address of a `Keep<T>` to that of its value, which is the same.
#[inline(always)]
pub(in crate::storage) unsafe fn kept_value<T>(slot: *const T) -> *const T {
    slot
}

/// Where a variable is: a constant of this build.
#[derive(Debug)]
pub(in crate::storage) struct Place<T>(*const T);

#[expect(clippy::extra_unused_type_parameters, reason = "the interface of both builds")]
impl<T> Place<T> {
    /// # Safety
    ///
    /// A `T` lies at `field` in `P`.
    pub(in crate::storage) const unsafe fn new<P>(part: &'static Part<P>, field: usize) -> Self {
        // SAFETY: by contract the field is inside the part.
        Self(unsafe { part.0.get().cast_const().byte_add(field).cast() })
    }

    #[inline(always)]
    pub(in crate::storage) fn resolve<'r, C: Class, K>(self, _: &'static VariableEntry) -> Resolved<'r, T, K> {
        Resolved { slot: self.0, region: PhantomData, kind: PhantomData }
    }

    #[inline(always)]
    pub(in crate::storage) fn in_instance(self, _: NonNull<Header>, _: &'static VariableEntry) -> *const T {
        self.0
    }

    pub(in crate::storage) fn find(self, _: NonNull<Header>) -> Option<*const T> {
        Some(self.0)
    }

    #[inline(always)]
    pub(in crate::storage) fn in_current<C: Class>(self, _: &'static VariableEntry) -> *const T {
        self.0
    }

    /// No handle is needed: the value lies in a static.
    pub(in crate::storage) fn keep_current<C: Class>(self, _: &'static VariableEntry) -> Option<Handle> {
        None
    }
}

impl<T> Clone for Place<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Place<T> {}

/// A variable, found. Hidden in virtualized code, where it is made at the head of the region `'r`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Resolved<'r, T, K> {
    slot: *const T,
    region: PhantomData<&'r Region>,
    // Invariant in `T`, as the accessor.
    kind: PhantomData<fn(T) -> K>,
}

impl<T, K> Clone for Resolved<'_, T, K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T, K> Copy for Resolved<'_, T, K> {}

// SAFETY: it is a pointer; what it gives is `&T` of a `T` that is `Send + Sync`, or a raw pointer. That it does not
// leave its region is the contract of `resolve_in_region`; this is for the types of futures, in whose regions
// between two `.await`s it lies.
unsafe impl<T, K> Send for Resolved<'_, T, K> {}

impl<'r, T> Resolved<'r, T, kind::Scoped> {
    /// The value, for as long as the region lasts, as in the build with instances.
    #[inline(always)]
    pub fn get(self) -> &'r T {
        // SAFETY: it lies in a static and `part!` has asserted that it may be shared.
        unsafe { &*self.slot }
    }
}

impl<T> Resolved<'_, T, kind::Keep> {
    /// The value, for good.
    #[inline(always)]
    pub fn get(self) -> &'static T {
        // SAFETY: it lies in a static and `part!` has asserted that it may be shared.
        unsafe { &*self.slot }
    }
}

impl<T> Resolved<'_, T, kind::Raw> {
    /// The place of a `static mut`.
    #[inline(always)]
    pub fn get(self) -> *mut T {
        // It points into an `UnsafeCell`, so writing through it is the user's decision only.
        self.slot.cast_mut()
    }
}
