//! The owner of a value that can be lent to other instances.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Weak};

use super::shared::{At, Shared};
use super::transfer::{MoveError, Transfer};
use crate::carry::bound::{BindError, BindRefused, refused};
use crate::core::InstanceOf;
use crate::core::observers::ObserverTicket;
use crate::instance::Instance;
use crate::registry::{Class, Net};

/// A value that has a home instance and can be lent to others: a network interface.
///
/// [`move_to`](Self::move_to) moves it to another instance. It returns home by [`take_home`](Self::take_home), when it cannot
/// join an instance, and when the instance that it is lent to shuts down: after the quiesce hooks of that instance have
/// agreed, it leaves there and joins at home, on the thread that shuts the instance down. It is not lent again if that
/// shutdown ends in `Busy`.
///
/// It keeps its home alive, but not the instance that it is lent to. It is used and dropped in the instance where it is.
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
/// jail.destroy()?; // not `Busy`: the interface returns home
/// # }
/// assert_eq!(interface.instance(), home);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It costs an allocation; each use costs an [`Instance::enter`], a handle, and a lock that is contended only by the
/// shutdown of the instance that it is lent to. In builds without instances it stays at home, in the base instance.
pub struct Movable<T: Transfer<C>, C: Class = Net> {
    shared: Arc<Shared<T, C>>,
}

