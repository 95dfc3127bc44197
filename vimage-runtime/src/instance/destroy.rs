//! The end of an instance that its holder asks for.

use std::error::Error;
use std::fmt;

use super::{Instance, teardown};
use crate::class::Class;
use crate::failure::TeardownFailure;

impl<C: Class> Instance<C> {
    /// Ends the instance: runs the detach hooks in reverse order of attach, then drops the variables, in reverse
    /// as well.
    ///
    /// The instance is current in its detach hooks, but they can get no handle to it; no instance of any other class
    /// is. While the variables are dropped there is no context at all.
    ///
    /// # Errors
    ///
    /// [`DestroyError::Busy`] with the handle, if there are other handles; [`DestroyError::Base`] with the handle for
    /// the base instance; [`DestroyError::Panicked`] if a detach hook or a `Drop` panicked: all the others have run,
    /// and the instance is gone.
    pub fn destroy(self) -> Result<(), DestroyError<C>> {
        if self.is_base() {
            return Err(DestroyError::Base(self));
        }
        let header = self.handle.into_last().map_err(|handle| DestroyError::Busy(Self::from_handle(handle)))?;
        // SAFETY: that was the last handle.
        let failures = unsafe { teardown::end(header) };
        if failures.is_empty() { Ok(()) } else { Err(DestroyError::Panicked(failures)) }
    }
}

/// Why an instance was not destroyed, or not without trouble.
#[non_exhaustive]
pub enum DestroyError<C: Class> {
    /// Others hold it; here is the handle back. It may be kept in a variable of the instance itself.
    Busy(Instance<C>),
    /// The base instance is never destroyed; here is the handle back.
    Base(Instance<C>),
    /// It is gone, but hooks or `Drop`s panicked.
    Panicked(Vec<TeardownFailure>),
}

impl<C: Class> fmt::Debug for DestroyError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(instance) => f.debug_tuple("Busy").field(instance).finish(),
            Self::Base(instance) => f.debug_tuple("Base").field(instance).finish(),
            Self::Panicked(failures) => f.debug_tuple("Panicked").field(failures).finish(),
        }
    }
}

impl<C: Class> fmt::Display for DestroyError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(instance) => write!(
                f,
                "{} is still in use: other handles to it exist, perhaps in variables of its own",
                instance.handle.header().label()
            ),
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

impl<C: Class> Error for DestroyError<C> {}
