//! The types of the fields of a part, by kind.

use std::cell::UnsafeCell;
use std::mem::ManuallyDrop;

use super::kind;

/// Dropped with the part.
#[repr(transparent)]
pub struct Scoped<T>(T);

impl<T> Scoped<T> {
    pub const fn new(value: T) -> Self {
        Self(value)
    }
}

/// Mutable through a raw pointer. Dropped with the part where that may happen on any thread; as nothing is known
/// of the thread that ends an instance, a value that is not `Send` is never dropped, as that of a static is not.
#[repr(C)]
pub struct Raw<T> {
    value: UnsafeCell<ManuallyDrop<T>>,
    drops: Drops<T>,
}

impl<T> Raw<T> {
    pub const fn new(value: T, drops: Drops<T>) -> Self {
        Self { value: UnsafeCell::new(ManuallyDrop::new(value)), drops }
    }
}

impl<T> Drop for Raw<T> {
    fn drop(&mut self) {
        if let Drops(Some(drop)) = self.drops {
            drop(self.value.get_mut());
        }
    }
}

/// Decides whether a value is dropped with its part: `Drops::<T>::CHOSEN` is the inherent constant where `T` is `Send`,
/// else that of [`NeverDrops`], which must be in scope.
pub struct Drops<T>(Option<fn(&mut ManuallyDrop<T>)>);

impl<T: Send> Drops<T> {
    pub const CHOSEN: Self = Self(Some(|value| {
        // SAFETY: called once, from the `Drop` of the slot, which does not use the value afterwards.
        unsafe { ManuallyDrop::drop(value) }
    }));
}

/// See [`Drops`].
pub trait NeverDrops: Sized {
    const CHOSEN: Self;
}

impl<T> NeverDrops for Drops<T> {
    const CHOSEN: Self = Self(None);
}

/// The wrapper of a field of type `T` whose variable is of kind `K`.
///
/// # Safety
///
/// A pointer to the wrapper is what `Place<T>` of that kind expects.
#[doc(hidden)]
pub unsafe trait Slot<T, K> {}

// SAFETY: a transparent wrapper, read as its content.
unsafe impl<T> Slot<T, kind::Scoped> for Scoped<T> {}
// SAFETY: starts with an `UnsafeCell` of the value, of which only raw pointers are made.
unsafe impl<T> Slot<T, kind::Raw> for Raw<T> {}
