//! Values that can be lent to other instances, and come home.

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Weak};

use super::bound::{BindError, BindRefused, refused};
use crate::core::observers::ObserverTicket;
use crate::instance::Instance;
use crate::registry::{Class, Net};

mod shared;

use shared::{At, Shared};

/// What a value does when it is moved from one instance of `C` to another.
///
/// Each step runs in the instance it is about, with the caller's contexts in other classes; when an instance that is
/// shutting down sends the value home, with no context in other classes.
pub trait Transfer<C: Class = Net>: Send + 'static {
    /// Why it does not join an instance.
    type Error: fmt::Display;

    /// Lets go of everything in the current instance. It cannot refuse: the instance may be going.
    fn leave(&mut self);

    /// Makes itself known in the current instance.
    ///
    /// # Errors
    ///
    /// The value goes home then; what this call did is for it to undo.
    fn join(&mut self) -> Result<(), Self::Error>;
}

/// A value that is at home in one instance and can be lent to others: a network interface.
///
/// [`move_to`](Self::move_to) takes it from where it is to another instance. It comes home when it is called, when it
/// cannot join an instance, and when the instance it is lent to shuts down, after the quiesce hooks of that instance
/// have agreed: then it leaves there and joins at home by itself, on the thread that shuts the instance down. A
/// shutdown that ends in `Busy` does not lend it again.
///
/// It keeps its home alive, and not the instance it is lent to. It is used, and dropped, in the instance where it is.
///
/// ```
/// # use vimage::prelude::*;
/// use vimage::{Movable, Transfer};
///
/// struct Interface {
///     addresses: Vec<u32>,
/// }
///
/// impl Transfer for Interface {
///     type Error = std::convert::Infallible;
///
///     fn leave(&mut self) {
///         self.addresses.clear();
///     }
///
///     fn join(&mut self) -> Result<(), Self::Error> {
///         self.addresses.push(127);
///         Ok(())
///     }
/// }
///
/// let home = Vnet::base()?;
/// let mut interface: Movable<Interface> = Movable::new_in(&home, Interface { addresses: vec![1] })?;
/// # #[cfg(feature = "vimage")] {
/// let jail = Vnet::new()?;
/// interface.move_to(&jail)?;
/// assert_eq!(interface.instance(), jail);
/// jail.destroy()?; // not `Busy`: the interface goes home
/// # }
/// assert_eq!(interface.instance(), home);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It costs an allocation, and each use an [`Instance::enter`], a handle and a lock that only its owner and the shutdown
/// of the instance it is lent to take. In builds without instances there is nowhere to go: it stays at home, in
/// the base instance.
pub struct Movable<T: Transfer<C>, C: Class = Net> {
    shared: Arc<Shared<T, C>>,
}

impl<T: Transfer<C>, C: Class> Movable<T, C> {
    /// A value whose home is the current instance, which it is part of already: `join` is not called.
    ///
    /// # Errors
    ///
    /// [`BindError`] with the value, if no instance is current, or the current one is shutting down.
    #[track_caller]
    pub fn new(value: T) -> Result<Self, BindError<T>> {
        match Instance::current() {
            Some(home) => Self::at_home(home, value),
            None => Err(BindError { value, reason: BindRefused::NoContext { class: C::ENTRY.name } }),
        }
    }

    /// A value whose home is this instance, which it is part of already: `join` is not called.
    ///
    /// # Errors
    ///
    /// [`BindError`] with the value, if the instance is shutting down.
    #[track_caller]
    pub fn new_in(home: &Instance<C>, value: T) -> Result<Self, BindError<T>> {
        Self::at_home(home.clone(), value)
    }

    fn at_home(home: Instance<C>, value: T) -> Result<Self, BindError<T>> {
        match refused(&home) {
            None => Ok(Self { shared: Arc::new(Shared::new(home, value)) }),
            Some(reason) => Err(BindError { value, reason }),
        }
    }

    /// Its home, which it keeps alive.
    #[must_use]
    pub fn home(&self) -> &Instance<C> {
        &self.shared.home
    }

    /// Where it is now. Waits while it is being sent home.
    ///
    /// # Panics
    ///
    /// Inside a step of this very value.
    #[must_use]
    #[track_caller]
    pub fn instance(&self) -> Instance<C> {
        self.shared.place()
    }

    /// Whether it is part of the instance where it is. `false` only at home, after a `join` there has failed or a
    /// `leave` has panicked; [`take_home`](Self::take_home) tries again.
    #[must_use]
    pub fn is_joined(&self) -> bool {
        self.shared.is_joined()
    }

