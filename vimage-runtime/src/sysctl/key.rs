//! Sysctls that were looked up once.

use std::fmt;

use super::entry::{NAMES, Plain, SysctlEntry};
use super::error::Error;
use super::seen::Seen;
use super::value::ValueType;
use super::view::{View, converted, of};
use crate::core::HasInstances;
use crate::names::{InstanceRef, Table, in_entered};
use crate::registry::{self, ClassEntry};

/// A sysctl that was looked up, for repeated use; from [`key`](fn@super::key).
///
/// It reads and sets in the current instance, as [`get_as`](super::get_as) and [`set`](super::set) do with a name, or with
/// [`of`](Self::of) in a given one. It stays valid while other modules come and go. While its own module is
/// [unregistered](crate::module::unregister) it says [`Error::Gone`].
///
/// `T` is any type that the values convert to. With `String` it reads and sets the text of a sysctl of any type.
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
/// let size = sysctl::key::<u32>("key.cache.size")?;
/// assert_eq!(size.get()?, 100);
/// size.of(&base).set(200)?;
/// assert_eq!(size.get()?, 200);
/// assert!(size.set(0).is_err());
///
/// let text = sysctl::key::<String>("key.cache.size")?;
/// text.set("300".to_owned())?;
/// assert_eq!(text.get()?, "300");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Cost: no lock and no look-up. If the variable is an atomic and `T` the type of its values, reading it is an indirect call,
/// and so is setting it where there is no `range`; otherwise values are converted, and panics are caught. After a module was
/// registered or unregistered the next use looks once whether its own is still there.
pub struct Key<T: 'static> {
    entry: &'static SysctlEntry,
    class: &'static ClassEntry,
    /// The variable, if it is an atomic of such values.
    plain: Option<&'static dyn Plain<T>>,
    /// When its module was seen to be registered.
    seen: Seen,
}

impl View<'_> {
    /// Looks up a sysctl once, for repeated use; as [`key`](fn@super::key), among the sysctls of this view.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`], [`Error::Ambiguous`], [`Error::WrongClass`], [`Error::Boot`].
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[vimage::module]
    /// # mod cache {
    /// #     use std::sync::atomic::AtomicU32;
    /// #     use vimage::prelude::*;
    /// #     /// How many entries are kept.
    /// #     #[virtualized(sysctl("view_key.cache.size", rw, range = 1..=1000))]
    /// #     static SIZE: AtomicU32 = AtomicU32::new(100);
    /// # }
    /// let base = vimage::boot()?;
    /// let size = vimage::sysctl::of(&base).key::<u32>("view_key.cache.size")?;
    /// assert_eq!((size.name(), size.get()?), ("view_key.cache.size", 100));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn key<T: ValueType + 'static>(&self, name: &str) -> Result<Key<T>, Error> {
        Key::new(self, name)
    }
}

impl<T: ValueType + 'static> Key<T> {
    fn new(view: &View<'_>, name: &str) -> Result<Self, Error> {
        let seen = Seen::at(registry::changes());
        let entry = view.find(name)?;
        let plain = entry.target.plain().and_then(|plain| plain.downcast_ref().copied());
        Ok(Self { entry, class: entry.identity.module.class, plain, seen })
    }

    /// Reads it in the current instance.
    ///
    /// # Errors
    ///
    /// [`Error::NoInstance`], [`Error::Gone`]; [`Error::WrongType`] or [`Error::OutOfRange`] if the value does not convert to
    /// `T`; [`Error::Refused`] and [`Error::Panicked`] from a handler.
    #[inline]
    pub fn get(&self) -> Result<T, Error> {
        if let Some(value) = self.plainly(|plain, instance| plain.load(instance)) {
            return Ok(value);
        }
        self.get_in(&View::CURRENT)
    }

    /// Sets it in the current instance.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and [`Error::ReadOnly`], [`Error::NotPermitted`]. The value has not changed.
    #[inline]
    pub fn set(&self, value: T) -> Result<(), Error> {
        let mut value = Some(value);
        if self.entry.is_set_plainly() {
            let stored = self.plainly(|plain, instance| plain.store(instance, value.take()?).then_some(()));
            if stored.is_some() {
                return Ok(());
            }
        }
        match value {
            Some(value) => self.set_in(&View::CURRENT, value),
            // The instance does not have the variable any more.
            None => Err(self.gone()),
        }
    }

    /// Uses the variable directly. `None` if it is not plain, or cannot be reached like that.
    #[inline]
    fn plainly<R>(&self, f: impl FnOnce(&dyn Plain<T>, InstanceRef<'_>) -> Option<R>) -> Option<R> {
        let plain = self.plain?;
        if !self.seen.is_at(registry::changes()) {
            return None;
        }
        in_entered(self.class, |instance| f(plain, instance))?
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
    /// let size = vimage::sysctl::key::<u32>("key_of.cache.size")?;
    /// size.of(&base).set(200)?;
    /// assert_eq!(size.of(&base).get()?, 200);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of<'a>(&'a self, instance: &'a impl HasInstances) -> KeyOf<'a, T> {
        KeyOf { key: self, view: of(instance) }
    }

    // Not inlined where most keys need the one above only.
    #[inline(never)]
    fn get_in(&self, view: &View<'_>) -> Result<T, Error> {
        self.check()?;
        converted(view.read(self.entry, self.name())?, self.name())
    }

    #[inline(never)]
    fn set_in(&self, view: &View<'_>, value: T) -> Result<(), Error> {
        self.check()?;
        view.set_found(self.entry, self.name(), value.into_value())
    }
}

impl<T: 'static> Key<T> {
    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.entry.identity.name
    }

    #[cold]
    fn gone(&self) -> Error {
        Error::Gone { name: self.name().to_owned() }
    }

    /// An error if its module is not registered.
    fn check(&self) -> Result<(), Error> {
        let is_in =
            |table: &Table<SysctlEntry>| table.get(self.name()).iter().any(|entry| std::ptr::eq(*entry, self.entry));
        match self.seen.check(registry::changes, || NAMES.with(is_in)) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.gone()),
            Err(error) => Err(Error::Boot(error)),
        }
    }
}

impl<T: 'static> Clone for Key<T> {
    fn clone(&self) -> Self {
        Self { seen: self.seen.clone(), ..*self }
    }
}

/// The name: `Key(net.foo.mode)`.
impl<T: 'static> fmt::Debug for Key<T> {
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
/// let size = vimage::sysctl::key::<String>("keyof.cache.size")?;
/// assert_eq!(size.of(&base).get()?, "100");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct KeyOf<'a, T: 'static> {
    key: &'a Key<T>,
    view: View<'a>,
}

impl<T: ValueType + 'static> KeyOf<'_, T> {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// As [`Key::get`], and [`Error::WrongClass`] if the instance is of another class than the variable.
    pub fn get(&self) -> Result<T, Error> {
        self.key.get_in(&self.view)
    }

    /// Sets it.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and those of [`Key::set`].
    pub fn set(&self, value: T) -> Result<(), Error> {
        self.key.set_in(&self.view, value)
    }
}
