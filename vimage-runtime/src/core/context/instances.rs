//! The build with instances: a thread-local pointer per class.

use std::panic::Location;
use std::ptr::NonNull;

use super::Current;
use super::stack::Entered;
use crate::core::header::Header;
use crate::registry::{Class, ClassContext, ClassEntry, Context, Outer, classes};

/// What is entered on this thread, without a fall-back.
pub(crate) fn found(class: &'static ClassEntry) -> Current {
    match class.context.get() {
        Context::NONE => Current::Nothing,
        context => context.block().map_or(Current::Barred, Current::Instance),
    }
}

/// Whether this thread is inside the instance: it is current, or another one was entered in it.
///
/// The caller keeps the instance.
pub(crate) fn is_entered(header: NonNull<Header>) -> bool {
    // SAFETY: the caller has a handle.
    let class = unsafe { header.as_ref() }.class;
    let mut frame = class.context.state();
    loop {
        if frame.context == Context::of(header) {
            return true;
        }
        // SAFETY: it is in a stack frame of this thread that has not been left: the frame takes it out of the chain when
        // it is. Where the thread never gets back to it, the stack stays.
        match unsafe { frame.around.as_ref() } {
            Some(outer) => frame = *outer,
            None => return false,
        }
    }
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
    with(C::CONTEXT, Context::of(header), None, f)
}

/// [`enter`] where the class is known at run time only.
#[track_caller]
pub(crate) fn enter_entry<R>(class: &'static ClassEntry, header: NonNull<Header>, f: impl FnOnce() -> R) -> R {
    let _entered = Entered::new(header, Location::caller());
    with(class.context, Context::of(header), None, f)
}

/// Runs `f` in all these instances, each of a class of its own.
///
/// The caller keeps the instances alive until this returns.
#[track_caller]
pub(crate) fn enter_each<R>(headers: impl Iterator<Item = NonNull<Header>>, f: impl FnOnce() -> R) -> R {
    let place = Location::caller();
    in_all(headers, f, |header, f| {
        let _entered = Entered::new(header, place);
        // SAFETY: the caller keeps the instance.
        with(unsafe { header.as_ref() }.class.context, Context::of(header), None, f);
    })
}

/// Runs `f` with this as what is current, class by class.
///
/// The caller keeps the instances alive until this returns.
#[track_caller]
pub(crate) fn restore<R>(contexts: impl Iterator<Item = (&'static ClassEntry, Current)>, f: impl FnOnce() -> R) -> R {
    let place = Location::caller();
    in_all(contexts, f, |(class, current), f| match current {
        Current::Nothing => with(class.context, Context::NONE, Some(class), f),
        Current::Barred => with(class.context, Context::BARRED, None, f),
        Current::Instance(header) => {
            let _entered = Entered::new(header, place);
            with(class.context, Context::of(header), None, f);
        }
    })
}

/// Runs `f` with nothing to resolve in one class, whatever the class says.
pub(crate) fn bar<R>(class: &'static ClassEntry, f: impl FnOnce() -> R) -> R {
    with(class.context, Context::BARRED, None, f)
}

/// Runs `f` with no context in any class.
pub(crate) fn leave_all<R>(f: impl FnOnce() -> R) -> R {
    in_all(classes().iter().copied(), f, |class, f| with(class.context, Context::NONE, Some(class), f))
}

/// Runs `f` with nothing to resolve in any class, whatever the classes say.
pub(crate) fn bar_all<R>(f: impl FnOnce() -> R) -> R {
    in_all(classes().iter().copied(), f, |class, f| with(class.context, Context::BARRED, None, f))
}

/// Nests one call of `each` per item around `f`.
fn in_all<T, R>(items: impl Iterator<Item = T>, f: impl FnOnce() -> R, each: impl Fn(T, &mut dyn FnMut())) -> R {
    // `dyn` ends the recursion of types.
    fn nested<T>(items: &mut dyn Iterator<Item = T>, f: &mut dyn FnMut(), each: &dyn Fn(T, &mut dyn FnMut())) {
        match items.next() {
            None => f(),
            Some(item) => each(item, &mut || nested(items, f, each)),
        }
    }
    let mut f = Some(f);
    let mut result = None;
    nested(&mut { items }, &mut || result = f.take().map(|f| f()), &each);
    result.expect("`nested` calls its closure")
}

/// `adopts` is the class whose base instance may take the place of [`Context::NONE`] meanwhile.
#[inline]
fn with<R>(class: ClassContext, context: Context, adopts: Option<&'static ClassEntry>, f: impl FnOnce() -> R) -> R {
    struct Restore {
        class: ClassContext,
        entered: Context,
        adopts: Option<&'static ClassEntry>,
        before: Outer,
    }
    impl Drop for Restore {
        #[inline]
        fn drop(&mut self) {
            let found = self.class.set(self.before.context, self.before.around);
            let is_base = |class: &ClassEntry| class.base.get() == Some(&found.addr());
            if found != self.entered && !self.adopts.is_some_and(is_base) {
                nesting_broken();
            }
        }
    }
    let restore = Restore { class, entered: context, adopts, before: class.state() };
    // It stays where it is until it is dropped, which takes it out of the chain.
    class.set(context, &raw const restore.before);
    f()
}

/// Contexts nest by construction, unless a crate switches stacks below us. Then a later access could reach
/// an instance that nobody keeps alive, so there is no way on.
#[cold]
#[inline(never)]
fn nesting_broken() -> ! {
    crate::failure::warn(format_args!(
        "contexts were not left in the order they were entered; does a crate switch stacks inside `enter`?"
    ));
    std::process::abort()
}
