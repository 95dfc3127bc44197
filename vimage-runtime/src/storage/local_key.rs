//! Thread-locals of an instance: one value per instance and thread.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::thread::AccessError;

use crate::core::class_state::hold;
use crate::core::context::{bar_all, inside};
use crate::current;
use crate::error::{TeardownFailure, message};
use crate::failure;
use crate::registry::{ClassEntry, classes};

/// The type of `V_NAME` in virtualized code for a `#[virtualized] thread_local!`. It has the methods of std's
/// [`LocalKey`](std::thread::LocalKey); in the default build it is that type.
///
/// A value is made when a thread first uses the variable in an instance. It is dropped with its thread, or once its
/// instance is destroyed.
///
/// - If the thread ends first, the value is dropped in the instance, which is held meanwhile. A thread of
///   [`vimage::thread`](crate::thread) does so before `join` returns; any other thread in its destructors, during which
///   `destroy` may return `Busy`.
/// - If the instance is destroyed first, the value is dropped at once on the thread that destroys it. Other threads drop
///   theirs while they make further such values, so that less than half of their values are of destroyed instances, or when
///   they end, since a value that is not `Send` must be dropped on its thread. There is no context then, so that a `Drop`
///   that uses a `V_` name panics.
///
/// The [failure handler](crate::set_failure_handler) gets a panic of a `Drop`.
///
/// Cost: an access is a look-up in a table of the thread, about ten times a std thread-local.
///
/// ```
/// #[vimage::module]
/// mod depth {
///     use std::cell::Cell;
///     use vimage::prelude::*;
///
///     #[virtualized]
///     thread_local! {
///         static DEPTH: Cell<u32> = const { Cell::new(0) };
///     }
///
///     pub fn enter() -> u32 {
///         V_DEPTH.set(V_DEPTH.get() + 1);
///         V_DEPTH.get()
///     }
/// }
///
/// assert_eq!(depth::enter(), 1);
/// assert_eq!(depth::enter(), 2);
/// assert_eq!(std::thread::spawn(depth::enter).join().unwrap(), 1);
/// ```
///
/// The methods, as those of std:
///
/// ```
/// #[vimage::module]
/// mod names {
///     use std::cell::{Cell, RefCell};
///     use vimage::prelude::*;
///
///     #[virtualized]
///     thread_local! {
///         static COUNT: Cell<usize> = const { Cell::new(0) };
///         static NAMES: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
///     }
///
///     pub fn all() {
///         V_NAMES.with_borrow_mut(|names| names.push("ada"));
///         V_COUNT.set(V_NAMES.with_borrow(Vec::len));
///         assert_eq!((V_COUNT.get(), V_COUNT.replace(5), V_COUNT.take()), (1, 1, 5));
///         assert_eq!(V_NAMES.replace(vec!["grace"]), ["ada"]);
///         assert_eq!(V_NAMES.take(), ["grace"]);
///         V_NAMES.set(vec!["edsger"]);
///         assert_eq!(V_NAMES.with(|names| names.borrow().len()), 1);
///         assert_eq!(V_NAMES.try_with(|names| names.borrow().len()), Ok(1));
///     }
/// }
///
/// names::all();
/// ```
pub struct LocalKey<T: 'static> {
    /// Its address is the key in the tables; there is none before the first use.
    token: OnceLock<Arc<()>>,
    make: fn() -> T,
}

thread_local! {
    static VALUES: RefCell<Table> = RefCell::default();
}

/// How many variables with values were destroyed, on all threads.
static DESTROYED: AtomicUsize = AtomicUsize::new(0);

#[derive(Default)]
struct Table {
    values: HashMap<*const (), Value>,
    /// What [`DESTROYED`] was when the values of destroyed variables were last removed.
    destroyed: usize,
}

struct Value {
    value: Rc<dyn Any>,
    /// Keeps the token's address from being used again, and tells whether the variable still exists.
    token: Weak<()>,
    /// The instance whose variable this is, if the value has something to drop.
    home: Option<Home>,
}

