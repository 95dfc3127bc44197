//! The `vimage` build: the variables of a part are fields of a struct in each instance's block.

use std::alloc::{self, Layout};
use std::any::Any;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::accessor::VariableEntry;
pub use super::resolved::Resolved;
use super::{FieldEntry, Template, cold};
use crate::class::{Class, ClassEntry};
use crate::instance::{Handle, Header};
use crate::module::{Module, ModuleEntry};

/// The registered form of a part, with the template of its values.
#[doc(hidden)]
#[macro_export]
macro_rules! __storage {
    (
        $module:path, $part:ident, $entry:ident, $initial:block,
        $({ $(#[$cfg:meta])* } $kind:ident $accessor:ident $field:ident ($ty:ty))*
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
                            name: $crate::__private::core::stringify!($accessor),
                            offset: $crate::__private::core::mem::offset_of!($part, $field),
                            size: $crate::__private::core::mem::size_of::<$ty>(),
                            kept: $crate::__private::kept::$kind,
                            drop: $crate::__private::drop_of(|part: &$part| &part.$field),
                        },
                    )*
                ])
            }
        };
        $crate::__private::register!($crate::__private::Entry::Part($entry.entry()));
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

/// Whether the variables of a kind outlive their instance.
#[doc(hidden)]
#[allow(non_upper_case_globals, reason = "named after the kinds")]
pub mod kept {
    pub const Scoped: bool = false;
    pub const Raw: bool = false;
    pub const Keep: bool = true;
}

/// What drops the slot that `projection` returns.
#[doc(hidden)]
pub const fn drop_of<P, S>(_projection: fn(&P) -> &S) -> Option<unsafe fn(*mut u8)> {
    unsafe fn drop_slot<S>(slot: *mut u8) {
        // SAFETY: by the contract of `PartEntry::drop_in` a live `S` is there, which is not used any more.
        unsafe { ptr::drop_in_place(slot.cast::<S>()) }
    }
    if std::mem::needs_drop::<S>() { Some(drop_slot::<S>) } else { None }
}

/// The registered form of a part: the variables of one scope.
#[doc(hidden)]
#[derive(Debug)]
pub struct PartEntry {
    /// Where the part lies in each instance of its class; [`UNREGISTERED`](Self::UNREGISTERED) until it has a place.
    offset: AtomicUsize,
    module: &'static ModuleEntry,
    layout: Layout,
    fields: &'static [FieldEntry],
    template: *const u8,
    needs_drop: bool,
}

// SAFETY: all is immutable but the atomic; the template's bytes are only read.
unsafe impl Sync for PartEntry {}
// SAFETY: as above.
unsafe impl Send for PartEntry {}

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
        let entry = PartEntry {
            offset: AtomicUsize::new(PartEntry::UNREGISTERED),
            module: M::ENTRY,
            layout: Layout::new::<P>(),
            fields,
            template: template.as_ptr().cast(),
            needs_drop: std::mem::needs_drop::<P>(),
        };
        Self { entry, part: PhantomData }
    }

    /// What is registered.
    pub const fn entry(&self) -> &PartEntry {
        &self.entry
    }
}

impl PartEntry {
    /// So high that adding it to any address overflows, as an accessor expects.
    const UNREGISTERED: usize = usize::MAX;

    /// Gives the part its place in the instances of its class.
    ///
    /// # Safety
    ///
    /// In each instance that a thread may find current from now on, the part is initialized at `offset`, which
    /// is at least 2.
    pub(crate) unsafe fn publish(&self, offset: usize) {
        self.offset.store(offset, Ordering::Release);
    }

    /// Takes its place away: from now on its accessors find nothing.
    pub(crate) fn unpublish(&self) {
        self.offset.store(Self::UNREGISTERED, Ordering::Release);
    }

    pub(crate) fn module(&self) -> &'static ModuleEntry {
        self.module
    }

    pub(crate) fn fields(&self) -> &'static [FieldEntry] {
        self.fields
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    pub(crate) fn needs_drop(&self) -> bool {
        self.needs_drop
    }

    /// Makes the initial values at `place`.
    ///
    /// # Safety
    ///
    /// `place` is valid for writes of the part's layout.
    pub(crate) unsafe fn initialize(&self, place: *mut u8) {
        // SAFETY: the template holds the constant bytes of a value that is never used itself, so each copy is a
        // value of its own, as each use of a `const` is.
        unsafe { ptr::copy_nonoverlapping(self.template, place, self.layout.size()) };
        for field in self.fields.iter().filter(|field| field.kept) {
            // SAFETY: by `new`'s contract a slot of kind `Keep` was just copied there.
            unsafe { (*place.add(field.offset).cast::<KeptBytes>()).make() };
        }
    }

    /// Drops the values at `place`, each by itself: one that panics takes no other along. Tells `panicked` of those,
    /// by the name of the variable.
    ///
    /// # Safety
    ///
    /// They were initialized, are not dropped yet, and nothing uses them any more.
    pub(crate) unsafe fn drop_in(&self, place: *mut u8, panicked: &mut dyn FnMut(&'static str, Box<dyn Any + Send>)) {
        for field in self.fields {
            let Some(drop) = field.drop else { continue };
            // SAFETY: by contract, and `drop` is of the slot at this offset.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| unsafe { drop(place.add(field.offset)) })) {
                panicked(field.name, panic);
            }
        }
    }
}

