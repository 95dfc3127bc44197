//! Where a class keeps what is current on a thread. What that means is the matter of `core::context`.

#[cfg(feature = "vimage")]
pub(crate) use instances::{Context, Outer};
#[cfg(feature = "vimage")]
pub use instances::{ClassContext, ThreadContext};
#[cfg(not(feature = "vimage"))]
pub use single::ClassContext;

#[cfg(feature = "vimage")]
mod instances {
    use std::cell::Cell;
    use std::ptr::{self, NonNull};

    use crate::sync::LocalKey;

    /// The instance that accessors of one class resolve to on this thread, by the address of its block.
    ///
    /// The two values that are no instance lie so high that adding the offset of any part overflows: one
    /// `checked_add` in the accessor finds both "no context" and "not registered" (whose offset is the highest
    /// number). Real offsets are larger than the header, so at least 2.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Context(*const ());

    impl Context {
        /// Nothing is entered; the class says what that means.
        pub(crate) const NONE: Self = Self(ptr::without_provenance(usize::MAX));
        /// Nothing is entered, and nothing may be resolved: fields are being dropped.
        pub(crate) const BARRED: Self = Self(ptr::without_provenance(usize::MAX - 1));

        pub(crate) fn of<T>(block: NonNull<T>) -> Self {
            Self(block.as_ptr().cast_const().cast())
        }

        #[inline(always)]
        pub(crate) fn as_ptr<T>(self) -> *const T {
            self.0.cast()
        }

        pub(crate) fn addr(self) -> usize {
            self.0.addr()
        }

        pub(crate) fn block<T>(self) -> Option<NonNull<T>> {
            if self == Self::NONE || self == Self::BARRED { None } else { NonNull::new(self.0.cast_mut().cast()) }
        }
    }

    /// A context that another one was entered in, in the stack frame of the inner one.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Outer {
        pub(crate) context: Context,
        /// The one around it; null at the outermost.
        pub(crate) around: *const Outer,
    }

    /// What a class keeps per thread.
    #[derive(Debug)]
    pub struct ThreadContext {
        current: Cell<Context>,
        /// The innermost of the contexts around the current one.
        outer: Cell<*const Outer>,
    }

    impl ThreadContext {
        /// No context. Called by `class!`.
        #[allow(clippy::new_without_default, reason = "only `class!` makes them")]
        pub const fn new() -> Self {
            Self { current: Cell::new(Context::NONE), outer: Cell::new(ptr::null()) }
        }
    }

    /// Where a class keeps its context: a thread-local without a destructor.
    #[derive(Clone, Copy, Debug)]
    pub struct ClassContext(&'static LocalKey<ThreadContext>);

    impl ClassContext {
        /// Called by `class!`.
        pub const fn new(key: &'static LocalKey<ThreadContext>) -> Self {
            Self(key)
        }

        #[inline(always)]
        pub(crate) fn get(self) -> Context {
            self.0.with(|thread| thread.current.get())
        }

        #[inline(always)]
        pub(crate) fn replace(self, context: Context) -> Context {
            self.0.with(|thread| thread.current.replace(context))
        }

        /// What is current, and what is around it.
        #[inline(always)]
        pub(crate) fn state(self) -> Outer {
            self.0.with(|thread| Outer { context: thread.current.get(), around: thread.outer.get() })
        }

        /// Makes a context current, with `around` as the innermost of those around it; returns what was current.
        #[inline(always)]
        pub(crate) fn set(self, context: Context, around: *const Outer) -> Context {
            self.0.with(|thread| {
                thread.outer.set(around);
                thread.current.replace(context)
            })
        }
    }

    /// Makes the `CONTEXT` of a class.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __class_context {
        () => {{
            $crate::__private::thread_local! {
                static CONTEXT: $crate::__private::ThreadContext = const { $crate::__private::ThreadContext::new() };
            }
            $crate::__private::ClassContext::new(&CONTEXT)
        }};
    }
}

#[cfg(not(feature = "vimage"))]
mod single {
    /// Nothing: no thread is ever elsewhere than in the base instance.
    pub type ClassContext = ();

    /// Makes the `CONTEXT` of a class.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __class_context {
        () => {
            ()
        };
    }
}
