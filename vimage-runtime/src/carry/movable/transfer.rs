//! The steps of a value that moves between instances, and how they fail.

use std::error::Error;
use std::fmt;

use crate::carry::bound::BindRefused;
use crate::registry::{Class, Net};

/// The steps of a value that moves from one instance of `C` to another; for [`Movable`](crate::Movable).
///
/// Each step runs in the instance that the value leaves or joins. Other classes have the caller's contexts; they have
/// none where an instance that shuts down sends the value home.
///
/// A step must not wait for a thread that may use the same [`Movable`](crate::Movable): while the step runs, that thread
/// waits for the value, in `instance`, `enter` or `move_to`, and neither can go on. So `leave` may tell a worker to stop,
/// but not join it, unless the worker knows only what it was given. With the feature `invariants` such a wait is reported
/// on stderr after three seconds, with both places.
///
/// ```
/// use vimage::Transfer;
///
/// struct Interface {
///     addresses: Vec<u32>,
/// }
///
/// impl Transfer for Interface {
///     type Error = String;
///
///     fn leave(&mut self) {
///         self.addresses.clear();
///     }
///
///     fn join(&mut self) -> Result<(), String> {
///         self.addresses.push(127);
///         Ok(())
///     }
/// }
/// ```
pub trait Transfer<C: Class = Net>: Send + 'static {
    /// The reason for not joining an instance.
    type Error: fmt::Display;

    /// Releases everything that belongs to the current instance. It cannot refuse, because the instance may shut down.
    fn leave(&mut self);

    /// Registers with the current instance.
    ///
    /// # Errors
    ///
    /// Any reason not to join; the value then returns home. The call itself must undo what it did.
    fn join(&mut self) -> Result<(), Self::Error>;
}

/// Why a value was not moved.
///
/// ```
/// # use vimage::prelude::*;
/// use vimage::{MoveError, Movable, Transfer};
///
/// struct Shy;
///
/// impl Transfer for Shy {
///     type Error = &'static str;
///     fn leave(&mut self) {}
///     fn join(&mut self) -> Result<(), Self::Error> {
///         if Vnet::current() == Vnet::base().ok() { Ok(()) } else { Err("only at home") }
///     }
/// }
///
/// let mut shy: Movable<Shy> = Movable::new_in(&Vnet::base()?, Shy)?;
/// # #[cfg(feature = "vimage")]
/// assert!(matches!(shy.move_to(&Vnet::new()?), Err(MoveError::Join { error: "only at home", .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MoveError<E> {
    /// The instance accepts no values any more; the value is where it was.
    Refused(BindRefused),
    /// It did not join the instance, and is at home again.
    Join {
        /// The instance: `Net#3 "red"`.
        instance: String,
        /// The error of `join` there.
        error: E,
    },
    /// It did not join at home; it is there, not joined.
    Stranded {
        /// The instance that it was moved to: `Net#3 "red"`.
        instance: String,
        /// The error of `join` there; `None` if that is its home.
        error: Option<E>,
        /// The error of `join` at home.
        at_home: E,
    },
}

impl<E: fmt::Display> fmt::Display for MoveError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => reason.fmt(f),
            Self::Join { instance, error } => {
                write!(f, "the value did not join {instance}, and is at home again: {error}")
            }
            Self::Stranded { instance, error: Some(error), at_home } => {
                write!(f, "the value joined neither {instance} ({error}) nor its home: {at_home}")
            }
            Self::Stranded { instance, error: None, at_home } => {
                write!(f, "the value did not join its home {instance}: {at_home}")
            }
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for MoveError<E> {}
