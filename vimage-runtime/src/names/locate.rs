//! From an instance that is known at run time to a variable of it.

use std::alloc::Layout;
use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::core::context;
use crate::core::{Handle, Header};
use crate::current;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
use crate::registry::Class;
use crate::registry::ClassEntry;
#[cfg(any(feature = "vimage", feature = "static-struct"))]
use crate::storage::{UseInVirtualizedCode, kind};

/// An instance of any class, which exists for `'a`; or none, for a shared variable.
///
/// It is a pointer to the whole block. A `&Header` would give no access to the variables after the header.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct InstanceRef<'a>(Option<NonNull<Header>>, PhantomData<&'a Header>);

// SAFETY: it is used as a `&Header`, which is `Sync`, and as a context, which any thread may enter.
unsafe impl Send for InstanceRef<'_> {}
// SAFETY: as above.
unsafe impl Sync for InstanceRef<'_> {}

impl<'a> InstanceRef<'a> {
    pub(crate) fn new(handle: &'a Handle) -> Self {
        Self(Some(handle.as_ptr()), PhantomData)
    }

    pub(crate) fn header(self) -> Option<&'a Header> {
        // SAFETY: the block exists for `'a`.
        self.0.map(|header| unsafe { header.as_ref() })
    }

    /// Returns the instance, if it is of this class.
    #[inline]
    #[cfg(any(feature = "vimage", feature = "static-struct"))]
    fn of_class(self, class: &'static ClassEntry) -> Option<NonNull<Header>> {
        self.0.filter(|_| self.header().is_some_and(|header| header.class == class))
    }
}

/// A variable of one instance, as a reader outside of the process finds it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Located {
    pub(crate) address: NonNull<()>,
    pub(crate) type_name: &'static str,
    pub(crate) layout: Layout,
}

impl Located {
    pub(crate) fn new<T>(variable: NonNull<T>) -> Self {
        Self { address: variable.cast(), type_name: std::any::type_name::<T>(), layout: Layout::new::<T>() }
    }
}

/// Finds a variable in this instance; `None` if the instance does not have it.
#[cfg(any(feature = "vimage", feature = "static-struct"))]
#[doc(hidden)]
#[allow(private_bounds, reason = "the kinds are ours")]
pub fn locate<T, C, K>(variable: UseInVirtualizedCode<T, C, K>, instance: InstanceRef<'_>) -> Option<&T>
where
    T: Send + Sync + 'static,
    C: Class,
    K: kind::Shared,
{
    let slot = variable.find(instance.of_class(C::ENTRY)?)?;
    // SAFETY: the slot is in an instance that exists while `instance` is borrowed, and is of this kind, as the
    // accessor says.
    Some(unsafe { &*K::value(slot) })
}

/// Finds the place of a `static mut` in this instance; `None` if the instance does not have it.
#[cfg(any(feature = "vimage", feature = "static-struct"))]
#[doc(hidden)]
pub fn locate_raw<T, C: Class>(
    variable: UseInVirtualizedCode<T, C, kind::Raw>,
    instance: InstanceRef<'_>,
) -> Option<*mut T> {
    variable.find(instance.of_class(C::ENTRY)?).map(<*const T>::cast_mut)
}

/// Calls `f` with the instance of the class that this thread is in, if there is one.
#[inline]
pub(crate) fn in_entered<R>(class: &'static ClassEntry, f: impl FnOnce(InstanceRef<'_>) -> R) -> Option<R> {
    // As in `in_current`.
    Some(f(InstanceRef(Some(current::entered(class)?), PhantomData)))
}

/// Calls `f` in the current instance of the class, if there is one.
#[track_caller]
pub(crate) fn in_current<R>(class: &'static ClassEntry, f: impl FnOnce(InstanceRef<'_>) -> R) -> R {
    // The context's owner keeps the instance alive while this thread is in it, so while `f` runs. `f` accepts any
    // lifetime, so it cannot keep the reference.
    match current::entered(class) {
        Some(block) => f(InstanceRef(Some(block), PhantomData)),
        None => {
            let instance = InstanceRef(current::block(class), PhantomData);
            in_named(instance, || f(instance))
        }
    }
}

/// Runs `f` in this instance.
pub(crate) fn in_named<R>(instance: InstanceRef<'_>, f: impl FnOnce() -> R) -> R {
    let class = instance.header().map(|header| header.class);
    match (class, instance.0) {
        (Some(class), Some(block)) if current::entered(class) != Some(block) => context::enter_entry(class, block, f),
        _ => f(),
    }
}
