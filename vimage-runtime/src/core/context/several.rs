//! The contexts of all classes at a time.
//!
//! Each program has four classes at least, those of the runtime. The places of their contexts are remembered per thread, so
//! that changing all four takes a few instructions for each; other classes come one by one.

use std::cell::Cell;
use std::panic::Location;
use std::ptr::{self, NonNull};

use super::Current;
use super::instances::{Restore, nesting_broken};
use super::stack::Entered;
use crate::core::header::Header;
use crate::registry::{ClassEntry, Context, classes};

/// How many classes come first, in the order of [`classes`].
const FIRST: usize = 4;

/// Where a thread keeps a context; valid as long as the thread exists.
type Place = *const Cell<Context>;

crate::sync::thread_local! {
    /// The places of the first classes on this thread; null before they are needed.
    static PLACES: Cell<[Place; FIRST]> = const { Cell::new([ptr::null(); FIRST]) };
}

/// What is to be current in each class.
#[derive(Debug)]
pub(crate) struct ContextSet {
    first: [Context; FIRST],
    /// Of the other classes.
    others: Vec<Context>,
}

// SAFETY: these are addresses. `enter` makes them current, which its caller vouches for on each thread.
unsafe impl Send for ContextSet {}
// SAFETY: as above.
unsafe impl Sync for ContextSet {}

impl Default for ContextSet {
    /// Nothing in any class.
    fn default() -> Self {
        Self { first: [Context::NONE; FIRST], others: Vec::new() }
    }
}

impl ContextSet {
    /// What this says, in the order of [`classes`]; nothing in those that it says nothing of.
    pub(crate) fn new(each: impl Iterator<Item = Current>) -> Self {
        let mut each = each.map(|current| match current {
            Current::Nothing => Context::NONE,
            Current::Barred => Context::BARRED,
            Current::Instance(header) => Context::of(header),
        });
        Self { first: std::array::from_fn(|_| each.next().unwrap_or(Context::NONE)), others: each.collect() }
    }

    /// Runs `f` with this as what is current.
    ///
    /// The caller keeps the instances alive until this returns.
    #[inline]
    #[track_caller]
    pub(crate) fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        let contexts = || self.first.iter().chain(&self.others);
        let _entered = Entered::each(contexts().filter_map(|context| context.block()), Location::caller());
        enter(&self.first, || self.others.iter().copied(), Context::NONE, f)
    }
}

/// Runs `f` in all these instances, each of a class of its own.
///
/// The caller keeps the instances alive until this returns.
#[track_caller]
pub(crate) fn enter_each<R>(headers: impl Iterator<Item = NonNull<Header>>, f: impl FnOnce() -> R) -> R {
    let place = Location::caller();
    // Left in the reverse order; nothing of it is left out when `f` panics.
    let mut entered = Vec::new();
    for header in headers {
        // SAFETY: the caller keeps the instance.
        let class = unsafe { header.as_ref() }.class;
        entered.push((Restore::set(class.context, Context::of(header), None), Entered::new(header, place)));
    }
    let _entered = Reversed(entered);
    f()
}

/// Dropped from the last to the first.
struct Reversed<T>(Vec<T>);

impl<T> Drop for Reversed<T> {
    fn drop(&mut self) {
        while self.0.pop().is_some() {}
    }
}

/// Runs `f` with no context in any class.
pub(crate) fn leave_all<R>(f: impl FnOnce() -> R) -> R {
    enter(&[Context::NONE; FIRST], std::iter::empty, Context::NONE, f)
}

/// Runs `f` with nothing to resolve in any class, whatever the classes say.
pub(crate) fn bar_all<R>(f: impl FnOnce() -> R) -> R {
    enter(&[Context::BARRED; FIRST], std::iter::empty, Context::BARRED, f)
}

/// Runs `f` with these contexts; in the classes that have none of `others`, with `rest`.
#[inline]
fn enter<R, I: Iterator<Item = Context>>(
    first: &[Context; FIRST],
    others: impl FnOnce() -> I,
    rest: Context,
    f: impl FnOnce() -> R,
) -> R {
    let Some(places) = places() else { return f() };
    let before = std::array::from_fn(|class| place(places[class]).replace(first[class]));
    let _restore = RestoreFirst { places, entered: first, before };
    if classes().len() == FIRST {
        return f();
    }
    enter_others(&mut others().chain(std::iter::repeat(rest)), f)
}

fn enter_others<R>(contexts: &mut dyn Iterator<Item = Context>, f: impl FnOnce() -> R) -> R {
    let set = |(&class, context): (&&'static ClassEntry, Context)| {
        let adopts = if context == Context::NONE { Some(class) } else { None };
        Restore::set(class.context, context, adopts)
    };
    let _entered = Reversed(classes()[FIRST..].iter().zip(contexts).map(set).collect());
    f()
}

/// The places of the first classes; none before boot, when nothing is entered.
#[inline]
fn places() -> Option<[Place; FIRST]> {
    let places = PLACES.with(Cell::get);
    if places[0].is_null() { find_places() } else { Some(places) }
}

#[cold]
#[inline(never)]
fn find_places() -> Option<[Place; FIRST]> {
    // All at once: each program has the classes of the runtime.
    let first: &[&ClassEntry; FIRST] = classes().first_chunk()?;
    let places = first.map(|class| class.context.place());
    PLACES.with(|known| known.set(places));
    Some(places)
}

#[inline]
fn place<'a>(place: Place) -> &'a Cell<Context> {
    // SAFETY: it is from `find_places` on this thread, whose thread-locals without a destructor exist as long as it runs.
    unsafe { &*place }
}

/// Contexts that were set; restores what was when it is dropped.
struct RestoreFirst<'a> {
    places: [Place; FIRST],
    entered: &'a [Context; FIRST],
    before: [Context; FIRST],
}

impl Drop for RestoreFirst<'_> {
    #[inline]
    fn drop(&mut self) {
        for class in 0..FIRST {
            let found = place(self.places[class]).replace(self.before[class]);
            if found != self.entered[class] {
                check_adopted(class, self.entered[class], found);
            }
        }
    }
}

/// The base instance of the class may have taken the place of [`Context::NONE`] meanwhile.
#[cold]
#[inline(never)]
fn check_adopted(class: usize, entered: Context, found: Context) {
    if entered != Context::NONE || classes()[class].base.get() != Some(&found.addr()) {
        nesting_broken();
    }
}
