//! Threads that inherit the contexts of the thread that starts them.
//!
//! The functions are those of [`std::thread`], and return its types. A child thread runs in the contexts that were current
//! in its parent at `spawn`, of every class. It holds handles until it ends, so it may outlive the `enter` in which it was
//! started. A child of [`spawn_weak`] holds none, and enters the contexts of its parent for one piece of work at a time.
//! In builds without instances these are std's functions.
//!
//! ```
//! # use vimage::prelude::*;
//! let base = Vnet::base()?;
//! base.enter(|| {
//!     vimage::thread::scope(|scope| {
//!         scope.spawn(|| assert_eq!(Vnet::current().as_ref(), Some(&base)));
//!     });
//! });
//! # Ok::<(), vimage::BootError>(())
//! ```

use std::fmt;
use std::io;
use std::thread;

#[doc(no_inline)]
pub use std::thread::{JoinHandle, ScopedJoinHandle};

use crate::contexts::{Contexts, WeakContexts};
use crate::storage::AtEnd;

/// Starts a thread that inherits every context; otherwise as [`std::thread::spawn`].
///
/// A child that a detach hook starts has no context of the hook's class: no handle to the instance can be made then.
///
/// ```
/// # use vimage::prelude::*;
/// let vnet = Vnet::base()?;
/// let child = vnet.enter(|| vimage::thread::spawn(|| Vnet::current().unwrap().id()));
/// assert_eq!(child.join().unwrap(), vnet.id());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
///
/// If the operating system does not create a thread; [`Builder::spawn`] returns that as an error.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new().spawn(f).expect("failed to spawn thread")
}

/// Starts a thread that keeps no instance: it gets the contexts of this thread as [`WeakContexts`], and enters them when
/// it has something to do there; otherwise as [`spawn`].
///
/// For a worker that an instance starts, whose queue is in a variable of the instance. A worker from [`spawn`] would
/// keep the instance, and its queue, for ever. Outside of [`WeakContexts::enter`] there is no current instance of the
/// classes that had one, not even the base instance: using a variable panics.
///
/// ```
/// # use vimage::prelude::*;
/// use std::sync::mpsc;
///
/// let vnet = Vnet::base()?;
/// let (jobs, todo) = mpsc::channel::<fn() -> u64>();
/// let worker = vnet.enter(|| {
///     vimage::thread::spawn_weak(move |here| {
///         // It ends when the instance is destroyed, at the latest with the next job.
///         todo.into_iter().map_while(|job| here.enter(job)).sum::<u64>()
///     })
/// });
/// jobs.send(|| Vnet::current().unwrap().id())?;
/// drop(jobs);
/// assert_eq!(worker.join().unwrap(), vnet.id());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
///
/// If the operating system does not make a thread; [`Builder::spawn_weak`] returns that.
#[track_caller]
pub fn spawn_weak<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce(WeakContexts) -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new().spawn_weak(f).expect("failed to spawn thread")
}

/// Options of a thread that inherits every context, as in [`std::thread::Builder`].
///
/// ```
/// # use vimage::prelude::*;
/// let vnet = Vnet::base()?;
/// let builder = vimage::thread::Builder::new().name("worker".to_owned()).stack_size(256 * 1024);
/// let child = vnet.enter(|| builder.spawn(|| Vnet::current().unwrap().id()))?;
/// assert_eq!(child.join().unwrap(), vnet.id());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "no thread starts before `spawn`"]
#[derive(Debug)]
pub struct Builder(thread::Builder);

impl Builder {
    /// No name, and a stack of the default size.
    #[expect(clippy::new_without_default, reason = "as in std")]
    pub fn new() -> Self {
        Self(thread::Builder::new())
    }

    /// Names the thread.
    ///
    /// # Panics
    ///
    /// `spawn` panics if the name contains a null byte.
    pub fn name(self, name: String) -> Self {
        Self(self.0.name(name))
    }

