//! Sysctls that were looked up once.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use super::entry::{NAMES, SysctlEntry};
use super::error::Error;
use super::value::{Value, ValueType};
use super::view::{View, converted, of};
use crate::core::HasInstances;
use crate::registry;

/// A sysctl that was looked up, for repeated use; from [`key`](super::key).
///
/// It reads and sets in the current instance, as [`get`](super::get) and [`set`](super::set) do with a name, or with
/// [`of`](Self::of) in a given one. It stays valid while other modules come and go. While its own module is
/// [unregistered](crate::module::unregister) it says [`Error::Gone`].
///
/// ```
/// use vimage::prelude::*;
/// use vimage::sysctl;
///
/// #[vimage::module]
/// mod cache {
///     use std::sync::atomic::AtomicU32;
///     use vimage::prelude::*;
///
///     #[virtualized(sysctl("key.cache.size", rw, range = 1..=1000))]
///     static SIZE: AtomicU32 = AtomicU32::new(100);
/// }
///
/// let base = vimage::boot()?;
/// let size = sysctl::key("key.cache.size")?;
/// assert_eq!(size.get_as::<u32>()?, 100);
/// size.of(&base).set("200")?;
/// assert_eq!(size.get()?.to_string(), "200");
/// assert!(size.set(0).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Cost: no lock, no look-up and no allocation; what remains is an indirect call. After a module was registered or
/// unregistered the next use looks once more whether its own is there.
pub struct Key {
    entry: &'static SysctlEntry,
    /// The count of changes at which its module was registered.
    seen: AtomicU64,
}

impl Key {
    pub(super) fn new(view: &View<'_>, name: &str) -> Result<Self, Error> {
        // Before the look-up: a module that is unregistered meanwhile is looked for again.
        let seen = AtomicU64::new(registry::changes());
        Ok(Self { entry: view.find(name)?, seen })
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.entry.identity.name
    }

    /// Reads it in the current instance.
    ///
    /// # Errors
    ///
    /// [`Error::NoInstance`], [`Error::Gone`]; [`Error::Refused`] and [`Error::Panicked`] from a handler.
    #[inline]
    pub fn get(&self) -> Result<Value, Error> {
        self.get_in(&View::CURRENT)
    }

    /// Reads it in the current instance, as a Rust type.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); [`Error::WrongType`] or [`Error::OutOfRange`] if the value does not convert to `T`.
    #[inline]
    pub fn get_as<T: ValueType>(&self) -> Result<T, Error> {
        converted(self.get()?, self.name())
    }

    /// Sets it in the current instance, from a value or from its text.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and [`Error::ReadOnly`], [`Error::WrongType`], [`Error::OutOfRange`],
    /// [`Error::NotPermitted`]. The value has not changed.
    #[inline]
    pub fn set(&self, value: impl Into<Value>) -> Result<(), Error> {
        self.set_in(&View::CURRENT, value.into())
    }

    /// The sysctl of an instance or vimage.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[vimage::module]
    /// # mod cache {
    /// #     use std::sync::atomic::AtomicU32;
    /// #     use vimage::prelude::*;
    /// #     #[virtualized(sysctl("key_of.cache.size", rw))]
    /// #     static SIZE: AtomicU32 = AtomicU32::new(100);
    /// # }
    /// let base = vimage::boot()?;
    /// let size = vimage::sysctl::key("key_of.cache.size")?;
    /// size.of(&base).set(200)?;
    /// assert_eq!(size.of(&base).get_as::<u32>()?, 200);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of<'a>(&'a self, instance: &'a impl HasInstances) -> KeyOf<'a> {
        KeyOf { key: self, view: of(instance) }
    }

    fn get_in(&self, view: &View<'_>) -> Result<Value, Error> {
        self.check()?;
        view.read(self.entry, self.name())
    }

    fn set_in(&self, view: &View<'_>, value: Value) -> Result<(), Error> {
        self.check()?;
        view.set_found(self.entry, self.name(), value)
    }

    /// Its module is registered.
    #[inline]
    fn check(&self) -> Result<(), Error> {
        let changes = registry::changes();
        if self.seen.load(Ordering::Relaxed) == changes { Ok(()) } else { self.check_again(changes) }
    }

    #[cold]
    fn check_again(&self, changes: u64) -> Result<(), Error> {
        let is_there = NAMES
            .with(|table| table.get(self.name()).iter().any(|entry| std::ptr::eq(*entry, self.entry)))
            .map_err(Error::Boot)?;
        if !is_there {
            return Err(Error::Gone { name: self.name().to_owned() });
        }
        self.seen.store(changes, Ordering::Relaxed);
        Ok(())
    }
}

impl Clone for Key {
    fn clone(&self) -> Self {
        Self { entry: self.entry, seen: AtomicU64::new(self.seen.load(Ordering::Relaxed)) }
    }
}

/// The sysctl: `Key(net.foo.mode)`.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.name())
    }
}

/// A sysctl of an instance or vimage; from [`Key::of`].
///
/// ```
/// # use vimage::prelude::*;
/// # #[vimage::module]
/// # mod cache {
/// #     use std::sync::atomic::AtomicU32;
/// #     use vimage::prelude::*;
/// #     #[virtualized(sysctl("keyof.cache.size", rw))]
/// #     static SIZE: AtomicU32 = AtomicU32::new(100);
/// # }
/// let base = vimage::boot()?;
/// let size = vimage::sysctl::key("keyof.cache.size")?;
/// assert_eq!(size.of(&base).get()?.to_string(), "100");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct KeyOf<'a> {
    key: &'a Key,
    view: View<'a>,
}

impl KeyOf<'_> {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// As [`Key::get`], and [`Error::WrongClass`] if the instance is of another class than the variable.
    pub fn get(&self) -> Result<Value, Error> {
        self.key.get_in(&self.view)
    }

    /// Reads it as a Rust type.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and those of [`Key::get_as`].
    pub fn get_as<T: ValueType>(&self) -> Result<T, Error> {
        converted(self.get()?, self.key.name())
    }

    /// Sets it, from a value or from its text.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and those of [`Key::set`].
    pub fn set(&self, value: impl Into<Value>) -> Result<(), Error> {
        self.key.set_in(&self.view, value.into())
    }
}
