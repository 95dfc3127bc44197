//! The build with instances: a thread-local pointer per class.

use std::cell::Cell;
use std::panic::Location;
use std::ptr::{self, NonNull};

use super::Captured;
use super::stack::Entered;
use crate::boot;
use crate::class::{Class, ClassEntry, NoContext};
use crate::instance::{Handle, Header};
use crate::sync::LocalKey;

/// The instance that accessors of one class resolve to on this thread.
///
/// The two values that are no instance lie so high that adding the offset of any part overflows: one
/// `checked_add` in the accessor finds both "no context" and "not registered" (whose offset is the highest
/// number). Real offsets are larger than the header, so at least 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context(*const Header);

impl Context {
    /// Nothing is entered; the class says what that means.
    pub const NONE: Self = Self(ptr::without_provenance(usize::MAX));
    /// Nothing is entered, and nothing may be resolved: fields are being dropped.
    pub(crate) const BARRED: Self = Self(ptr::without_provenance(usize::MAX - 1));

    pub(crate) fn of(header: NonNull<Header>) -> Self {
        Self(header.as_ptr())
    }

    #[inline(always)]
    pub(crate) fn as_ptr(self) -> *const Header {
        self.0
    }

    pub(crate) fn instance(self) -> Option<NonNull<Header>> {
        if self == Self::NONE || self == Self::BARRED { None } else { NonNull::new(self.0.cast_mut()) }
    }
}

/// Where a class keeps its context: a thread-local without a destructor.
#[derive(Clone, Copy, Debug)]
pub struct ClassContext(&'static LocalKey<Cell<Context>>);

impl ClassContext {
    /// Called by `class!`.
    pub const fn new(key: &'static LocalKey<Cell<Context>>) -> Self {
        Self(key)
    }

    #[inline(always)]
    pub(crate) fn get(self) -> Context {
        self.0.with(Cell::get)
    }

    fn set(self, context: Context) {
        self.0.with(|current| current.set(context));
    }

    #[inline(always)]
    fn replace(self, context: Context) -> Context {
        self.0.with(|current| current.replace(context))
    }
}

/// Makes the `CONTEXT` of a class.
#[doc(hidden)]
#[macro_export]
macro_rules! __class_context {
    () => {{
        $crate::__private::thread_local! {
            static CONTEXT: $crate::__private::core::cell::Cell<$crate::__private::Context> =
                const { $crate::__private::core::cell::Cell::new($crate::__private::Context::NONE) };
        }
        $crate::__private::ClassContext::new(&CONTEXT)
    }};
}

/// The instance an accessor of this class would resolve to, without a panic.
pub(crate) fn current(class: &'static ClassEntry) -> Option<NonNull<Header>> {
    match class.context.get() {
        Context::NONE if class.no_context == NoContext::Base => adopt_base(class).ok(),
        context => context.instance(),
    }
}

/// Whether the accessors of its class resolve to this instance on this thread.
pub(crate) fn is_current(header: NonNull<Header>) -> bool {
    // SAFETY: the caller has a handle.
    unsafe { header.as_ref() }.class.context.get() == Context::of(header)
}

/// Makes the base instance current for good on this thread, which has no context.
#[cold]
pub(crate) fn adopt_base(class: &'static ClassEntry) -> Result<NonNull<Header>, boot::BootError> {
    boot::ensure()?;
    let base = base_of(class);
    class.context.set(Context::of(base));
    Ok(base)
}

fn base_of(class: &'static ClassEntry) -> NonNull<Header> {
    class.laid_out().base()
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
#[track_caller]
pub(crate) fn enter_each<'a, R>(handles: impl Iterator<Item = &'a Handle>, f: impl FnOnce() -> R) -> R {
    let place = Location::caller();
    in_all(handles.map(|handle| handle.as_ptr()), f, |header, f| {
        let _entered = Entered::new(header, place);
        // SAFETY: the handle is borrowed until this returns.
        with(unsafe { header.as_ref() }.class.context, Context::of(header), None, f);
    })
}

/// Holds what is entered on this thread, without looking for a fall-back.
#[track_caller]
pub(crate) fn capture(class: &'static ClassEntry) -> Captured {
    match class.context.get() {
        Context::NONE => Captured::Nothing,
        _ => match Handle::current(class) {
            Some(handle) => Captured::Instance(handle),
            None => Captured::Barred,
        },
    }
}

/// Runs `f` in what was captured, class by class.
#[track_caller]
pub(crate) fn enter_captured<'a, R>(
    captured: impl Iterator<Item = (&'static ClassEntry, &'a Captured)>,
    f: impl FnOnce() -> R,
) -> R {
    let place = Location::caller();
    in_all(captured, f, |(class, captured), f| match captured {
        Captured::Nothing => with(class.context, Context::NONE, Some(class), f),
        Captured::Barred => with(class.context, Context::BARRED, None, f),
        Captured::Instance(handle) => {
            let _entered = Entered::new(handle.as_ptr(), place);
            with(class.context, Context::of(handle.as_ptr()), None, f);
        }
    })
}

/// Runs `f` with nothing to resolve in one class, whatever the class says.
pub(crate) fn bar<R>(class: &'static ClassEntry, f: impl FnOnce() -> R) -> R {
    with(class.context, Context::BARRED, None, f)
}

/// Runs `f` with no context in any class.
pub(crate) fn leave_all<R>(f: impl FnOnce() -> R) -> R {
    in_all(boot::classes().iter().copied(), f, |class, f| with(class.context, Context::NONE, Some(class), f))
}

/// Runs `f` with nothing to resolve in any class, whatever the classes say.
pub(crate) fn bar_all<R>(f: impl FnOnce() -> R) -> R {
    in_all(boot::classes().iter().copied(), f, |class, f| with(class.context, Context::BARRED, None, f))
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
    }
    impl Drop for Restore {
        #[inline]
        fn drop(&mut self) {
            let found = self.class.replace(self.before);
            if found != self.entered && !self.adopts.is_some_and(|class| found == Context::of(base_of(class))) {
                nesting_broken();
            }
        }
    }
    let before = class.replace(context);
    let _restore = Restore { class, entered: context, adopts, before };
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
