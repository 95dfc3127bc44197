//! Values that belong to one instance for good.

use std::error::Error;
use std::fmt;

use super::carried::Carried;
use crate::core::InstanceOf;
use crate::instance::{Instance, InstanceState};
use crate::registry::{Class, Net};

/// A value that is made, used and dropped in one instance: a socket, a connection, a timer.
///
/// It is bound when it is made and cannot be bound again, whatever instance its user is in. It keeps its instance
/// alive: while it exists, `destroy` fails with `Busy`. If a variable of its own instance holds it, a `#[quiesce]` hook must
/// release it. It is `Send` and `Sync` if `T` is.
///
/// ```
/// # use vimage::prelude::*;
/// use vimage::Bound;
///
/// struct Socket {
///     port: u16,
/// }
///
/// let vnet = Vnet::base()?;
/// let socket: Bound<Socket> = Bound::new_in(&vnet, Socket { port: 80 })?;
/// // Wherever this runs, it runs in the socket's instance.
/// let seen = socket.enter(|socket| (socket.port, Vnet::current()));
/// assert_eq!(seen, (80, Some(vnet)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It costs a counted handle and no allocation; each use costs an [`Instance::enter`]. In builds without instances it is
/// bound to the base instance.
pub struct Bound<T, C: Class = Net> {
    carried: Carried<T, Instance<C>>,
}

impl<T, C: Class> Bound<T, C> {
    /// Binds a value to the current instance.
    ///
    /// # Errors
    ///
    /// [`BindError`] with the value, if no instance is current, or the current one is shutting down.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::Bound;
    ///
    /// let vnet = Vnet::base()?;
    /// let port: Bound<u16> = vnet.enter(|| Bound::new(80))?;
    /// assert_eq!(port.instance(), &vnet);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn new(value: T) -> Result<Self, BindError<T>> {
        match Instance::current() {
            Some(instance) => Self::bind(instance, value),
            None => Err(BindError { value, reason: BindRefused::NoContext { class: C::ENTRY.name } }),
        }
    }

    /// Binds a value to this instance, or to that of a vimage.
    ///
    /// # Errors
    ///
    /// [`BindError`] with the value, if the instance is shutting down.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::Bound;
    ///
    /// let vnet = Vnet::base()?;
    /// let port: Bound<u16> = Bound::new_in(&vnet, 80)?;
    /// assert_eq!(port.enter(|port| *port), 80);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn new_in(instance: &impl InstanceOf<C>, value: T) -> Result<Self, BindError<T>> {
        Self::bind(Instance::from_handle(instance.member().clone()), value)
    }

    fn bind(instance: Instance<C>, value: T) -> Result<Self, BindError<T>> {
        // Checked after the handle was made, so that a later shutdown finds it held.
        match refused(&instance) {
            None => Ok(Self { carried: Carried::new(value, instance) }),
            Some(reason) => Err(BindError { value, reason }),
        }
    }

    /// Runs `f` with the value, in its instance.
    ///
    /// # Panics
    ///
    /// Where [`Instance::enter`] does.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::Bound;
    ///
    /// let vnet = Vnet::base()?;
    /// let port: Bound<u16> = Bound::new_in(&vnet, 80)?;
    /// let (port, instance) = port.enter(|port| (*port, Vnet::current()));
    /// assert_eq!((port, instance), (80, Some(vnet)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A reference to the value cannot leave:
    ///
    /// ```compile_fail
    /// # use vimage::prelude::*;
    /// use vimage::Bound;
    ///
    /// let name: Bound<String> = Bound::new_in(&Vnet::base()?, "red".to_owned())?;
    /// let leaked: &String = name.enter(|name| name);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn enter<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.carried.with(f)
    }

    /// Runs `f` with the value, in its instance.
    ///
    /// # Panics
    ///
    /// Where [`Instance::enter`] does.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::Bound;
    ///
    /// let mut ports: Bound<Vec<u16>> = Bound::new_in(&Vnet::base()?, vec![80])?;
    /// ports.enter_mut(|ports| ports.push(443));
    /// assert_eq!(ports.enter(|ports| ports.len()), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn enter_mut<R>(&mut self, f: impl FnOnce(&mut T) -> R) -> R {
        self.carried.with_mut(f)
    }

    /// Returns the instance that it is bound to.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::Bound;
    ///
    /// let vnet = Vnet::base()?;
    /// let port: Bound<u16> = Bound::new_in(&vnet, 80)?;
    /// assert_eq!(port.instance(), &vnet);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn instance(&self) -> &Instance<C> {
        self.carried.context()
    }
}

/// Returns why this instance accepts no new values, or `None` if it does.
pub(super) fn refused<C: Class>(instance: &Instance<C>) -> Option<BindRefused> {
    match instance.state() {
        InstanceState::Creating | InstanceState::Live => None,
        InstanceState::ShuttingDown | InstanceState::Gone => {
            Some(BindRefused::ShuttingDown { instance: instance.handle().header().label() })
        }
    }
}

impl<T, C: Class> fmt::Debug for Bound<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound").field("instance", self.instance()).finish_non_exhaustive()
    }
}

/// Why a value was not bound to an instance; gives the value back.
///
/// ```
/// # use vimage::prelude::*;
/// use vimage::{Bound, kernel::Net};
///
/// # #[cfg(feature = "vimage")] {
/// # vimage::boot()?;
/// let error = vimage::isolated(|| Bound::<_, Net>::new("value")).unwrap_err();
/// assert_eq!(error.into_inner(), "value");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct BindError<T> {
    /// The value that was not bound.
    pub value: T,
    /// The reason.
    pub reason: BindRefused,
}

/// Why nothing was bound to an instance.
///
/// ```
/// # use vimage::prelude::*;
/// use vimage::{BindRefused, Bound, kernel::Net};
///
/// # #[cfg(feature = "vimage")] {
/// # vimage::boot()?;
/// // No instance is entered.
/// let error = vimage::isolated(|| Bound::<_, Net>::new("value")).unwrap_err();
/// assert_eq!(error.reason, BindRefused::NoContext { class: "Net" });
/// # }
/// # Ok::<(), vimage::BootError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BindRefused {
    /// No instance of the class is current on this thread, or the current one is being destroyed.
    NoContext {
        /// The class.
        class: &'static str,
    },
    /// The instance is shutting down, or its creation has failed.
    ShuttingDown {
        /// The instance: `Net#3 "red"`.
        instance: String,
    },
}

impl fmt::Display for BindRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoContext { class } => {
                write!(f, "no {class} instance is current on this thread, or it is being destroyed")
            }
            Self::ShuttingDown { instance } => write!(f, "{instance} is shutting down: no value can be bound to it"),
        }
    }
}

impl Error for BindRefused {}

impl<T> BindError<T> {
    /// The value that was not bound.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::Bound;
    ///
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vnet::new()?;
    /// red.shutdown()?;
    /// let refused = Bound::<u16>::new_in(&red, 80).unwrap_err();
    /// assert_eq!(refused.into_inner(), 80);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> fmt::Debug for BindError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BindError").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for BindError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl<T> Error for BindError<T> {}