/// The slot of a variable that is never dropped: a pointer to it.
#[doc(hidden)]
#[repr(transparent)]
pub struct Keep<T> {
    bytes: KeptBytes,
    value: PhantomData<fn() -> T>,
}

#[repr(C)]
struct KeptBytes {
    template: *const u8,
    layout: Layout,
    value: *const u8,
}

impl<T> Keep<T> {
    /// A slot without its value: the instance makes that.
    pub const fn new(template: &'static Template<T>) -> Self {
        let bytes = KeptBytes { template: template.as_ptr().cast(), layout: Layout::new::<T>(), value: ptr::null() };
        Self { bytes, value: PhantomData }
    }

    pub(crate) fn value(&self) -> *const T {
        self.bytes.value.cast()
    }
}

impl KeptBytes {
    /// Makes the value that is leaked on purpose.
    fn make(&mut self) {
        if self.layout.size() == 0 {
            self.value = ptr::without_provenance(self.layout.align());
            return;
        }
        // SAFETY: the size is not 0.
        let value = unsafe { alloc::alloc(self.layout) };
        if value.is_null() {
            alloc::handle_alloc_error(self.layout);
        }
        // SAFETY: freshly allocated with the layout of the template's value.
        unsafe { ptr::copy_nonoverlapping(self.template, value, self.layout.size()) };
        self.value = value;
    }
}

/// Where a variable is: its part, and its place in there.
#[derive(Debug)]
pub(super) struct Place<T> {
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
    pub(super) const unsafe fn new<P>(part: &'static Part<P>, field: usize) -> Self {
        Self { part: &part.entry, field, value: PhantomData }
    }

    /// The slot in the instance at `base`; null where there is no instance or the part has no place in it.
    #[inline(always)]
    fn slot(self, base: *const Header) -> *const T {
        // Acquire, so that a part that was published after this thread had found its instance is seen initialized.
        let offset = self.part.offset.load(Ordering::Acquire);
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

    #[inline(always)]
    pub(super) fn resolve<'r, C: Class, K>(self, variable: &'static VariableEntry) -> Resolved<'r, T, K> {
        Resolved {
            slot: self.slot(C::CONTEXT.get().as_ptr()),
            place: self,
            class: C::ENTRY,
            variable,
            region: PhantomData,
            kind: PhantomData,
        }
    }

    #[inline(always)]
    #[track_caller]
    pub(super) fn in_instance(self, instance: NonNull<Header>, variable: &'static VariableEntry) -> *const T {
        let slot = self.slot(instance.as_ptr());
        if slot.is_null() { cold::not_registered(variable) } else { slot }
    }

    pub(super) fn find(self, instance: NonNull<Header>) -> Option<*const T> {
        Some(self.slot(instance.as_ptr())).filter(|slot| !slot.is_null())
    }

    #[inline(always)]
    #[track_caller]
    pub(super) fn in_current<C: Class>(self, variable: &'static VariableEntry) -> *const T {
        let slot = self.slot(C::CONTEXT.get().as_ptr());
        if slot.is_null() { self.in_late(C::ENTRY, variable) } else { slot }
    }

    /// A handle to the instance that `in_current` has just found.
    #[track_caller]
    pub(super) fn keep_current<C: Class>(self, variable: &'static VariableEntry) -> Option<Handle> {
        match Handle::current(C::ENTRY) {
            Some(handle) => Some(handle),
            None => cold::going(variable),
        }
    }

    /// Tries again where nothing was found: the class may fall back on its base instance.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn in_late(self, class: &'static ClassEntry, variable: &'static VariableEntry) -> *const T {
        let instance = cold::instance_or_panic(class, variable);
        self.in_instance(instance, variable)
    }

    /// Tries again after the head of a region found nothing: the process may have booted since.
    ///
    /// Only the base instance will do, which is never freed: any other one was entered inside the region, by a macro
    /// around the mention, and may be gone before the region ends.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub(super) fn resolve_late(self, class: &'static ClassEntry, variable: &'static VariableEntry) -> *const T {
        let instance = cold::instance_or_panic(class, variable);
        let slot = self.in_instance(instance, variable);
        if instance == class.laid_out().base() { slot } else { cold::too_late(variable) }
    }
}

#[cfg(test)]
impl PartEntry {
    /// A part of any layout, for tests that only place it.
    pub(crate) fn of_layout(layout: Layout) -> &'static Self {
        use crate::module::Register;
        static MODULE: ModuleEntry = ModuleEntry::new::<crate::Net>("m", "x::m", "src/lib.rs", 1, Register::Boot, &[]);
        Box::leak(Box::new(Self {
            offset: AtomicUsize::new(Self::UNREGISTERED),
            module: &MODULE,
            layout,
            fields: &[],
            template: std::ptr::null(),
            needs_drop: false,
        }))
    }

    /// Whether it can be reached.
    #[cfg(not(vimage_shuttle))]
    pub(crate) fn is_published(&self) -> bool {
        self.offset.load(Ordering::Relaxed) != Self::UNREGISTERED
    }
}
