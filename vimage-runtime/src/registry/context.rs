//! Where a class keeps what is current on a thread. What that means is the matter of `core::context`.

#[cfg(feature = "vimage")]
pub use instances::{ClassContext, Context, ContextCells, NO_CONTEXTS};
#[cfg(feature = "vimage")]
pub(crate) use instances::{OF_RUNTIME, RuntimeContexts, replace_of_runtime};
#[cfg(not(feature = "vimage"))]
pub use single::ClassContext;

#[cfg(feature = "vimage")]
mod instances {
    use std::cell::Cell;
    use std::ptr::{self, NonNull};

    use super::super::address::Form;
    use crate::sync::LocalKey;

    /// The instance that accessors of one class resolve to on this thread, by the address of its block.
    /// Two values are no instance; see `registry/address.rs`.
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

    /// How many classes the runtime has.
    pub(crate) const OF_RUNTIME: usize = 4;

    /// The contexts of the classes of the runtime. They lie side by side, so that all of them are changed with a few
    /// instructions.
    pub(crate) type RuntimeContexts = [Context; OF_RUNTIME];

    /// Where a thread keeps contexts: those of the runtime's classes together. Each other class has one by itself, and uses
    /// the first of these.
    pub type ContextCells = [Cell<Context>; OF_RUNTIME];

    /// Nothing is entered.
    #[expect(clippy::declare_interior_mutable_const, reason = "the initial value of thread-locals")]
    pub const NO_CONTEXTS: ContextCells = [const { Cell::new(Context::NONE) }; OF_RUNTIME];

    crate::sync::thread_local! {
        static RUNTIME: ContextCells = const { NO_CONTEXTS };
    }

    /// Changes the contexts of all classes of the runtime, and returns what they were.
    #[inline(always)]
    pub(crate) fn replace_of_runtime(contexts: &RuntimeContexts) -> RuntimeContexts {
        let cells = cells_of(&RUNTIME);
        // SAFETY: they are this thread's, see `cells_of`.
        let [a, b, c, d] = unsafe { &*cells };
        [a.replace(contexts[0]), b.replace(contexts[1]), c.replace(contexts[2]), d.replace(contexts[3])]
    }

    /// Where the contexts of this thread are: to be used at once, since they end with the thread.
    ///
    /// A pointer and not a closure for `with`, because it is the same function for all uses, and small enough to be inlined
    /// where crates and their codegen units are compiled one by one (`lto = "off"`).
    #[inline(always)]
    fn cells_of(key: &'static LocalKey<ContextCells>) -> *const ContextCells {
        key.with(ptr::from_ref)
    }

    /// Where a class keeps its context: a thread-local without a destructor.
    #[derive(Clone, Copy, Debug)]
    pub struct ClassContext {
        cells: &'static LocalKey<ContextCells>,
        index: usize,
        is_of_runtime: bool,
    }

    impl ClassContext {
        /// Called by `class!`.
        pub const fn new(cells: &'static LocalKey<ContextCells>) -> Self {
            Self { cells, index: 0, is_of_runtime: false }
        }

        /// Of a class of the runtime, each with an index of its own.
        pub(crate) const fn of_runtime(index: usize) -> Self {
            assert!(index < OF_RUNTIME);
            Self { cells: &RUNTIME, index, is_of_runtime: true }
        }

        /// Where it is among the contexts of the runtime's classes, if it is one of them.
        pub(crate) fn index_in_runtime(self) -> Option<usize> {
            self.is_of_runtime.then_some(self.index)
        }

        #[inline(always)]
        pub(crate) fn get(self) -> Context {
            // SAFETY: they are this thread's, see `cells_of`.
            let cells = unsafe { &*cells_of(self.cells) };
            cells[self.index % OF_RUNTIME].get()
        }

        #[inline(always)]
        pub(crate) fn replace(self, context: Context) -> Context {
            // SAFETY: as in `get`.
            let cells = unsafe { &*cells_of(self.cells) };
            cells[self.index % OF_RUNTIME].replace(context)
        }
    }

    /// Makes the `CONTEXT` of a class.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __class_context {
        () => {{
            $crate::__private::thread_local! {
                static CONTEXT: $crate::__private::ContextCells = const { $crate::__private::NO_CONTEXTS };
            }
            $crate::__private::ClassContext::new(&CONTEXT)
        }};
        // In the runtime only.
        ($index:literal) => {
            $crate::__private::ClassContext::of_runtime($index)
        };
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
        ($($index:literal)?) => {
            ()
        };
    }
}
