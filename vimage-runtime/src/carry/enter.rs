//! The things that can be entered.

use crate::contexts::Contexts;
use crate::core::{Handle, Sealed, context};
use crate::instance::Instance;
use crate::registry::Class;
use crate::vimage::Vimage;

/// What a closure or a future can be bound to: an [`Instance`], a [`Vimage`], or the [`Contexts`] of a thread.
///
/// It is implemented for these only. A clone is a counted handle, so that a context cannot outlive its instance.
pub trait Enter: Clone + Send + Sync + Sealed {
    #[doc(hidden)]
    #[track_caller]
    fn run<R>(&self, f: impl FnOnce() -> R) -> R;

    /// Runs the `Drop` of what was carried here. Never panics by itself, because a panic may be on its way.
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
        // Also where the creation of the instance has failed: its memory is there.
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

/// An instance of a class that is known at run time only.
pub(crate) struct AnyInstance(pub(crate) Handle);

impl AnyInstance {
    #[track_caller]
    pub(crate) fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        context::enter_entry(self.0.header().class, self.0.as_ptr(), f)
    }
}
