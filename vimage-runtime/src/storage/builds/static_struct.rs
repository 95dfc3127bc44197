//! The `static-struct` build: the variables of a part are the fields of one static.

use std::cell::UnsafeCell;
use std::ptr::NonNull;

use crate::core::{Handle, Header};
use crate::registry::{Class, Module};
use crate::storage::kind::{self, Shared};
use crate::storage::slot::Slot;
use crate::storage::variable::VariableEntry;

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

impl VariableEntry {
    /// Nothing: without instances nothing goes wrong.
    pub const fn new<P>(_: &'static str, _: &'static Part<P>) -> Self {
        Self {}
    }
}

/// Values in statics are never dropped.
pub use crate::storage::slot::Scoped as Keep;

impl Shared for kind::Keep {
    #[inline(always)]
    unsafe fn value<T>(slot: *const T) -> *const T {
        slot
    }
}

// SAFETY: the same as `Scoped`, since the values of statics are never dropped.
unsafe impl<T> Slot<T, kind::Keep> for Keep<T> {}

/// Where a variable is: a constant of this build.
#[derive(Debug)]
pub(in crate::storage) struct Place<T>(*const T);

#[expect(clippy::extra_unused_type_parameters, reason = "the interface of both builds")]
impl<T> Place<T> {
    /// # Safety
    ///
    /// A `T` lies at `field` in `P`.
    pub(in crate::storage) const unsafe fn new<M: Module, P>(part: &'static Part<P>, field: usize) -> Self {
        // SAFETY: by contract the field is inside the part.
        Self(unsafe { part.0.get().cast_const().byte_add(field).cast() })
    }

    /// Resolves the variable at the head of a region.
    #[inline(always)]
    pub(in crate::storage) fn look_up<C: Class>(self, _: &'static VariableEntry) -> Found<T> {
        self
    }

    /// The same beside other variables.
    #[inline(always)]
    pub(in crate::storage) fn look_up_beside<C: Class>(self, _: FoundPart, _: &'static VariableEntry) -> Found<T> {
        self
    }

    #[inline(always)]
    pub(in crate::storage) fn part(self) -> FoundPart {
        FoundPart(())
    }

    #[inline(always)]
    pub(in crate::storage) fn slot(self) -> *const T {
        self.0
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

    #[inline(always)]
    pub(in crate::storage) fn hold_at_once<C: Class>(self) -> Option<(*const T, Option<Handle>)> {
        Some((self.0, None))
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

/// No part is looked up.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct FoundPart(());

/// There is always something to find.
pub(in crate::storage) type Found<T> = Place<T>;
