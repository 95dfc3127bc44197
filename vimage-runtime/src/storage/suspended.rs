//! The functions that expansions of code that waits call.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use super::accessor::UseInVirtualizedCode;
use super::kind;
use super::region::Region;
use crate::registry::Class;

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
pub struct Turn<'p, T, R>(&'p T, PhantomData<R>);

/// For a place in which a method is called, or of which a field or an element is meant.
#[allow(missing_debug_implementations)]
pub enum Receiver {}

/// For a place that a function is handed, which may or may not look through it.
#[allow(missing_debug_implementations)]
pub enum Argument {}

/// See `Turn`.
#[inline(always)]
pub const fn receiver<T>(place: &T) -> Turn<'_, T, Receiver> {
    Turn(place, PhantomData)
}

/// See `Turn`.
#[inline(always)]
pub const fn argument<T>(place: &T) -> Turn<'_, T, Argument> {
    Turn(place, PhantomData)
}

/// Smart pointers of which it is known what looking through them does.
pub trait LookThrough {
    /// Calls what finds the place behind it.
    fn look(&self);
}

impl<T: FoundLater<R>, R> LookThrough for &&Turn<'_, T, R> {
    #[inline(always)]
    fn look(&self) {
        self.0.look_through();
    }
}

/// Other smart pointers: an error.
pub trait LookThroughOther<T, R> {
    /// Cannot be called.
    fn look(&self)
    where
        T: FoundLater<R>;
}

impl<T: Deref, R> LookThroughOther<T, R> for &Turn<'_, T, R> {
    fn look(&self)
    where
        T: FoundLater<R>,
    {
    }
}

/// Anything else.
pub trait NothingToLookThrough {
    /// Nothing.
    fn look(&self);
}

impl<T, R> NothingToLookThrough for Turn<'_, T, R> {
    #[inline(always)]
    fn look(&self) {}
}

/// A smart pointer that can be looked through twice without a difference, if it is looked through in time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` would be looked through before the arguments that wait",
    label = "what is behind this would be borrowed across an `.await`",
    note = "compute the arguments first: `let value = f().await; V_X.method(value)`"
)]
pub trait FoundLater<R> {
    /// Calls what finds the place behind it, if that can be told from finding it later.
    #[inline(always)]
    fn look_through(&self) {}
}

impl<T, F: FnOnce() -> T> FoundLater<Receiver> for LazyLock<T, F> {
    #[inline(always)]
    fn look_through(&self) {
        LazyLock::force(self);
    }
}
impl<T: ?Sized, R> FoundLater<R> for &T {}
impl<T: ?Sized, R> FoundLater<R> for Arc<T> {}
impl<T: ?Sized, R> FoundLater<R> for Box<T> {}
impl<T, R> FoundLater<R> for Vec<T> {}
impl<R> FoundLater<R> for String {}
impl<T: ToOwned + ?Sized, R> FoundLater<R> for Cow<'_, T> {}

/// Compiles for variables that are the same later: all but a `static mut`.
#[inline(always)]
pub const fn is_unchanging<T, C: Class, K: Unchanging>(_: UseInVirtualizedCode<T, C, K>) {}

/// See [`is_unchanging`].
#[diagnostic::on_unimplemented(
    message = "a `static mut` would be found before the arguments that wait",
    label = "this may be another value, of another instance, behind the `.await`",
    note = "compute the arguments first: `let value = f().await; V_X.method(value)`"
)]
pub trait Unchanging {}
impl Unchanging for kind::Scoped {}
impl Unchanging for kind::Keep {}

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