    /// Sets the size of the stack in bytes.
    pub fn stack_size(self, size: usize) -> Self {
        Self(self.0.stack_size(size))
    }

    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// If the operating system does not create one.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let vnet = Vnet::base()?;
    /// let child = vnet.enter(|| vimage::thread::Builder::new().spawn(|| Vnet::current()))?;
    /// assert_eq!(child.join().unwrap(), Some(vnet));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.0.spawn(Contexts::current().bind(to_the_end(f)))
    }

    /// Starts a thread that keeps no instance; see [`spawn_weak`].
    ///
    /// # Errors
    ///
    /// If the operating system does not make one.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let vnet = Vnet::base()?;
    /// let builder = vimage::thread::Builder::new().name("worker".to_owned()).stack_size(64 * 1024);
    /// let worker = vnet.enter(|| builder.spawn_weak(|here| here.enter(|| Vnet::current().unwrap().id())))?;
    /// assert_eq!(worker.join().unwrap(), Some(vnet.id()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn spawn_weak<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce(WeakContexts) -> T + Send + 'static,
        T: Send + 'static,
    {
        let here = Contexts::current().downgrade();
        self.0.spawn(move || here.barred().enter(to_the_end(|| f(here.clone()))))
    }

    /// Starts a thread that borrows from outside of `scope`.
    ///
    /// # Errors
    ///
    /// If the operating system does not create one.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let vnet = Vnet::base()?;
    /// let mut id = None;
    /// vimage::thread::scope(|scope| {
    ///     vnet.enter(|| vimage::thread::Builder::new().spawn_scoped(scope, || id = Vnet::current().map(|vnet| vnet.id())))
    ///         .expect("the system starts a thread");
    /// });
    /// assert_eq!(id, Some(vnet.id()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn spawn_scoped<'scope, 'env, F, T>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        self.0.spawn_scoped(&scope.0, Contexts::current().bind(to_the_end(f)))
    }
}

/// Also drops the thread-local values of instances that `f` leaves, while the handles exist: a thread that has joined this
/// one can destroy the instances.
fn to_the_end<T>(f: impl FnOnce() -> T) -> impl FnOnce() -> T {
    move || {
        let _values = cfg!(any(feature = "vimage", feature = "static-struct")).then_some(AtEnd);
        f()
    }
}

/// Starts scoped threads; from [`scope`].
///
/// ```
/// use vimage::thread::Scope;
///
/// fn start<'scope>(scope: &'scope Scope<'scope, '_>, counts: &'scope mut [u32]) {
///     for count in counts {
///         scope.spawn(|| *count += 1);
///     }
/// }
///
/// let mut counts = [0; 3];
/// vimage::thread::scope(|scope| start(scope, &mut counts));
/// assert_eq!(counts, [1; 3]);
/// ```
#[repr(transparent)]
pub struct Scope<'scope, 'env: 'scope>(thread::Scope<'scope, 'env>);

/// Starts threads that borrow, and waits for them; otherwise as [`std::thread::scope`].
///
/// Each thread inherits the contexts that are current where it is spawned, and holds handles: it may outlive an `enter`
/// inside of the scope.
///
/// ```
/// # use vimage::prelude::*;
/// let vnet = Vnet::base()?;
/// let mut ids = [0; 2];
/// vimage::thread::scope(|scope| {
///     for id in &mut ids {
///         vnet.enter(|| scope.spawn(move || *id = Vnet::current().unwrap().id()));
///     }
/// });
/// assert_eq!(ids, [vnet.id(); 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
///
/// If a thread panicked that was not joined.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    thread::scope(|scope| f(Scope::from_std(scope)))
}

impl<'scope, 'env> Scope<'scope, 'env> {
    fn from_std(scope: &'scope thread::Scope<'scope, 'env>) -> &'scope Self {
        // SAFETY: `Self` is a transparent wrapper around the same type, and lives as long.
        unsafe { &*std::ptr::from_ref(scope).cast::<Self>() }
    }

    /// Starts a thread that inherits every context; otherwise as [`std::thread::Scope::spawn`].
    ///
    /// # Panics
    ///
    /// If the operating system does not create one; [`Builder::spawn_scoped`] returns that as an error.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let vnet = Vnet::base()?;
    /// let mut sum = 0;
    /// vimage::thread::scope(|scope| {
    ///     vnet.enter(|| scope.spawn(|| sum += Vnet::current().unwrap().id() + 1));
    /// });
    /// assert_eq!(sum, vnet.id() + 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        Builder::new().spawn_scoped(self, f).expect("failed to spawn thread")
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
