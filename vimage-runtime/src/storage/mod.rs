//! Where the values of virtualized variables live: one implementation per build.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;

mod bounds;
#[cfg(feature = "vimage")]
mod cold;
#[cfg(feature = "vimage")]
mod instances;
#[cfg(feature = "vimage")]
mod resolved;
#[cfg(feature = "vimage")]
use instances as build;

#[cfg(all(feature = "static-struct", not(feature = "vimage")))]
mod static_struct;
#[cfg(all(feature = "static-struct", not(feature = "vimage")))]
use static_struct as build;

#[cfg(any(feature = "vimage", feature = "static-struct"))]
mod accessor;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
mod part;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
mod recovered;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub mod suspended;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub use accessor::UseInVirtualizedCode;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
#[doc(hidden)]
pub use {
    accessor::{Region, VariableEntry},
    build::{Part, Resolved},
    part::accessor,
    recovered::Recovered,
};

#[cfg(not(any(feature = "vimage", feature = "static-struct")))]
mod plain;

#[cfg(feature = "vimage")]
pub use build::{PartEntry, drop_of, kept};

#[cfg(not(feature = "vimage"))]
mod absent;
#[cfg(not(feature = "vimage"))]
pub use absent::PartEntry;

/// One variable of a part.
#[doc(hidden)]
#[derive(Debug)]
pub struct FieldEntry {
    pub name: &'static str,
    pub offset: usize,
    pub size: usize,
    pub kept: bool,
    /// Drops the slot at this address, if there is something to drop.
    pub drop: Option<unsafe fn(*mut u8)>,
}

/// The constant bytes that a value starts from, copied once per instance.
///
/// In an `UnsafeCell` so that a large array of zeros ends up in `.bss` and not in the file.
#[doc(hidden)]
#[repr(transparent)]
#[derive(Debug)]
pub struct Template<T>(UnsafeCell<MaybeUninit<T>>);

// SAFETY: no safe code reaches the value; the runtime only reads its bytes.
unsafe impl<T> Sync for Template<T> {}

impl<T> Template<T> {
    /// A value that is never used itself, nor dropped.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(MaybeUninit::new(value)))
    }

    #[cfg(feature = "vimage")]
    pub(crate) const fn as_ptr(&self) -> *const T {
        self.0.get().cast_const().cast()
    }
}

/// The ways a variable is stored and reached; the third parameter of an accessor.
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub mod kind {
    /// Lives with its instance; a mention gives a reference that ends with its region.
    #[derive(Clone, Copy, Debug)]
    pub enum Scoped {}
    /// Made with its instance and never freed; a mention gives a `&'static` reference.
    #[derive(Clone, Copy, Debug)]
    pub enum Keep {}
    /// A `static mut`; a mention is a place behind a raw pointer.
    #[derive(Clone, Copy, Debug)]
    pub enum Raw {}

    /// The kinds that give references.
    pub(crate) trait Shared {
        /// From the address of the slot to that of the value.
        ///
        /// # Safety
        ///
        /// `slot` is the address of a live slot of this kind that wraps a `T`.
        unsafe fn value<T>(slot: *const T) -> *const T;
    }

    impl Shared for Scoped {
        #[inline(always)]
        unsafe fn value<T>(slot: *const T) -> *const T {
            slot
        }
    }

    impl Shared for Keep {
        #[inline(always)]
        unsafe fn value<T>(slot: *const T) -> *const T {
            #[cfg(feature = "vimage")]
            // SAFETY: by contract a `slot::Keep<T>` lies there.
            let slot = unsafe { (*slot.cast::<super::slot::Keep<T>>()).value() };
            slot
        }
    }
}

/// The bounds of a variable by its kind.
#[doc(hidden)]
#[allow(non_snake_case, reason = "named after the kinds")]
pub mod assert {
    use std::marker::PhantomData;

    use super::bounds::MayBeVirtualized;

    /// `T` was found to have the bounds. An accessor is made of it, so that it is no other type that was looked at, as
    /// it could be where a macro in the place of a type gives another one each time.
    #[derive(Clone, Copy, Debug)]
    pub struct Checked<T>(PhantomData<fn(T) -> T>);

    pub const fn Scoped<T: MayBeVirtualized>() -> Checked<T> {
        Checked(PhantomData)
    }
    pub const fn Keep<T: MayBeVirtualized>() -> Checked<T> {
        Checked(PhantomData)
    }
    pub const fn Raw<T>() -> Checked<T> {
        Checked(PhantomData)
    }
}

/// The half of the bounds that rustc does not check on a `static` by itself.
#[doc(hidden)]
pub const fn assert_send<T: bounds::MayBeDroppedAnywhere>() {}

/// The types of the fields of a part, by kind.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub mod slot {
    use std::cell::UnsafeCell;
    use std::mem::ManuallyDrop;

    #[cfg(not(feature = "vimage"))]
    pub use self::Scoped as Keep;
    #[cfg(feature = "vimage")]
    pub use super::build::Keep;

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

    /// Whether a value is dropped with its part: `Drops::<T>::CHOSEN` is the inherent constant where `T` is `Send`,
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
}
