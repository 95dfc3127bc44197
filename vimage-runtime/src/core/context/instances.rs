//! The build with instances: a thread-local pointer per class.

use std::mem::MaybeUninit;
use std::panic::Location;
use std::ptr::NonNull;

use super::Current;
use super::stack::Entered;
use crate::core::header::Header;
use crate::registry::{Class, ClassContext, ClassEntry, Context, Link, classes};

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
    if class.context.get() == Context::of(header) {
        return true;
    }
    let mut around = class.context.around();
    // SAFETY: it is in a stack frame of this thread that was not left: when it is, it is taken out of the chain. Where the
    // thread never gets back to it, the stack stays.
    while let Some(link) = unsafe { around.as_ref() } {
        if link.outer == Context::of(header) {
            return true;
        }
        around = link.around;
    }
    false
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
        before: Context,
        link: *const Link,
    }
    impl Drop for Restore {
        #[inline]
        fn drop(&mut self) {
            let found = self.class.replace(self.before);
            // Each by itself, so that they are in registers before.
            if found != self.entered {
                leave_slowly(self.class, self.entered, self.adopts, self.link, found);
            }
        }
    }
    // Outlives `restore`, and is not moved.
    let mut link = MaybeUninit::uninit();
    let before = class.replace(context);
    let mut restore = Restore { class, entered: context, adopts, before, link: link.as_ptr() };
    // The outermost `enter`, the frequent one, is spared the chain.
    if before != Context::NONE {
        add_link(class, &mut link, before, context);
        restore.entered = Context::LINKED;
    }
    f()
}

#[inline(never)]
fn add_link(class: ClassContext, link: &mut MaybeUninit<Link>, outer: Context, inner: Context) {
    class.set_around(link.write(Link { outer, inner, around: class.around() }));
}

/// Takes the link of a context out of the chain, if it has one, and checks what was found in its place.
#[inline(never)]
fn leave_slowly(
    class: ClassContext,
    mut entered: Context,
    adopts: Option<&'static ClassEntry>,
    link: *const Link,
    found: Context,
) {
    if entered == Context::LINKED {
        if class.around() != link {
            nesting_broken();
        }
        // SAFETY: `with` has added it, and its frame is being left just now.
        let link = unsafe { *link };
        class.set_around(link.around);
        entered = link.inner;
    }
    let is_base = |class: &ClassEntry| class.base.get() == Some(&found.addr());
    if found != entered && !adopts.is_some_and(is_base) {
        nesting_broken();
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
