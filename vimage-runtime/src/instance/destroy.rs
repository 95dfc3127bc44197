//! The end of an instance that its holder asks for.

use std::error::Error;
use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::handle::Instance;
use crate::core::Phase;
use crate::core::hooks::Refusal;
use crate::core::phase::InstanceState;
use crate::core::teardown::{self, Stays};
use crate::error::{Holders, ShutdownError, TeardownFailure};
use crate::registry::Class;

impl<C: Class> Instance<C> {
    /// Runs the quiesce hooks, in reverse order of attach. In them modules release what they hold: timers, sockets,
    /// handles. Code that runs in the instance can still use it, but nothing new can be bound to it, weak handles do not
    /// find it, and lists leave it out. Then only [`destroy`](Self::destroy) or the drop of the last handle can follow. A second
    /// call does nothing.
    ///
    /// In builds without instances there is only the base instance, and this is always [`ShutdownError::Base`].
    ///
    /// # Errors
    ///
    /// [`ShutdownError`] if a hook refuses or panics, for the base instance, while attach hooks are running, and while
    /// another thread is shutting it down. The instance is then as before.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::InstanceState;
    ///
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vnet::new()?;
    /// red.shutdown()?;
    /// assert_eq!(red.state(), InstanceState::ShuttingDown);
    /// assert_eq!(Vnet::by_id(red.id())?, None);
    /// red.destroy()?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shutdown(&self) -> Result<(), ShutdownError> {
        if self.is_base() {
            return Err(ShutdownError::Base);
        }
        if self.state() == InstanceState::Creating {
            return Err(ShutdownError::Creating);
        }
        loop {
            // SAFETY: `self` is a handle.
            let done = unsafe { teardown::shut_down(self.handle.as_ptr()) };
            match (done, self.handle.header().phase()) {
                (Err(Refusal { module, source }), _) => {
                    return Err(ShutdownError::Refused { module: module.name, source });
                }
                // It may be this thread, in a hook, so that there is nothing to wait for.
                (Ok(false), Phase::Quiescing) => return Err(ShutdownError::InProgress),
                // Somebody else was shutting it down, and a hook has refused.
                (Ok(false), Phase::Live) => {}
                (Ok(_), _) => return Ok(()),
            }
        }
    }

    /// Destroys the instance: [`shutdown`](Self::shutdown), then the detach hooks in reverse order of attach, then the
    /// drops of the variables, also in reverse.
    ///
    /// The instance is current in its hooks, and no instance of any other class is. Quiesce hooks can make handles,
    /// detach hooks cannot. While the variables are dropped there is no context at all.
    ///
    /// Other threads may hold a handle for a moment only: in a walk over [`list`](Self::list), a running closure from
    /// [`bind_weak`](Self::bind_weak), a handler of a [link](crate::link). That is `Busy` too;
    /// [`destroy_within`](Self::destroy_within) waits for them.
    ///
    /// Cost: the hooks, the drops, and freeing one allocation; the lock of the class is taken for a moment. The number of
    /// instances does not matter.
    ///
    /// In builds without instances there is only the base instance, and this is always [`DestroyError::Base`].
    ///
    /// # Errors
    ///
    /// - [`DestroyError::Busy`] if other handles exist, and [`DestroyError::Refused`] if a quiesce hook refuses or panics.
    ///   Both return the handle. Nothing was torn down, and the instance is live again. What the quiesce hooks have
    ///   released stays released; if all of them had agreed, the links of the instance are closed and values lent to it are
    ///   back with their owners. The next attempt runs the hooks again.
    /// - [`DestroyError::Base`], with the handle, for the base instance.
    /// - [`DestroyError::Panicked`] if a detach hook or a `Drop` panicked. All others have run, and the instance is destroyed.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vnet::new()?;
    /// let other = red.clone();
    /// let red = red.destroy().unwrap_err().into_instance().unwrap(); // `Busy`: there is another handle
    /// drop(other);
    /// red.destroy()?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn destroy(self) -> Result<(), DestroyError<C>> {
        self.destroy_until(None)
    }

    /// As [`destroy`](Self::destroy), but waits up to `timeout` for other handles to be dropped, after the quiesce
    /// hooks have run.
    ///
    /// It blocks the thread. In a task of an executor that may block the tasks that hold the instance: call it where
    /// blocking is allowed (`tokio::task::spawn_blocking`), or call [`destroy`](Self::destroy) again later.
    ///
    /// # Errors
    ///
    /// As [`destroy`](Self::destroy); [`DestroyError::Busy`] when the time is over.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use std::time::Duration;
    ///
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vnet::new()?;
    /// let worker = red.enter(|| vimage::thread::spawn(|| Vnet::current().unwrap().id()));
    /// red.destroy_within(Duration::from_secs(10))?; // waits for the thread, which has a handle
    /// # worker.join().unwrap();
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn destroy_within(self, timeout: Duration) -> Result<(), DestroyError<C>> {
        self.destroy_until(Some(teardown::deadline(timeout)))
    }

    fn destroy_until(self, deadline: Option<Instant>) -> Result<(), DestroyError<C>> {
        if self.is_base() {
            return Err(DestroyError::Base(self));
        }
        let handle = ManuallyDrop::new(self.handle);
        // SAFETY: the handle is forgotten if this is `Ok`.
        let stays = match unsafe { teardown::destroy_one(&handle, deadline) } {
            Ok(failures) if failures.is_empty() => return Ok(()),
            Ok(failures) => return Err(DestroyError::Panicked(failures)),
            Err(stays) => stays,
        };
        let instance = Self::from_handle(ManuallyDrop::into_inner(handle));
        Err(match stays {
            Stays::Busy => {
                let mut holders = Holders::default();
                let what = "other handles to it exist, perhaps in variables of its own".to_owned();
                holders.add(what, instance.handle.other_holders());
                DestroyError::Busy { instance, holders }
            }
            Stays::Refused(Refusal { module, source }) => {
                DestroyError::Refused { instance, module: module.name, source }
            }
        })
    }
}

