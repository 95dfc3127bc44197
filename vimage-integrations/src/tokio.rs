//! Tasks and blocking calls of [tokio](https://docs.rs/tokio) in an instance.
//!
//! `tokio::spawn(task.within(&instance))` and `tokio::spawn(task.within_current())` of the
//! [prelude](vimage::prelude) need nothing from here. An [`InstanceHandle`] is for code that is given a handle and spawns by
//! itself.
//!
//! A runtime cannot have threads that are in an instance for as long as they live: its hooks
//! (`on_thread_start`, `on_thread_stop`, `on_thread_park`) are called at a moment and return, and an instance is entered for
//! the length of a call. What is entered is each poll of a task and each blocking call.
//!
//! `#[vimage::main]` goes above `#[tokio::main]`; see [`vimage::main`](macro@vimage::main).

use ::tokio::runtime::Handle;
use ::tokio::task::JoinHandle;
use vimage::Enter;
use vimage::future::FutureExt;

/// A handle to a runtime whose tasks and blocking calls are in an instance, a vimage or contexts. It holds a counted
/// handle to the instance, and so does each task until it ends.
///
/// ```
/// use tokio::runtime::{Builder, Handle};
/// use vimage::prelude::*;
/// use vimage_integrations::tokio::InstanceHandle;
///
/// let vnet = Vnet::base()?;
/// let runtime = Builder::new_current_thread().build()?;
/// let handle = InstanceHandle::new(runtime.handle().clone(), &vnet);
/// let task = handle.spawn(async { Vnet::current() });
/// assert_eq!(runtime.block_on(task)?, Some(vnet.clone()));
/// let blocking = handle.spawn_blocking(Vnet::current);
/// assert_eq!(runtime.block_on(blocking)?, Some(vnet));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// In builds without instances it does what the handle does.
#[derive(Clone, Debug)]
pub struct InstanceHandle<X> {
    runtime: Handle,
    context: X,
}

impl<X: Enter> InstanceHandle<X> {
    /// A handle for tasks in `context`.
    pub fn new(runtime: Handle, context: &X) -> Self {
        Self { runtime, context: context.clone() }
    }

    /// What the tasks run in.
    pub fn context(&self) -> &X {
        &self.context
    }

    /// Spawns a task in the instance; otherwise as [`Handle::spawn`].
    #[track_caller]
    pub fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
        X: 'static,
    {
        self.runtime.spawn(task.within(&self.context))
    }

    /// Runs `f` in the instance on a thread where blocking is acceptable; otherwise as [`Handle::spawn_blocking`].
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
        X: 'static,
    {
        let context = self.context.clone();
        self.runtime.spawn_blocking(move || crate::enter(&context, f))
    }

    /// Runs a future in the instance on this thread; otherwise as [`Handle::block_on`].
    ///
    /// # Panics
    ///
    /// Where `Handle::block_on` does, such as in a task.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future.within(&self.context))
    }
}
