//! The `vimage` build: the variables of a part are fields of a struct in each instance's block.

use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use crate::core::{Handle, Header};
use crate::current;
use crate::registry::{Class, FieldEntry, KeptBytes, Module, NoContext, PartAddress, PartEntry, Register, Template};
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
            // SAFETY: each offset is that of a field of `$part`, whose wrapper is of the kind that is said, as rustc
            // compares: of raw pointers, because a reference to something else might be coerced.
            unsafe {
                $crate::__private::Part::new::<$module>(&__VIMAGE_TEMPLATE, &[
                    $(
                        $(#[$cfg])*
                        $crate::__private::field::$kind::<$part, $ty>(
                            $label,
                            $crate::__private::core::mem::offset_of!($part, $field),
                            |part| &raw const part.$field,
                        ),
                    )*
                ])
            }
        };
        $crate::__private::register!(VIMAGE_ENTRIES: $crate::__private::Entry = $crate::__private::Entry::Part($entry.entry()));
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

/// The entries of variables by kind: each is of the slot that `projection` returns.
#[doc(hidden)]
#[allow(non_snake_case, reason = "named after the kinds")]
pub mod field {
    use super::drop_of;
    use crate::registry::FieldEntry;
    use crate::storage::{Keep as KeepSlot, slot};

    const fn entry<T, S>(name: &'static str, offset: usize, kept: bool) -> FieldEntry {
        FieldEntry { name, offset, size: size_of::<T>(), kept, drop: drop_of::<S>() }
    }

    pub const fn Scoped<P, T>(
        name: &'static str,
        offset: usize,
        _projection: fn(&P) -> *const slot::Scoped<T>,
    ) -> FieldEntry {
        entry::<T, slot::Scoped<T>>(name, offset, false)
    }

    pub const fn Raw<P, T>(
        name: &'static str,
        offset: usize,
        _projection: fn(&P) -> *const slot::Raw<T>,
    ) -> FieldEntry {
        entry::<T, slot::Raw<T>>(name, offset, false)
    }

    /// The value outlives its instance.
    pub const fn Keep<P, T>(
        name: &'static str,
        offset: usize,
        _projection: fn(&P) -> *const KeepSlot<T>,
    ) -> FieldEntry {
        entry::<T, KeepSlot<T>>(name, offset, true)
    }
}

/// The function that drops a slot.
pub(crate) const fn drop_of<S>() -> Option<unsafe fn(*mut u8)> {
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

impl VariableEntry {
    /// `name` with its `V_`.
    pub const fn new<P>(name: &'static str, part: &'static Part<P>) -> Self {
        Self { name, part: part.entry() }
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
    /// Whether the variable may be found at its use although it was not at the head of the region.
    recovers: bool,
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
    /// A slot of a `T` lies at `field` in `P`, a part of the module `M`.
    pub(in crate::storage) const unsafe fn new<M: Module, P>(part: &'static Part<P>, field: usize) -> Self {
        let falls_back = matches!(<M::Class as Class>::NO_CONTEXT, NoContext::Base);
        let comes_late = matches!(M::ENTRY.register, Register::Manual);
        Self { part: &part.entry, field, recovers: falls_back || comes_late, value: PhantomData }
    }

    #[inline(always)]
    fn in_current_part<C: Class>(self) -> PartAddress {
        self.part.find(|| C::CONTEXT.get().as_ptr())
    }

    #[inline(always)]
    fn in_part_of(self, instance: NonNull<Header>) -> PartAddress {
        self.part.find(|| instance.as_ptr().cast_const().cast())
    }

    /// # Safety
    ///
    /// The address is that of this part, and not absent.
    #[inline(always)]
    unsafe fn slot(self, part: *const u8) -> *const T {
        // SAFETY: by contract an instance has the part there, and by that of `new` the slot is in it.
        unsafe { part.add(self.field).cast() }
    }

    /// Resolves the variable at the head of a region.
    #[inline(always)]
    pub(in crate::storage) fn look_up<C: Class>(self, variable: &'static VariableEntry) -> Found<T> {
        Found { part: self.in_current_part::<C>(), place: self, variable }
    }

    /// The same beside another variable. If they are of one part, it is not looked up again. Both entries are
    /// constants, so that the compiler decides which it is.
    #[inline(always)]
    pub(in crate::storage) fn look_up_beside<C: Class>(
        self,
        other: FoundPart,
        variable: &'static VariableEntry,
    ) -> Found<T> {
        let is_same = ptr::eq(other.entry, self.part);
        let part = if is_same { other.address } else { self.in_current_part::<C>() };
        Found { part, place: self, variable }
    }

    #[inline(always)]
    #[track_caller]
    pub(in crate::storage) fn in_instance(
        self,
        instance: NonNull<Header>,
        variable: &'static VariableEntry,
    ) -> *const T {
        let part = self.in_part_of(instance);
        if part.is_absent() {
            cold::not_registered(variable)
        }
        // SAFETY: it is not absent.
        unsafe { self.slot(part.as_ptr()) }
    }

    pub(in crate::storage) fn find(self, instance: NonNull<Header>) -> Option<*const T> {
        let part = self.in_part_of(instance);
        // SAFETY: it is not absent.
        (!part.is_absent()).then(|| unsafe { self.slot(part.as_ptr()) })
    }

    #[inline(always)]
    #[track_caller]
    pub(in crate::storage) fn in_current<C: Class>(self, variable: &'static VariableEntry) -> *const T {
        let found = self.in_current_part::<C>();
        let part = if found.is_absent() { cold::find(variable) } else { found.as_ptr() };
        // SAFETY: it is not absent.
        unsafe { self.slot(part) }
    }

    /// The slot in the current instance, and a handle to that, if there is nothing to say about it.
    #[inline(always)]
    #[track_caller]
    pub(in crate::storage) fn hold_at_once<C: Class>(self) -> Option<(*const T, Option<Handle>)> {
        let block = C::CONTEXT.get().block()?;
        let part = self.in_part_of(block);
        if part.is_absent() {
            return None;
        }
        // SAFETY: it is current, and this thread does not leave it meanwhile.
        let handle = unsafe { Handle::of_current(block) }?;
        // SAFETY: it is not absent.
        Some((unsafe { self.slot(part.as_ptr()) }, Some(handle)))
    }

    /// A handle to the instance that `in_current` has just found.
    #[inline(always)]
    #[track_caller]
    pub(in crate::storage) fn keep_current<C: Class>(self, variable: &'static VariableEntry) -> Option<Handle> {
        let handle = current::handle_of::<C>();
        if handle.is_none() {
            cold::shutting_down(variable)
        }
        handle
    }
}

/// The part of a variable that was looked up, found or not.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct FoundPart {
    entry: &'static PartEntry,
    address: PartAddress,
}

/// The result of the head of a region: the address of the part, or none, and all that is needed to look again.
#[derive(Debug)]
pub(in crate::storage) struct Found<T> {
    part: PartAddress,
    place: Place<T>,
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
    pub(in crate::storage) fn part(self) -> FoundPart {
        FoundPart { entry: self.place.part, address: self.part }
    }

    /// The slot, after the check.
    ///
    /// Where the cold path does not return, one check is enough for all variables of a part, and needs no stack frame.
    #[inline(always)]
    #[track_caller]
    pub(in crate::storage) fn slot(self) -> *const T {
        let part = match (self.part.is_absent(), self.place.recovers) {
            (false, _) => self.part.as_ptr(),
            (true, true) => cold::find_base(self.variable),
            (true, false) => cold::not_found(self.variable),
        };
        // SAFETY: it is not absent.
        unsafe { self.place.slot(part) }
    }
}