/// Why an instance was not destroyed, or which panics happened meanwhile.
///
/// ```
/// # use vimage::prelude::*;
/// use vimage::DestroyError;
///
/// # #[cfg(feature = "vimage")] {
/// let red = Vnet::new()?;
/// let other = red.clone();
/// let busy = red.destroy().unwrap_err();
/// assert!(matches!(busy, DestroyError::Busy { .. }));
/// drop(other);
/// let red = busy.into_instance().unwrap();
/// red.destroy()?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub enum DestroyError<C: Class> {
    /// Other handles exist, perhaps in variables of the instance itself.
    Busy {
        /// The handle.
        instance: Instance<C>,
        /// Where the other handles were made; known with the feature `invariants`.
        holders: Holders,
    },
    /// A quiesce hook refused or panicked.
    Refused {
        /// The handle.
        instance: Instance<C>,
        /// The module of the hook.
        module: &'static str,
        /// The error that it returned, or the text of its panic.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// The base instance is never destroyed.
    Base(Instance<C>),
    /// It is destroyed, but hooks or `Drop`s panicked.
    Panicked(Vec<TeardownFailure>),
}

impl<C: Class> DestroyError<C> {
    /// The handle, unless the instance is destroyed.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let base = Vnet::base()?;
    /// let error = base.clone().destroy().unwrap_err(); // the base instance stays
    /// assert_eq!(error.into_instance(), Some(base));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn into_instance(self) -> Option<Instance<C>> {
        match self {
            Self::Busy { instance, .. } | Self::Refused { instance, .. } | Self::Base(instance) => Some(instance),
            Self::Panicked(_) => None,
        }
    }
}

impl<C: Class> fmt::Debug for DestroyError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { instance, holders } => f.debug_tuple("Busy").field(instance).field(holders).finish(),
            Self::Refused { instance, module, source } => {
                f.debug_tuple("Refused").field(instance).field(module).field(source).finish()
            }
            Self::Base(instance) => f.debug_tuple("Base").field(instance).finish(),
            Self::Panicked(failures) => f.debug_tuple("Panicked").field(failures).finish(),
        }
    }
}

impl<C: Class> fmt::Display for DestroyError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { instance, holders } => {
                write!(f, "{} is still in use: {holders}", instance.handle.header().label())
            }
            Self::Refused { instance, module, .. } => {
                write!(f, "{}: module `{module}` refused", instance.handle.header().label())
            }
            Self::Base(instance) => {
                write!(f, "{} is the base instance, which is never destroyed", instance.handle.header().label())
            }
            Self::Panicked(failures) => {
                f.write_str("the instance is destroyed, but some hooks or `Drop`s panicked")?;
                failures.iter().try_for_each(|failure| write!(f, "; {failure}"))
            }
        }
    }
}

impl<C: Class> Error for DestroyError<C> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused { source, .. } => Some(&**source),
            Self::Busy { .. } | Self::Base(_) | Self::Panicked(_) => None,
        }
    }
}
