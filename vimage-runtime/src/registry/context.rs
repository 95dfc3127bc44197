//! Where a class keeps what is current on a thread. What that means is the matter of `core::context`.

#[cfg(feature = "vimage")]
pub use instances::{ClassContext, ThreadContext};
#[cfg(feature = "vimage")]
pub(crate) use instances::{Context, Link};
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
        /// Never current: where a [`Link`] says what was entered.
        pub(crate) const LINKED: Self = Self(ptr::null());

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

    /// A context in which another one was entered: in the stack frame that entered the inner one, and leaves it.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Link {
        pub(crate) outer: Context,
        pub(crate) inner: Context,
        /// The next one outwards; null at the end.
        pub(crate) around: *const Link,
    }

    /// The thread-local state of a class.
    #[derive(Debug)]
    pub struct ThreadContext {
        current: Cell<Context>,
        /// The contexts in which the current one was entered, the innermost first.
        around: Cell<*const Link>,
    }

    impl ThreadContext {
        /// No context. Called by `class!`.
        #[allow(clippy::new_without_default, reason = "only `class!` makes them")]
        pub const fn new() -> Self {
            Self { current: Cell::new(Context::NONE), around: Cell::new(ptr::null()) }
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

        pub(crate) fn around(self) -> *const Link {
            self.0.with(|thread| thread.around.get())
        }

        pub(crate) fn set_around(self, around: *const Link) {
            self.0.with(|thread| thread.around.set(around));
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