    /// Runs `f` with the value, in the instance where it is.
    ///
    /// When that instance shuts down meanwhile, the value goes home after `f`, on this thread.
    ///
    /// # Panics
    ///
    /// Inside a step of this very value.
    #[track_caller]
    pub fn enter<R>(&mut self, f: impl FnOnce(&mut T) -> R) -> R {
        self.shared.take().enter(f)
    }

    /// Moves the value: `leave` in the instance where it is, then `join` in `to`. Nothing happens if it is there.
    ///
    /// # Errors
    ///
    /// [`MoveError::Refused`] if `to` is shutting down; the value is where it was. [`MoveError::Join`] if it does not
    /// join there; it is home again. [`MoveError::Stranded`] if it does not join at home either; it is at home, and
    /// not part of it.
    ///
    /// # Panics
    ///
    /// If a step panics, with that panic: the value is home then. Inside a step of this very value.
    #[track_caller]
    pub fn move_to(&mut self, to: &Instance<C>) -> Result<(), MoveError<T::Error>> {
        let mut taken = self.shared.take();
        if taken.is_joined_in(to) {
            return Ok(());
        }
        // First the seat in the other instance, so that nothing is done if that refuses.
        let to_home = *to == self.shared.home;
        let seat = if to_home { None } else { Some(self.book(to)?) };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| taken.leave())) {
            seat.inspect(|seat| to.handle().header().remove_observer(*seat));
            _ = taken.join_home();
            resume_unwind(panic);
        }
        let Some(seat) = seat else {
            return taken.join_home().map_err(|at_home| MoveError::Stranded {
                instance: label(to),
                error: None,
                at_home,
            });
        };
        taken.arrive(to, seat);
        let joined = catch_unwind(AssertUnwindSafe(|| taken.enter(T::join)));
        if let Ok(Ok(())) = joined {
            return Ok(());
        }
        taken.depart();
        let home = taken.join_home();
        match (joined, home) {
            (Err(panic), _) => resume_unwind(panic),
            (Ok(Err(error)), Ok(())) => Err(MoveError::Join { instance: label(to), error }),
            (Ok(Err(error)), Err(at_home)) => {
                Err(MoveError::Stranded { instance: label(to), error: Some(error), at_home })
            }
            (Ok(Ok(())), _) => unreachable!("returned above"),
        }
    }

    /// Makes sure that `to` tells when it shuts down.
    fn book(&self, to: &Instance<C>) -> Result<ObserverTicket, MoveError<T::Error>> {
        let shared: Weak<Shared<T, C>> = Arc::downgrade(&self.shared);
        let seat = to.handle().header().add_observer(shared);
        seat.ok_or_else(|| MoveError::Refused(BindRefused::ShuttingDown { instance: label(to) }))
    }

    /// Moves the value home; tries to join there again if that has failed before.
    ///
    /// # Errors
    ///
    /// [`MoveError::Stranded`], if it does not join there.
    ///
    /// # Panics
    ///
    /// As [`move_to`](Self::move_to).
    #[track_caller]
    pub fn take_home(&mut self) -> Result<(), MoveError<T::Error>> {
        let home = self.shared.home.clone();
        self.move_to(&home)
    }
}

fn label<C: Class>(instance: &Instance<C>) -> String {
    instance.handle().header().label()
}

impl<T: Transfer<C>, C: Class> Drop for Movable<T, C> {
    fn drop(&mut self) {
        self.shared.abandon();
    }
}

impl<T: Transfer<C>, C: Class> fmt::Debug for Movable<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lent_to = match self.shared.at() {
            At::Home { .. } => None,
            At::Lent { instance, .. } => Some(instance),
        };
        f.debug_struct("Movable").field("home", self.home()).field("lent_to", &lent_to).finish_non_exhaustive()
    }
}

/// Why a value was not moved.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MoveError<E> {
    /// The instance takes nothing in any more; the value is where it was.
    Refused(BindRefused),
    /// It did not join the instance, and is home again.
    Join {
        /// The instance: `Net#3 "red"`.
        instance: String,
        /// What `join` said there.
        error: E,
    },
    /// It did not join at home; it is there and not part of it.
    Stranded {
        /// Where it should have gone: `Net#3 "red"`.
        instance: String,
        /// What `join` said there, unless that is its home.
        error: Option<E>,
        /// What `join` said at home.
        at_home: E,
    },
}

impl<E: fmt::Display> fmt::Display for MoveError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => reason.fmt(f),
            Self::Join { instance, error } => write!(f, "it did not join {instance} and is home again: {error}"),
            Self::Stranded { instance, error: Some(error), at_home } => {
                write!(f, "it joined neither {instance} ({error}) nor its home: {at_home}")
            }
            Self::Stranded { instance, error: None, at_home } => {
                write!(f, "it did not join its home {instance}: {at_home}")
            }
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for MoveError<E> {}
