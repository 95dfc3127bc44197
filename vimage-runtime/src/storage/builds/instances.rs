//! The `vimage` build: the variables of a part are fields of a struct in each instance's block.

use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use crate::core::{Handle, Header};
use crate::current;
use crate::registry::{Class, ClassEntry, FieldEntry, KeptBytes, Module, PartEntry, Template};
use crate::storage::cold;
use crate::storage::kind::{self, Shared};
use crate::storage::slot::Slot;
use crate::storage::variable::VariableEntry;

/// The registered form of a part, with the template of its values.
#[doc(hidden)]
#[macro_export]
macro_rules! __storage {
    (
        $module:path, $part:ident, $entry:ident, $initial:block,
        $({ $(#[$cfg:meta])* } $kind:ident $label:literal $field:ident ($ty:ty))*
    ) => {
        #[allow(non_upper_case_globals)]
        static $entry: $crate::__private::Part<$part> = {
            static __VIMAGE_TEMPLATE: $crate::__private::Template<$part> = $crate::__private::Template::new($initial);
            $(
                $(#[$cfg])*
                // Raw pointers, because a reference to something else might be coerced.
                const _: fn(&$part) -> *const $crate::__private::slot::$kind<$ty> = |part| &raw const part.$field;
            )*
            // SAFETY: each offset is that of a field of `$part`, whose wrapper is of the kind that is said, as rustc
            // has just compared.
            unsafe {
                $crate::__private::Part::new::<$module>(&__VIMAGE_TEMPLATE, &[
                    $(
                        $(#[$cfg])*
                        $crate::__private::FieldEntry {
                            name: $label,
                            offset: $crate::__private::core::mem::offset_of!($part, $field),
                            size: $crate::__private::core::mem::size_of::<$ty>(),
                            kept: $crate::__private::kept::$kind,
                            drop: $crate::__private::drop_of(|part: &$part| &part.$field),
                        },
                    )*
                ])
            }
        };
        $crate::__private::register!(ENTRIES: $crate::__private::Entry = $crate::__private::Entry::Part($entry.entry()));
    };
}

/// The initial value of one field of a part.
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
    (Keep $ty:ty, $init:expr) => {
        $crate::__private::slot::Keep::<$ty>::new({
            static __VIMAGE_KEPT: $crate::__private::Template<$ty> = $crate::__private::Template::new({
                const __VIMAGE_INITIAL_OF_KEPT: $ty = $init;
                __VIMAGE_INITIAL_OF_KEPT
            });
            &__VIMAGE_KEPT
        })
    };
    ($kind:ident $ty:ty, $init:expr) => {
        $crate::__private::slot::$kind::<$ty>::new($init)
    };
}

/// `true` for the kinds of variables that outlive their instance.
#[doc(hidden)]
#[allow(non_upper_case_globals, reason = "named after the kinds")]
pub mod kept {
    pub const Scoped: bool = false;
    pub const Raw: bool = false;
    pub const Keep: bool = true;
}

/// The function that drops the slot that `projection` returns.
#[doc(hidden)]
pub const fn drop_of<P, S>(_projection: fn(&P) -> &S) -> Option<unsafe fn(*mut u8)> {
    unsafe fn drop_slot<S>(slot: *mut u8) {
        // SAFETY: by the contract of `FieldEntry::drop` a live `S` is there, which is not used any more.
        unsafe { ptr::drop_in_place(slot.cast::<S>()) }
    }
    if std::mem::needs_drop::<S>() { Some(drop_slot::<S>) } else { None }
}

/// The entry of a part whose variables are the fields of `P`.
#[doc(hidden)]
#[repr(transparent)]
#[derive(Debug)]
pub struct Part<P> {
    entry: PartEntry,
    part: PhantomData<fn() -> P>,
}

impl<P> Part<P> {
    /// # Safety
    ///
    /// The fields are all of `P`'s slots with their offsets and what drops them; `kept` are those of kind `Keep`.
    pub const unsafe fn new<M: Module>(template: &'static Template<P>, fields: &'static [FieldEntry]) -> Self {
        // SAFETY: by contract.
        Self { entry: unsafe { PartEntry::new::<M, P>(template, fields) }, part: PhantomData }
    }

    /// The registered entry.
    pub const fn entry(&self) -> &PartEntry {
        &self.entry
    }
}

/// The slot of a variable that is never dropped: a pointer to it.
#[doc(hidden)]
#[repr(transparent)]
pub struct Keep<T> {
    bytes: KeptBytes,
    value: PhantomData<fn() -> T>,
}

impl<T> Keep<T> {
    /// A slot without its value: the instance makes that.
    pub const fn new(template: &'static Template<T>) -> Self {
        Self { bytes: KeptBytes::new(template), value: PhantomData }
    }

    pub(crate) fn value(&self) -> *const T {
        self.bytes.value().cast()
    }
}

impl Shared for kind::Keep {
    #[inline(always)]
    unsafe fn value<T>(slot: *const T) -> *const T {
        // SAFETY: by contract a `Keep<T>` lies there.
        unsafe { (*slot.cast::<Keep<T>>()).value() }
    }
}

// SAFETY: `Shared for kind::Keep` follows its pointer.
unsafe impl<T> Slot<T, kind::Keep> for Keep<T> {}

/// Where a variable is: its part, and its place in there.
#[derive(Debug)]
pub(in crate::storage) struct Place<T> {
    part: &'static PartEntry,
    field: usize,
    value: PhantomData<fn() -> T>,
}

impl<T> Clone for Place<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Place<T> {}

impl<T> Place<T> {
    /// # Safety
    ///
    /// A slot of a `T` lies at `field` in `P`.
    pub(in crate::storage) const unsafe fn new<P>(part: &'static Part<P>, field: usize) -> Self {
        Self { part: &part.entry, field, value: PhantomData }
    }

    /// The slot in the instance at `base`; null where there is no instance or the part has no place in it.
    #[inline(always)]
    fn slot(self, base: *const Header) -> *const T {
        let offset = self.part.offset();
        if base.addr().checked_add(offset).is_none() {
            return ptr::null();
        }
        // SAFETY: no overflow means that `base` is an instance and `offset` a place in it, so that this stays in
        // bounds of its block by the contracts of `publish` and `new`; and no part of a block is at address 0.
        unsafe {
            let slot = base.byte_add(offset).byte_add(self.field).cast();
            std::hint::assert_unchecked(!<*const T>::is_null(slot));
            slot
        }
    }

    /// Resolves the variable at the head of a region.
    #[inline(always)]
    pub(in crate::storage) fn look_up<C: Class>(self, variable: &'static VariableEntry) -> Found<T> {
        Found { slot: self.slot(C::CONTEXT.get().as_ptr()), place: self, class: C::ENTRY, variable }
    }

    #[inline(always)]
    #[track_caller]
    pub(in crate::storage) fn in_instance(
        self,
        instance: NonNull<Header>,
        variable: &'static VariableEntry,
    ) -> *const T {
        let slot = self.slot(instance.as_ptr());
        if slot.is_null() { cold::not_registered(variable) } else { slot }
    }

    pub(in crate::storage) fn find(self, instance: NonNull<Header>) -> Option<*const T> {
        Some(self.slot(instance.as_ptr())).filter(|slot| !slot.is_null())
    }

    #[inline(always)]
    #[track_caller]
    pub(in crate::storage) fn in_current<C: Class>(self, variable: &'static VariableEntry) -> *const T {
        let slot = self.slot(C::CONTEXT.get().as_ptr());
        if slot.is_null() { self.retry_current(C::ENTRY, variable) } else { slot }
    }

    /// A handle to the instance that `in_current` has just found.
    #[inline(always)]
    #[track_caller]
    pub(in crate::storage) fn keep_current<C: Class>(self, variable: &'static VariableEntry) -> Option<Handle> {
        match current::handle_of::<C>() {
            Some(handle) => Some(handle),
            None => cold::shutting_down(variable),
        }
    }

    /// Tries again where nothing was found: the class may fall back on its base instance.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn retry_current(self, class: &'static ClassEntry, variable: &'static VariableEntry) -> *const T {
        let instance = cold::instance_or_panic(class, variable);
        self.in_instance(instance, variable)
    }
}

/// The result of the head of a region: a slot, or nothing and all that is needed to look again.
#[derive(Debug)]
pub(in crate::storage) struct Found<T> {
    slot: *const T,
    place: Place<T>,
    class: &'static ClassEntry,
    variable: &'static VariableEntry,
}

impl<T> Clone for Found<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Found<T> {}

impl<T> Found<T> {
    #[inline(always)]
    #[track_caller]
    pub(in crate::storage) fn slot(self) -> *const T {
        if self.slot.is_null() { self.place.retry(self.class, self.variable) } else { self.slot }
    }
}

impl<T> Place<T> {
    /// Tries again after the head of a region found nothing: the process may have booted since.
    ///
    /// Only the base instance will do, which is never freed: any other one was entered inside the region, by a macro
    /// around the use, and may be destroyed before the region ends.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn retry(self, class: &'static ClassEntry, variable: &'static VariableEntry) -> *const T {
        let instance = cold::instance_or_panic(class, variable);
        let slot = self.in_instance(instance, variable);
        if instance == class.laid_out().base() { slot } else { cold::entered_after_head(variable) }
    }
}
