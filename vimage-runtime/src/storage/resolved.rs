//! Resolved variables: the result of an accessor at the head of a region.

use std::marker::PhantomData;

use super::builds::{Found, FoundPart};
use super::kind;
use super::region::Region;

/// A variable, found or not. Hidden in virtualized code, where it is made at the head of the region `'r`.
#[doc(hidden)]
pub struct Resolved<'r, T, K> {
    found: Found<T>,
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

impl<T, K> Resolved<'_, T, K> {
    #[inline(always)]
    pub(super) fn new(found: Found<T>) -> Self {
        Self { found, region: PhantomData, kind: PhantomData }
    }

    /// Its part, for what is resolved beside it.
    #[inline(always)]
    pub fn part(self) -> FoundPart {
        self.found.part()
    }
}

// SAFETY: it is a pointer; what it gives is `&T` of a `T` that is `Send + Sync`, or a raw pointer. That it does not
// leave its region is the contract of `resolve_in_region`; this is for the types of futures, in whose regions
// between two `.await`s it lies.
unsafe impl<T, K> Send for Resolved<'_, T, K> {}

impl<'r, T> Resolved<'r, T, kind::Scoped> {
    /// The value, for as long as the region lasts.
    #[inline(always)]
    #[track_caller]
    pub fn get(self) -> &'r T {
        // SAFETY: the slot is in the instance that was current at the head of this region, or in the base instance,
        // which does not end. Whoever entered the former keeps it alive until the region ends, and `'r` does not
        // outlast the region (contract of `resolve_in_region`). `part!` has asserted that the value may be shared.
        unsafe { &*self.found.slot() }
    }
}

impl<T> Resolved<'_, T, kind::Keep> {
    /// The value, which is never freed.
    #[inline(always)]
    #[track_caller]
    pub fn get(self) -> &'static T {
        // SAFETY: the slot is alive as in `Resolved<T, Scoped>`, and the value it points at is leaked.
        unsafe { &*<kind::Keep as kind::Shared>::value(self.found.slot()) }
    }
}

impl<T> Resolved<'_, T, kind::Raw> {
    /// The place of a `static mut`.
    #[inline(always)]
    #[track_caller]
    pub fn get(self) -> *mut T {
        // It points into an `UnsafeCell`; using it is the user's `unsafe`.
        self.found.slot().cast_mut()
    }
}
