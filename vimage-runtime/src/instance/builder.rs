//! Creating an instance.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use super::handle::Instance;
use crate::core::{self, Handle};
use crate::error::{AttachError, BootError};
use crate::registry::{Arguments, Class, ClassEntry};
use crate::sysctl::{self, Value};
use crate::{boot, current};

impl<C: Class> Instance<C> {
    /// Creates an instance without a name or arguments; short for [`builder`](Self::builder)`().create()`.
    ///
    /// # Errors
    ///
    /// As [`InstanceBuilder::create`].
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let (red, blue) = (Vnet::new()?, Vnet::new()?);
    /// assert_ne!(red, blue);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn new() -> Result<Self, CreateError> {
        Self::builder().create()
    }

    /// A builder of an instance.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vnet::builder().name("red").create()?;
    /// assert_eq!(red.name(), Some("red"));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder() -> InstanceBuilder<C> {
        InstanceBuilder::default()
    }
}

/// Creates an instance; from [`Instance::builder`].
///
/// ```
/// # use vimage::prelude::*;
/// # #[cfg(feature = "vimage")] {
/// let red = Vnet::builder().name("red").arg(8080_u16).create()?;
/// assert_eq!(red.name(), Some("red"));
/// # }
/// # Ok::<(), vimage::CreateError>(())
/// ```
#[must_use = "nothing is made before `create`"]
#[derive(Debug)]
pub struct InstanceBuilder<C: Class> {
    name: Option<Box<str>>,
    arguments: Arguments,
    tunables: Tunables,
    class: PhantomData<fn() -> C>,
}

impl<C: Class> Default for InstanceBuilder<C> {
    fn default() -> Self {
        Self { name: None, arguments: Arguments::default(), tunables: Tunables::new(), class: PhantomData }
    }
}

impl<C: Class> InstanceBuilder<C> {
    /// A name for people to read.
    pub fn name(mut self, name: impl Into<Box<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Passes a value to the attach hooks, which find it by its type in their [`Arguments`]. A second value of the same type
    /// replaces the first.
    pub fn arg<T: Any + Send + Sync>(mut self, value: T) -> Self {
        self.arguments.insert(value);
        self
    }

    /// Sets a sysctl of the new instance, before its attach hooks run. It must be `tunable`; the value may be text.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// #[vnet_module]
    /// mod loif {
    ///     use std::sync::atomic::AtomicU32;
    ///     use vimage::prelude::*;
    ///
    ///     #[virtualized(sysctl("net.loif.mode", rw, tunable, range = 0..=3))]
    ///     static LOIF_MODE: AtomicU32 = AtomicU32::new(0);
    /// }
    ///
    /// if let Ok(red) = Vnet::builder().sysctl("net.loif.mode", 3).create() {
    ///     assert_eq!(vimage::sysctl::of(&red).get_as::<u32>("net.loif.mode")?, 3);
    /// }
    /// # Ok::<(), vimage::sysctl::Error>(())
    /// ```
    pub fn sysctl(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.tunables.push((name.into(), value.into()));
        self
    }

    /// Creates the instance: initializes the variables of all modules, then runs the attach hooks, dependencies
    /// first. In the hooks the new instance is current in its class, and the caller's contexts in all others. No
    /// lock of the runtime is held. It boots if that has not happened yet.
    ///
    /// The parent of the new instance is the caller's current instance, or the base instance if there is none.
    ///
    /// Cost: one allocation, copying the initial bytes of all variables, and the hooks; the lock of the class is taken
    /// for a moment. The number of instances does not matter.
    ///
    /// # Errors
    ///
    /// - [`CreateError::NotVirtualized`] in builds without instances.
    /// - [`CreateError::Boot`] if boot fails or has failed, and in an attach hook of a base instance.
    /// - [`CreateError::Attach`] if an attach hook fails or panics. The modules attached before it are detached, in
    ///   reverse order.
    /// - [`CreateError::Sysctl`] if a given sysctl does not exist, is not tunable or does not accept the value.
    ///
    /// # Aborts
    ///
    /// Where memory runs out, the process ends with `memory allocation of … bytes failed`, as at any allocation of std: an
    /// attach hook allocates too, and can rarely do better. A stack that overflows in a hook ends it as well, with `thread …
    /// has overflowed its stack`; neither unwinds, so no hook runs after it.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// match Vnet::builder().name("red").create() {
    ///     Ok(red) => println!("{red:?}"),
    ///     Err(vimage::CreateError::NotVirtualized) => println!("this build has no instances"),
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn create(self) -> Result<Instance<C>, CreateError> {
        if !cfg!(feature = "vimage") {
            return Err(CreateError::NotVirtualized);
        }
        boot::ensure_over().map_err(CreateError::Boot)?;
        if !self.tunables.is_empty() {
            sysctl::check_tunables(&self.tunables, &[C::ENTRY]).map_err(CreateError::Sysctl)?;
        }
        create(C::ENTRY, self.name, &self.arguments, &self.tunables).map(Instance::from_handle)
    }
}

/// Values for sysctls, set before the attach hooks run.
pub(crate) type Tunables = Vec<(String, Value)>;

/// [`InstanceBuilder::create`] after boot, where the class is known at run time only.
#[track_caller]
pub(crate) fn create(
    class: &'static ClassEntry,
    name: Option<Box<str>>,
    arguments: &Arguments,
    tunables: &Tunables,
) -> Result<Handle, CreateError> {
    if !cfg!(feature = "vimage") {
        return Err(CreateError::NotVirtualized);
    }
    let tune = |handle: &Handle| sysctl::tune(tunables, handle).map_err(CreateError::Sysctl);
    core::create::create(class, current::id(class), name, arguments, tune)
}

impl From<AttachError> for CreateError {
    fn from(error: AttachError) -> Self {
        Self::Attach(error)
    }
}

/// Why an instance was not created.
///
/// ```
/// # use vimage::prelude::*;
/// use vimage::CreateError;
///
/// match Vimage::new() {
///     Ok(red) => red.enter(|| println!("in an instance of its own")),
///     Err(CreateError::NotVirtualized) => println!("this build has no feature `vimage`"),
///     Err(error) => return Err(error),
/// }
/// # Ok::<(), CreateError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum CreateError {
    /// This build has no instances except the base instance.
    NotVirtualized,
    /// There is no base instance: boot failed, or has not ended.
    Boot(BootError),
    /// A given sysctl could not be set.
    Sysctl(sysctl::Error),
    /// A module did not attach.
    Attach(AttachError),
}

/// As derived, and for `NotVirtualized` with what to do: `main` and `unwrap` print errors in this form.
impl fmt::Debug for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotVirtualized => write!(f, "NotVirtualized ({self})"),
            Self::Boot(error) => f.debug_tuple("Boot").field(error).finish(),
            Self::Sysctl(error) => f.debug_tuple("Sysctl").field(error).finish(),
            Self::Attach(error) => f.debug_tuple("Attach").field(error).finish(),
        }
    }
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotVirtualized => f.write_str(
                "this program is built without instances: enable the feature `vimage` of the crate `vimage`",
            ),
            Self::Boot(error) => error.fmt(f),
            Self::Sysctl(_) => f.write_str("a sysctl of the new instance could not be set"),
            Self::Attach(error) => error.fmt(f),
        }
    }
}

impl Error for CreateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotVirtualized => None,
            Self::Boot(error) => error.source(),
            Self::Sysctl(error) => Some(error),
            Self::Attach(error) => error.source(),
        }
    }
}