impl<T: Transfer<C>, C: Class> Movable<T, C> {
    /// Makes a value whose home is the current instance. It counts as joined there: `join` is not called.
    ///
    /// # Errors
    ///
    /// [`BindError`] with the value, if no instance is current, or the current one is shutting down.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::{Movable, Transfer};
    /// # struct Interface;
    /// # impl Transfer for Interface {
    /// #     type Error = std::convert::Infallible;
    /// #     fn leave(&mut self) {}
    /// #     fn join(&mut self) -> Result<(), Self::Error> { Ok(()) }
    /// # }
    /// let home = Vnet::base()?;
    /// let interface: Movable<Interface> = home.enter(|| Movable::new(Interface))?;
    /// assert_eq!(interface.home(), &home);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn new(value: T) -> Result<Self, BindError<T>> {
        match Instance::current() {
            Some(home) => Self::at_home(home, value),
            None => Err(BindError { value, reason: BindRefused::NoContext { class: C::ENTRY.name } }),
        }
    }

    /// Makes a value whose home is this instance, or that of a vimage. It counts as joined there: `join` is not called.
    ///
    /// # Errors
    ///
    /// [`BindError`] with the value, if the instance is shutting down.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::{Movable, Transfer};
    /// # struct Interface;
    /// # impl Transfer for Interface {
    /// #     type Error = std::convert::Infallible;
    /// #     fn leave(&mut self) {}
    /// #     fn join(&mut self) -> Result<(), Self::Error> { Ok(()) }
    /// # }
    /// let home = Vnet::base()?;
    /// let interface: Movable<Interface> = Movable::new_in(&home, Interface)?;
    /// assert_eq!(interface.instance(), home);
    /// assert!(interface.is_joined());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn new_in(home: &impl InstanceOf<C>, value: T) -> Result<Self, BindError<T>> {
        Self::at_home(Instance::from_handle(home.member().clone()), value)
    }

    fn at_home(home: Instance<C>, value: T) -> Result<Self, BindError<T>> {
        match refused(&home) {
            None => Ok(Self { shared: Arc::new(Shared::new(home, value)) }),
            Some(reason) => Err(BindError { value, reason }),
        }
    }

    /// Returns its home, which it keeps alive.
    #[must_use]
    pub fn home(&self) -> &Instance<C> {
        &self.shared.home
    }

    /// Returns the instance where it is now. Waits while it is being sent home.
    ///
    /// # Panics
    ///
    /// Inside a step of this very value.
    #[must_use]
    #[track_caller]
    pub fn instance(&self) -> Instance<C> {
        self.shared.place()
    }

    /// Returns whether it is joined where it is. It is not only at home, after a `join` there failed or a `leave` panicked;
    /// [`take_home`](Self::take_home) tries again.
    #[must_use]
    pub fn is_joined(&self) -> bool {
        self.shared.is_joined()
    }

    /// Runs `f` with the value, in the instance where it is.
    ///
    /// If that instance shuts down meanwhile, the value returns home after `f`, on this thread.
    ///
    /// # Panics
    ///
    /// Inside a step of this very value.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::{Movable, Transfer};
    /// # struct Interface;
    /// # impl Transfer for Interface {
    /// #     type Error = std::convert::Infallible;
    /// #     fn leave(&mut self) {}
    /// #     fn join(&mut self) -> Result<(), Self::Error> { Ok(()) }
    /// # }
    /// let mut interface: Movable<Interface> = Movable::new_in(&Vnet::base()?, Interface)?;
    /// let place = interface.enter(|_interface| Vnet::current());
    /// assert_eq!(place, Some(interface.instance()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn enter<R>(&mut self, f: impl FnOnce(&mut T) -> R) -> R {
        self.shared.take().enter(f)
    }

    /// Moves the value: `leave` in the instance where it is, then `join` in `to`. Does nothing if it is joined there.
    ///
    /// # Errors
    ///
    /// [`MoveError::Refused`] if `to` is shutting down; the value is where it was. [`MoveError::Join`] if it does not
    /// join there; it is at home again. [`MoveError::Stranded`] if it does not join at home either; it is at home, not
    /// joined.
    ///
    /// # Panics
    ///
    /// With the panic of a step; the value is at home then. Inside a step of this very value.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::{Movable, Transfer};
    /// # struct Interface;
    /// # impl Transfer for Interface {
    /// #     type Error = std::convert::Infallible;
    /// #     fn leave(&mut self) {}
    /// #     fn join(&mut self) -> Result<(), Self::Error> { Ok(()) }
    /// # }
    /// # #[cfg(feature = "vimage")] {
    /// let (home, jail) = (Vnet::base()?, Vnet::new()?);
    /// let mut interface: Movable<Interface> = Movable::new_in(&home, Interface)?;
    /// interface.move_to(&jail)?; // `leave` at home, `join` in the jail
    /// assert_eq!((interface.instance(), interface.home()), (jail, &home));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn move_to(&mut self, to: &impl InstanceOf<C>) -> Result<(), MoveError<T::Error>> {
        let to = &Instance::from_handle(to.member().clone());
        let mut taken = self.shared.take();
        if taken.is_joined_in(to) {
            return Ok(());
        }
        // Observe the other instance first, so that nothing has happened if it refuses.
        let to_home = *to == self.shared.home;
        let ticket = if to_home { None } else { Some(self.observe(to)?) };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| taken.leave())) {
            ticket.inspect(|ticket| to.handle().header().remove_observer(*ticket));
            _ = taken.join_home();
            resume_unwind(panic);
        }
        let Some(ticket) = ticket else {
            return taken.join_home().map_err(|at_home| MoveError::Stranded {
                instance: label(to),
                error: None,
                at_home,
            });
        };
        taken.arrive(to, ticket);
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

    /// Observes the shutdown of `to`.
    fn observe(&self, to: &Instance<C>) -> Result<ObserverTicket, MoveError<T::Error>> {
        let shared: Weak<Shared<T, C>> = Arc::downgrade(&self.shared);
        let ticket = to.handle().header().add_observer(shared);
        ticket.ok_or_else(|| MoveError::Refused(BindRefused::ShuttingDown { instance: label(to) }))
    }

    /// Moves the value home, or tries again to join there.
    ///
    /// # Errors
    ///
    /// [`MoveError::Stranded`], if it does not join there.
    ///
    /// # Panics
    ///
    /// As [`move_to`](Self::move_to).
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::{Movable, Transfer};
    /// # struct Interface;
    /// # impl Transfer for Interface {
    /// #     type Error = std::convert::Infallible;
    /// #     fn leave(&mut self) {}
    /// #     fn join(&mut self) -> Result<(), Self::Error> { Ok(()) }
    /// # }
    /// # #[cfg(feature = "vimage")] {
    /// let (home, jail) = (Vnet::base()?, Vnet::new()?);
    /// let mut interface: Movable<Interface> = Movable::new_in(&home, Interface)?;
    /// interface.move_to(&jail)?;
    /// interface.take_home()?;
    /// assert_eq!(interface.instance(), home);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
