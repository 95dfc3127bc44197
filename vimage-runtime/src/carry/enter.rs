//! The things that can be entered.

use crate::contexts::Contexts;
use crate::core::{Sealed, context};
use crate::instance::Instance;
use crate::registry::Class;
use crate::vimage::Vimage;

/// A context that closures and futures can be bound to: an [`Instance`], a [`Vimage`], or the [`Contexts`] of a thread.
///
/// It is implemented for these only. A clone holds counted handles, so that a context cannot outlive its instance.
///
/// ```
/// use vimage::Enter;
/// use vimage::prelude::*;
///
/// /// Works with any of them.
/// async fn work_in(context: &impl Enter) {
///     async { /* … */ }.within(context).await;
/// }
/// ```
pub trait Enter: Clone + Send + Sync + Sealed {
    #[doc(hidden)]
    #[track_caller]
    fn run<R>(&self, f: impl FnOnce() -> R) -> R;

    /// Runs the `Drop` of a carried value. Adds no panic of its own, because the thread may be unwinding.
    #[doc(hidden)]
    fn run_drop(&self, f: impl FnOnce());
}

impl<C: Class> Enter for Instance<C> {
    #[inline]
    #[track_caller]
    fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        self.enter(f)
    }

    fn run_drop(&self, f: impl FnOnce()) {
        // Without the check of `enter`: if the creation of the instance failed, its memory still exists.
        context::enter::<C, _>(self.handle().as_ptr(), f);
    }
}

impl Enter for Vimage {
    #[track_caller]
    fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        self.enter(f)
    }

    fn run_drop(&self, f: impl FnOnce()) {
        self.enter_even_gone(f);
    }
}

impl Enter for Contexts {
    #[track_caller]
    fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        self.enter(f)
    }

    fn run_drop(&self, f: impl FnOnce()) {
        self.enter(f);
    }
}