type Home = (&'static ClassEntry, u64);

impl Table {
    fn insert(&mut self, token: &Arc<()>, value: Rc<dyn Any>, home: Option<Home>) -> Vec<Value> {
        let mut gone = Vec::new();
        // With acquire, so that the tokens of those that are counted are seen to be gone.
        let destroyed = DESTROYED.load(Ordering::Acquire);
        let since = destroyed.wrapping_sub(self.destroyed);
        // Not for each: a sweep looks at all values. What is left is less than half of them.
        if since > 0 && since >= self.values.len() / 2 {
            gone.extend(self.values.extract_if(|_, value| value.token.strong_count() == 0).map(|(_, value)| value));
            self.destroyed = destroyed;
        }
        gone.extend(self.values.insert(Arc::as_ptr(token), Value { value, token: Arc::downgrade(token), home }));
        gone
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        drop_values(std::mem::take(&mut self.values).into_values());
    }
}

/// Drops them in their instances, or with no context where these are destroyed; each by itself: one that panics takes no other
/// along, nor the process, as a panic in the destructor of a std thread-local would.
fn drop_values(values: impl IntoIterator<Item = Value>) {
    for value in values {
        let home = value.home.and_then(|(class, id)| hold(class, id));
        let dropped = catch_unwind(AssertUnwindSafe(|| match &home {
            Some(home) => inside(home.as_ptr(), || drop(value)),
            None => bar_all(|| drop(value)),
        }));
        if let Err(panic) = dropped {
            failure::report(vec![TeardownFailure::in_thread_local(message(panic))]);
        }
    }
}

/// Drops all values of this thread when it is dropped itself.
pub(crate) struct AtEnd;

impl Drop for AtEnd {
    fn drop(&mut self) {
        let values = VALUES.try_with(|table| std::mem::take(&mut table.borrow_mut().values));
        drop_values(values.unwrap_or_default().into_values());
    }
}

impl<T: 'static> LocalKey<T> {
    /// Called by `#[virtualized] thread_local!`.
    #[doc(hidden)]
    pub const fn new(make: fn() -> T) -> Self {
        Self { token: OnceLock::new(), make }
    }

    /// Calls `f` with this thread's value, which is made if there is none.
    ///
    /// # Panics
    ///
    /// While the values of this thread are being dropped, as it ends.
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.try_with(f).expect("cannot access a virtualized thread-local during or after the end of its thread")
    }

    /// As [`with`](Self::with).
    ///
    /// # Errors
    ///
    /// While the values of this thread are being dropped, as it ends.
    pub fn try_with<R>(&self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        let token = self.token.get_or_init(Arc::default);
        let key = Arc::as_ptr(token);
        let found = VALUES.try_with(|table| Some(Rc::clone(&table.borrow().values.get(&key)?.value)))?;
        let value = match found {
            Some(value) => value,
            None => {
                // The table is not borrowed while user code runs, nor when a value is dropped.
                let value: Rc<dyn Any> = Rc::new((self.make)());
                let home = if std::mem::needs_drop::<T>() { self.home() } else { None };
                let gone = VALUES.try_with(|table| table.borrow_mut().insert(token, Rc::clone(&value), home))?;
                drop_values(gone);
                value
            }
        };
        // The count keeps the value while `f` runs, whatever happens to the table.
        Ok(f(value.downcast_ref().expect("a key has values of one type")))
    }

    /// The instance in whose block this lies, if it is a current one.
    fn home(&self) -> Option<Home> {
        let here = std::ptr::from_ref(self).addr();
        classes().iter().find_map(|&class| {
            let block = current::entered(class)?;
            let size = class.laid_out().layout.size();
            // SAFETY: the owner of the context keeps it alive until this thread has left it.
            let id = unsafe { block.as_ref() }.id;
            (block.addr().get()..block.addr().get() + size).contains(&here).then_some((class, id))
        })
    }
}

impl<T: 'static> LocalKey<Cell<T>> {
    /// Sets this thread's value.
    pub fn set(&self, value: T) {
        self.with(|cell| cell.set(value));
    }

    /// A copy of this thread's value.
    #[must_use]
    pub fn get(&self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// Takes this thread's value and leaves the default.
    #[must_use]
    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    /// Sets this thread's value and returns the old one.
    pub fn replace(&self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> LocalKey<RefCell<T>> {
    /// Calls `f` with this thread's value.
    ///
    /// # Panics
    ///
    /// If it is mutably borrowed.
    pub fn with_borrow<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.with(|cell| f(&cell.borrow()))
    }

    /// Calls `f` with this thread's value, mutable.
    ///
    /// # Panics
    ///
    /// If it is borrowed.
    pub fn with_borrow_mut<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        self.with(|cell| f(&mut cell.borrow_mut()))
    }

    /// Sets this thread's value.
    ///
    /// # Panics
    ///
    /// If it is borrowed.
    pub fn set(&self, value: T) {
        self.with(|cell| *cell.borrow_mut() = value);
    }

    /// Takes this thread's value and leaves the default.
    ///
    /// # Panics
    ///
    /// If it is borrowed.
    #[must_use]
    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }

    /// Sets this thread's value and returns the old one.
    ///
    /// # Panics
    ///
    /// If it is borrowed.
    pub fn replace(&self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> Drop for LocalKey<T> {
    fn drop(&mut self) {
        if let Some(token) = self.token.take() {
            // The thread's table may be dropped already, and the value with it.
            let own = VALUES.try_with(|table| table.borrow_mut().values.remove(&Arc::as_ptr(&token)));
            drop(token);
            DESTROYED.fetch_add(1, Ordering::Release);
            drop_values(own.ok().flatten());
        }
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}
