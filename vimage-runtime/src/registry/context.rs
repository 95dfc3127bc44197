//! Where a class keeps what is current on a thread. What that means is the matter of `core::context`.

#[cfg(feature = "vimage")]
pub use instances::{ClassContext, Context};
#[cfg(not(feature = "vimage"))]
pub use single::ClassContext;

#[cfg(feature = "vimage")]
mod instances {
    use std::cell::Cell;
    use std::ptr::{self, NonNull};

    use super::super::address::Form;
    use crate::sync::LocalKey;

    /// The instance that accessors of one class resolve to on this thread, by the address of its block.
    /// Two values are no instance; see [`address`](super::super::address).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Context(*const ());

    impl Context {
        /// Nothing is entered; the class says what that means.
        pub const NONE: Self = Self(ptr::without_provenance(Form::NONE));
        /// Nothing is entered, and nothing may be resolved: fields are being dropped.
        pub(crate) const BARRED: Self = Self(ptr::without_provenance(Form::BARRED));

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

        #[inline(always)]
        pub(crate) fn replace(self, context: Context) -> Context {
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
