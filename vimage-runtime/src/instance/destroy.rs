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
    /// Runs the quiesce hooks, in reverse order of attach, in which modules let go of what they hold: timers,
    /// sockets, handles. The instance stays usable for those who are in it, but nothing new is bound to it, weak
    /// handles do not find it, and lists leave it out. Only [`destroy`](Self::destroy) or the last drop goes on from
    /// there. Does nothing if that has happened already.
    ///
    /// In builds without instances there is only the base instance, and this is always [`ShutdownError::Base`].
    ///
    /// # Errors
    ///
    /// [`ShutdownError`], if a hook refuses or panics, for the base instance, while attach hooks are running, and while
    /// somebody else is shutting it down; the instance is what it was then.
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

    /// Ends the instance: [`shutdown`](Self::shutdown), then the detach hooks in reverse order of attach, then the
    /// variables drop, reversed as well.
    ///
    /// The instance is current in its hooks, and no instance of any other class is. Quiesce hooks can make handles,
    /// detach hooks cannot. While the variables are dropped there is no context at all.
    ///
    /// Others may hold it for a moment without being its users: a walk over [`list`](Self::list), a closure from
    /// [`bind_weak`](Self::bind_weak) that is running, a handler of a [link](crate::link), each on another thread. That is
    /// `Busy` as well; [`destroy_within`](Self::destroy_within) waits for them.
    ///
    /// It costs the hooks, the drops and freeing one allocation; the lock of the class is taken for a moment. It
    /// does not matter how many instances there are, but each child of this one is handed to its parent.
    ///
    /// In builds without instances there is only the base instance, and this is always [`DestroyError::Base`].
    ///
    /// # Errors
    ///
    /// [`DestroyError::Busy`] with the handle, if there are other handles, and [`DestroyError::Refused`] with the
    /// handle, if a quiesce hook refuses or panics: nothing was torn down, and the instance is live again. What its
    /// quiesce hooks have let go of stays so, and if all of them had agreed, its links are closed and what was lent to it
    /// is home; the hooks run once more at the next attempt.
    /// [`DestroyError::Base`] with the handle for the base instance. [`DestroyError::Panicked`] if a detach hook or a
    /// `Drop` panicked: all the others have run, and the instance is gone.
    pub fn destroy(self) -> Result<(), DestroyError<C>> {
        self.destroy_until(None)
    }

    /// As [`destroy`](Self::destroy), but waits up to `timeout` for other handles to be dropped after the quiesce
    /// hooks have run.
    ///
    /// It blocks the thread meanwhile. In a task of an executor that may keep the very tasks from running that hold the
    /// instance: call it where blocking is allowed (`tokio::task::spawn_blocking`), or try [`destroy`](Self::destroy)
    /// again after a while.
    ///
    /// # Errors
    ///
    /// As [`destroy`](Self::destroy); [`DestroyError::Busy`] when the time is over.
    pub fn destroy_within(self, timeout: Duration) -> Result<(), DestroyError<C>> {
        self.destroy_until(Some(teardown::deadline(timeout)))
    }

    fn destroy_until(self, deadline: Option<Instant>) -> Result<(), DestroyError<C>> {
        if self.is_base() {
            return Err(DestroyError::Base(self));
        }
        let handle = ManuallyDrop::new(self.handle);
        // SAFETY: the handle is forgotten if this is `Ok`.
        let stays = match unsafe { teardown::destroy(&[&handle], None, deadline) } {
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

/// Why an instance was not destroyed, or not without trouble.
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
    /// Others hold it; here is the handle back. They may be kept in variables of the instance itself.
    Busy {
        /// The handle.
        instance: Instance<C>,
        /// Where the others were made, as far as that is known.
        holders: Holders,
    },
    /// A quiesce hook refused or panicked; here is the handle back.
    Refused {
        /// The handle.
        instance: Instance<C>,
        /// The module whose hook it was.
        module: &'static str,
        /// What it returned, or what the panic said.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// The base instance is never destroyed; here is the handle back.
    Base(Instance<C>),
    /// It is gone, but hooks or `Drop`s panicked.
    Panicked(Vec<TeardownFailure>),
}

impl<C: Class> DestroyError<C> {
    /// The handle, unless the instance is gone.
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
            Self::Refused { instance, module, source } => {
                write!(f, "{}: module `{module}` refused: {source}", instance.handle.header().label())
            }
            Self::Base(instance) => {
                write!(f, "{} is the base instance, which is never destroyed", instance.handle.header().label())
            }
            Self::Panicked(failures) => {
                f.write_str("the instance is gone, but not without panics")?;
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
