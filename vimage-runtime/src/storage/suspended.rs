//! The functions that expansions of code that waits call.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use super::region::Region;

/// Ends all that was resolved: what is still used behind this call is a borrow error.
#[inline(always)]
pub const fn suspend<const N: usize>(_: [&mut Region; N]) {}

/// The second argument, computed after the first. The temporaries of both last as long as those of any arguments.
#[inline(always)]
pub fn after<T>((): (), value: T) -> T {
    value
}

/// The first argument, which lasts while the second is computed.
#[inline(always)]
pub fn settled<T>(value: T, (): ()) -> T {
    value
}

/// A place that is used later than rustc would find it. If it is a smart pointer, finding the place behind it is a
/// call, which is to be made in time.
///
/// There is a method `look` for each kind of type, at another number of references: the most special one is called.
#[allow(missing_debug_implementations)]
pub struct Turn<'p, T>(pub &'p T);

/// Smart pointers of which it is known what looking through them does.
pub trait LookThrough {
    /// Calls what finds the place behind it.
    fn look(&self);
}

impl<T: FoundLater> LookThrough for &&Turn<'_, T> {
    #[inline(always)]
    fn look(&self) {
        self.0.look_through();
    }
}

/// Other smart pointers: an error.
pub trait LookThroughOther<T> {
    /// Cannot be called.
    fn look(&self)
    where
        T: FoundLater;
}

impl<T: Deref> LookThroughOther<T> for &Turn<'_, T> {
    fn look(&self)
    where
        T: FoundLater,
    {
    }
}

/// Anything else.
pub trait NothingToLookThrough {
    /// Nothing.
    fn look(&self);
}

impl<T> NothingToLookThrough for Turn<'_, T> {
    #[inline(always)]
    fn look(&self) {}
}

/// A smart pointer that can be looked through twice without a difference, if it is looked through in time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` would be looked through before the arguments that wait",
    label = "what is behind this would be borrowed across an `.await`",
    note = "compute the arguments first: `let value = f().await; V_X.method(value)`"
)]
pub trait FoundLater {
    /// Calls what finds the place behind it, if that can be told from finding it later.
    #[inline(always)]
    fn look_through(&self) {}
}

impl<T, F: FnOnce() -> T> FoundLater for LazyLock<T, F> {
    #[inline(always)]
    fn look_through(&self) {
        LazyLock::force(self);
    }
}
impl<T: ?Sized> FoundLater for &T {}
impl<T: ?Sized> FoundLater for Arc<T> {}
impl<T: ?Sized> FoundLater for Box<T> {}
impl<T> FoundLater for Vec<T> {}
impl FoundLater for String {}
impl<T: ToOwned + ?Sized> FoundLater for Cow<'_, T> {}

/// An index, with which the element is looked at in time: what it panics about, it panics about before the arguments.
#[inline(always)]
pub fn in_turn<I: Copy>(index: I, look: impl FnOnce(I)) -> I {
    look(index);
    index
}

/// Asserts that the value is an `IsList`.
#[inline(always)]
pub const fn is_list<T: IsList + ?Sized>(_: &T) {}

/// What can be indexed twice without a difference.
#[diagnostic::on_unimplemented(
    message = "an element of `{Self}` would be looked up before the arguments that wait",
    label = "this element would be borrowed across an `.await`",
    note = "compute the arguments first: `let value = f().await; V_X[i].method(value)`"
)]
pub trait IsList {}
impl<T> IsList for [T] {}
impl<T, const N: usize> IsList for [T; N] {}
impl<T> IsList for Vec<T> {}
impl<T: IsList + ?Sized> IsList for &T {}
impl<T: IsList + ?Sized> IsList for Arc<T> {}
impl<T: IsList + ?Sized> IsList for Box<T> {}
impl<T: IsList, F: FnOnce() -> T> IsList for LazyLock<T, F> {}
