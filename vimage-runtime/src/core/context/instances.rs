//! The build with instances: a thread-local pointer per class.

use std::panic::Location;
use std::ptr::NonNull;

use super::Current;
use super::stack::Entered;
use crate::core::header::Header;
use crate::registry::{Class, ClassContext, ClassEntry, Context, classes};

/// What is entered on this thread, without a fall-back.
pub(crate) fn found(class: &'static ClassEntry) -> Current {
    match class.context.get() {
        Context::NONE => Current::Nothing,
        context => context.block().map_or(Current::Barred, Current::Instance),
    }
}

/// Whether the accessors of its class resolve to this instance on this thread.
pub(crate) fn is_current(header: NonNull<Header>) -> bool {
    // SAFETY: the caller has a handle.
    unsafe { header.as_ref() }.class.context.get() == Context::of(header)
}

/// Makes the base instance current for good on this thread, which has no context.
///
/// The caller has the base instance of this class.
pub(crate) fn adopt(class: &'static ClassEntry, base: NonNull<Header>) {
    class.context.replace(Context::of(base));
}

/// Runs `f` with `header` as the current instance of `C`.
///
/// The caller keeps the instance alive until this returns.
#[inline]
#[track_caller]
pub(crate) fn enter<C: Class, R>(header: NonNull<Header>, f: impl FnOnce() -> R) -> R {
    let _entered = Entered::new(header, Location::caller());
    let _restore = Restore::set(C::CONTEXT, Context::of(header), None);
    f()
}

/// [`enter`] where the class is known at run time only.
#[track_caller]
pub(crate) fn enter_entry<R>(class: &'static ClassEntry, header: NonNull<Header>, f: impl FnOnce() -> R) -> R {
    let _entered = Entered::new(header, Location::caller());
    let _restore = Restore::set(class.context, Context::of(header), None);
    f()
}

/// Runs `f` in all these instances, each of a class of its own.
///
/// The caller keeps the instances alive until this returns.
#[track_caller]
pub(crate) fn enter_each<R>(headers: impl Iterator<Item = NonNull<Header>>, f: impl FnOnce() -> R) -> R {
    let place = Location::caller();
    let mut set = Several::default();
    for header in headers {
        // SAFETY: the caller keeps the instance.
        set.enter(unsafe { header.as_ref() }.class, header, place);
    }
    f()
}

/// Runs `f` with this as what is current, class by class.
///
/// The caller keeps the instances alive until this returns.
#[track_caller]
pub(crate) fn restore<R>(contexts: impl Iterator<Item = (&'static ClassEntry, Current)>, f: impl FnOnce() -> R) -> R {
    let place = Location::caller();
    let mut set = Several::default();
    for (class, current) in contexts {
        match current {
            Current::Nothing => set.push(Restore::set(class.context, Context::NONE, Some(class)), None),
            Current::Barred => set.push(Restore::set(class.context, Context::BARRED, None), None),
            Current::Instance(header) => set.enter(class, header, place),
        }
    }
    f()
}

/// Runs `f` with nothing to resolve in one class, whatever the class says.
pub(crate) fn bar<R>(class: &'static ClassEntry, f: impl FnOnce() -> R) -> R {
    let _restore = Restore::set(class.context, Context::BARRED, None);
    f()
}

/// Runs `f` with no context in any class.
pub(crate) fn leave_all<R>(f: impl FnOnce() -> R) -> R {
    let mut set = Several::default();
    for class in classes() {
        set.push(Restore::set(class.context, Context::NONE, Some(class)), None);
    }
    f()
}

/// Runs `f` with nothing to resolve in any class, whatever the classes say.
pub(crate) fn bar_all<R>(f: impl FnOnce() -> R) -> R {
    let mut set = Several::default();
    for class in classes() {
        set.push(Restore::set(class.context, Context::BARRED, None), None);
    }
    f()
}

/// A context that was set; restores what was when it is dropped.
struct Restore {
    class: ClassContext,
    entered: Context,
    before: Context,
    /// The class whose base instance may take the place of [`Context::NONE`] meanwhile.
    adopts: Option<&'static ClassEntry>,
}

impl Restore {
    #[inline]
    fn set(class: ClassContext, entered: Context, adopts: Option<&'static ClassEntry>) -> Self {
        Self { class, entered, before: class.replace(entered), adopts }
    }
}

impl Drop for Restore {
    #[inline]
    fn drop(&mut self) {
        let found = self.class.replace(self.before);
        let is_base = |class: &ClassEntry| class.base.get() == Some(&found.addr());
        if found != self.entered && !self.adopts.is_some_and(is_base) {
            nesting_broken();
        }
    }
}

/// Contexts of several classes that were set one after the other; restored in the reverse order.
#[derive(Default)]
struct Several {
    /// Most programs have no more classes than this: no allocation.
    first: [Option<(Restore, Option<Entered>)>; 6],
    others: Vec<(Restore, Option<Entered>)>,
}

impl Several {
    fn enter(&mut self, class: &'static ClassEntry, header: NonNull<Header>, place: &'static Location<'static>) {
        let entered = Entered::new(header, place);
        self.push(Restore::set(class.context, Context::of(header), None), Some(entered));
    }

    fn push(&mut self, restore: Restore, entered: Option<Entered>) {
        match self.first.iter_mut().find(|free| free.is_none()) {
            Some(free) => *free = Some((restore, entered)),
            None => self.others.push((restore, entered)),
        }
    }
}

impl Drop for Several {
    fn drop(&mut self) {
        while self.others.pop().is_some() {}
        self.first.iter_mut().rev().for_each(|set| *set = None);
    }
}

/// Contexts nest by construction, unless a crate switches stacks below us. Then a later access could reach
/// an instance that no handle keeps alive: the process cannot go on.
#[cold]
#[inline(never)]
fn nesting_broken() -> ! {
    crate::failure::warn(format_args!(
        "contexts were not left in the order they were entered; does a crate switch stacks inside `enter`?"
    ));
    std::process::abort()
}
