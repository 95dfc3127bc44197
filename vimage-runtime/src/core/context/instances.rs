//! The build with instances: a thread-local pointer per class.

use std::panic::Location;
use std::ptr::NonNull;

use super::Current;
use super::stack::Entered;
use crate::core::header::Header;
use crate::registry::{Class, ClassContext, ClassEntry, Context};

/// What is entered on this thread, without a fall-back.
#[inline]
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

/// Runs `f` with nothing to resolve in one class, whatever the class says.
pub(crate) fn bar<R>(class: &'static ClassEntry, f: impl FnOnce() -> R) -> R {
    let _restore = Restore::set(class.context, Context::BARRED, None);
    f()
}

/// A context that was set; restores what was when it is dropped.
pub(super) struct Restore {
    class: ClassContext,
    entered: Context,
    before: Context,
    /// The class whose base instance may take the place of [`Context::NONE`] meanwhile.
    adopts: Option<&'static ClassEntry>,
}

impl Restore {
    #[inline]
    pub(super) fn set(class: ClassContext, entered: Context, adopts: Option<&'static ClassEntry>) -> Self {
        Self { class, entered, before: class.replace(entered), adopts }
    }
}

impl Drop for Restore {
    #[inline]
    fn drop(&mut self) {
        // Compared before it is overwritten, so that it is an operand of the comparison.
        let found = self.class.get();
        let is_base = |class: &ClassEntry| class.base.get() == Some(&found.addr());
        if found != self.entered && !self.adopts.is_some_and(is_base) {
            nesting_broken();
        }
        self.class.replace(self.before);
    }
}

/// Contexts nest by construction, unless a crate switches stacks below us. Then a later access could reach
/// an instance that no handle keeps alive: the process cannot go on.
#[cold]
#[inline(never)]
pub(super) fn nesting_broken() -> ! {
    crate::failure::warn(format_args!(
        "contexts were not left in the order they were entered; does a crate switch stacks inside `enter`?"
    ));
    std::process::abort()
}
