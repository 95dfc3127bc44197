//! The variables of one scope of a module, as they are registered: their initial bytes, and where they lie.

use std::alloc::{self, Layout};
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::address::Form;
#[cfg(feature = "vimage")]
use super::address::PartAddress;
use super::module::{Module, ModuleEntry};

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
}

// SAFETY: all is immutable but the atomic; the template's bytes are only read.
unsafe impl Sync for PartEntry {}
// SAFETY: as above.
unsafe impl Send for PartEntry {}

impl PartEntry {
    /// The entry of the variables that are the fields of `P`.
    ///
    /// # Safety
    ///
    /// The fields are all of `P`'s slots with their offsets and what drops them; `kept` are those of kind `Keep`.
    pub const unsafe fn new<M: Module, P>(template: &'static Template<P>, fields: &'static [FieldEntry]) -> Self {
        Self {
            offset: AtomicUsize::new(Self::UNREGISTERED),
            module: M::ENTRY,
            layout: Layout::new::<P>(),
            fields,
            template: template.as_ptr().cast(),
        }
    }

    const UNREGISTERED: usize = Form::UNREGISTERED;

    /// The part in the instance that `context` returns.
    #[cfg(feature = "vimage")]
    #[inline(always)]
    pub(crate) fn find(&self, context: impl FnOnce() -> *const u8) -> PartAddress {
        // Acquire, so that a part that was published after this thread had found its instance is seen initialized. The
        // context comes second, because then it is an operand of the addition: processors have no such operands for
        // loads that are atomic, or rustc makes none.
        let offset = self.offset.load(Ordering::Acquire);
        PartAddress::new(context(), offset)
    }

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

    /// The offset in a kept field's slot of the pointer to its value.
    pub(crate) const KEPT_VALUE: usize = std::mem::offset_of!(KeptBytes, value);

    /// The address of a kept field's value, of the part at `place`.
    ///
    /// # Safety
    ///
    /// The part is initialized there, and the field is one of its own.
    pub(crate) unsafe fn kept_value(&self, field: &FieldEntry, place: *const u8) -> *const u8 {
        // SAFETY: by `new`'s contract a slot of kind `Keep` is there, which changes no more.
        unsafe { (*place.add(field.offset).cast::<KeptBytes>()).value }
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

    /// The variables that have something to drop, in the order in which they are dropped: name, offset, and what drops them.
    pub(crate) fn drops(&self) -> impl Iterator<Item = (&'static str, usize, unsafe fn(*mut u8))> + use<> {
        self.fields.iter().filter_map(|field| Some((field.name, field.offset, field.drop?)))
    }

    /// The offsets of the variables whose values outlive their instance.
    pub(crate) fn kept(&self) -> impl Iterator<Item = usize> + use<> {
        self.fields.iter().filter(|field| field.kept).map(|field| field.offset)
    }

    /// Copies the initial bytes to `place`. For the values that outlive their instance it does not make them yet.
    ///
    /// # Safety
    ///
    /// `place` is valid for writes of the part's size.
    pub(crate) unsafe fn copy_template(&self, place: *mut u8) {
        // SAFETY: the template holds the constant bytes of a value that is never used itself, so each copy is a
        // value of its own, as each use of a `const` is.
        unsafe { ptr::copy_nonoverlapping(self.template, place, self.layout.size()) };
    }

    /// Makes the value of a variable that outlives its instance.
    ///
    /// # Safety
    ///
    /// `slot` is that of such a variable, whose initial bytes were copied there.
    pub(crate) unsafe fn make_kept(slot: *mut u8) {
        // SAFETY: by contract, and by that of `new` the slot is of kind `Keep`.
        unsafe { (*slot.cast::<KeptBytes>()).make() };
    }

    /// Makes the initial values at `place`.
    ///
    /// # Safety
    ///
    /// `place` is valid for writes of the part's layout.
    pub(crate) unsafe fn initialize(&self, place: *mut u8) {
        // SAFETY: by contract, and the bytes of each slot were just copied.
        unsafe {
            self.copy_template(place);
            self.kept().for_each(|offset| Self::make_kept(place.add(offset)));
        }
    }
}

/// One variable of a part.
#[doc(hidden)]
#[derive(Debug)]
pub struct FieldEntry {
    pub name: &'static str,
    pub offset: usize,
    pub size: usize,
    pub kept: bool,
    /// Drops the slot at this address, if there is something to drop: a live one, which is not used any more.
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

    pub(crate) const fn as_ptr(&self) -> *const T {
        self.0.get().cast_const().cast()
    }
}

/// The slot of a variable that is never dropped: the pointer to its value, which its instance makes.
#[repr(C)]
pub(crate) struct KeptBytes {
    template: *const u8,
    layout: Layout,
    value: *const u8,
}

impl KeptBytes {
    /// A slot whose value is not made yet.
    #[cfg(feature = "vimage")]
    pub(crate) const fn new<T>(template: &'static Template<T>) -> Self {
        Self { template: template.as_ptr().cast(), layout: Layout::new::<T>(), value: ptr::null() }
    }

    #[cfg(feature = "vimage")]
    pub(crate) fn value(&self) -> *const u8 {
        self.value
    }

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

#[cfg(all(test, feature = "vimage", not(vimage_shuttle)))]
impl PartEntry {
    /// A part of any layout, for tests that only place it.
    pub(crate) fn of_layout(layout: Layout) -> &'static Self {
        use super::hook::Hooks;
        use super::module::Register;
        static MODULE: ModuleEntry =
            ModuleEntry::new::<super::class::Net>("m", "x::m", "src/lib.rs", 1, Register::Boot, &[], Hooks::default);
        Box::leak(Box::new(Self {
            offset: AtomicUsize::new(Self::UNREGISTERED),
            module: &MODULE,
            layout,
            fields: &[],
            template: std::ptr::null(),
        }))
    }

    /// `true` once code can reach it.
    pub(crate) fn is_published(&self) -> bool {
        self.offset.load(Ordering::Relaxed) != Self::UNREGISTERED
    }
}
