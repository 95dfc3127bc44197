//! The sysctls of an instance or vimage.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::entry::{Fault, NAMES, SysctlEntry};
use super::error::Error;
use super::listing::{Description, Listed, Tree};
use super::value::{Kind, Mismatch, Value, ValueType};
use crate::core::{Handle, HasInstances};
use crate::failure;
use crate::names::{self, InstanceRef, Named, Table};
use crate::registry::{ClassEntry, closest};

/// The sysctls of an instance or vimage; from [`of`].
///
/// ```
/// # use vimage::prelude::*;
/// #[vimage::module]
/// mod cache {
///     use std::sync::atomic::AtomicU32;
///     use vimage::prelude::*;
///
///     #[virtualized(sysctl("view.cache.size", rw))]
///     static SIZE: AtomicU32 = AtomicU32::new(100);
/// }
///
/// let base = vimage::boot()?;
/// let sysctls = vimage::sysctl::of(&base);
/// sysctls.set("view.cache.size", 200)?;
/// sysctls.set("view.cache.size", "300")?; // text is parsed
/// assert_eq!(sysctls.get("view.cache.size")?.to_string(), "300");
/// assert_eq!(sysctls.get_as::<u32>("view.cache.size")?, 300);
/// assert_eq!(sysctls.describe("view.cache.size")?.type_name, "u32");
/// assert_eq!(sysctls.list("view")?.len(), 1);
/// print!("{}", sysctls.tree("view")?);
///
/// let soon = std::time::Instant::now() + std::time::Duration::from_secs(1);
/// sysctls.with_deadline(soon).get("view.cache.size")?; // for a variable with a lock
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// `None` for the current instances.
    instance: Option<&'a dyn HasInstances>,
    /// `None` to wait for locks without a limit.
    deadline: Option<Instant>,
}

/// Its instances, none for the current ones: `View [(Net#3 "red", Live)]`.
impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("View ")?;
        f.debug_list().entries(self.instance.into_iter().flat_map(HasInstances::instances)).finish()
    }
}

/// A sysctl, and the shortest name that identifies it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) entry: &'static SysctlEntry,
    qualified_name: String,
}

impl Found {
    #[cfg(all(feature = "inspect", unix))]
    pub(crate) fn describe(self) -> Description {
        Description::new(self.entry, self.qualified_name)
    }
}

/// Returns the sysctls of an instance, and the shared ones of its class; for a [`Vimage`](crate::Vimage) those of all classes.
///
/// ```
/// #[vimage::module]
/// mod cache {
///     use std::sync::atomic::AtomicU32;
///     use vimage::prelude::*;
///
///     #[virtualized(sysctl("of.cache.size", rw))]
///     static SIZE: AtomicU32 = AtomicU32::new(100);
/// }
///
/// let base = vimage::boot()?;
/// # #[cfg(feature = "vimage")] {
/// let red = vimage::Vimage::new()?;
/// vimage::sysctl::of(&red).set("of.cache.size", 200)?;
/// # }
/// assert_eq!(vimage::sysctl::of(&base).get("of.cache.size")?.to_string(), "100");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn of(instance: &impl HasInstances) -> View<'_> {
    View { instance: Some(instance), deadline: None }
}

impl<'a> View<'a> {
    pub(crate) const CURRENT: View<'static> = View { instance: None, deadline: None };

    pub(crate) fn of_handle(handle: &'a Handle) -> Self {
        Self { instance: Some(handle), deadline: None }
    }

    /// Bounds all waits for the lock of a `Mutex` or `RwLock`, or of a type with a
    /// [`try_read`](super::Readable::try_read). After the deadline a lock is tried once; if it is held, the error is
    /// [`Error::Busy`], and the value has not changed. Handlers are not bounded.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use vimage::prelude::*;
    /// use vimage::sysctl::{self, Error};
    ///
    /// #[vimage::module]
    /// mod cache {
    ///     use std::sync::Mutex;
    ///     use vimage::prelude::*;
    ///
    ///     #[virtualized(sysctl("deadline.size", rw))]
    ///     pub static SIZE: Mutex<u32> = Mutex::new(100);
    /// }
    ///
    /// let base = vimage::boot()?;
    /// let locked = cache::V_SIZE.of(&base).lock().unwrap();
    /// let soon = Instant::now() + Duration::from_millis(5);
    /// let bounded = sysctl::of(&base).with_deadline(soon);
    /// assert!(matches!(bounded.set("deadline.size", 200), Err(Error::Busy { .. })));
    /// drop(locked);
    /// assert_eq!(bounded.get_as::<u32>("deadline.size")?, 100); // a free lock is taken after the deadline too
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_deadline(self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// Reads a sysctl. If several have the name, put a qualifier before it: the name or the Rust path of the module, the
    /// variable, or the place of the declaration: `foo::net.foo.mode`, `FOO_MODE::net.foo.mode`,
    /// `src/foo.rs:7::net.foo.mode`.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`], [`Error::Ambiguous`], [`Error::WrongClass`], [`Error::Gone`]; [`Error::Busy`]
    /// after a [deadline](Self::with_deadline); [`Error::Refused`] and [`Error::Panicked`] from a handler.
    pub fn get(&self, name: &str) -> Result<Value, Error> {
        self.read(self.find(name)?, name)
    }

    /// Reads a sysctl as a Rust type.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); [`Error::WrongType`] or [`Error::OutOfRange`] if the value does not convert to `T`.
    pub fn get_as<T: ValueType>(&self, name: &str) -> Result<T, Error> {
        converted(self.get(name)?, name)
    }

    /// Sets a sysctl, from a value or from its text. A concurrent reader finds the old value or the new one.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and [`Error::ReadOnly`], [`Error::WrongType`], [`Error::OutOfRange`],
    /// [`Error::NotPermitted`], [`Error::Refused`]. The value has not changed.
    pub fn set(&self, name: &str, value: impl Into<Value>) -> Result<(), Error> {
        self.set_found(self.find(name)?, name, value.into())
    }

    #[inline]
    pub(super) fn set_found(&self, entry: &SysctlEntry, name: &str, value: Value) -> Result<(), Error> {
        if !entry.writable {
            return Err(Error::ReadOnly { name: name.to_owned(), tunable: entry.tunable });
        }
        self.write(entry, name, value)
    }

    /// Lists the sysctls below a prefix with their values, sorted by name, as [`list`](super::list).
    ///
    /// # Errors
    ///
    /// [`Error::Boot`].
    pub fn list(&self, prefix: &str) -> Result<Vec<Listed>, Error> {
        Ok(self.below(prefix)?.into_iter().map(|found| self.listed(found)).collect())
    }

    /// The sysctls below a prefix, without values.
    pub(crate) fn below(&self, prefix: &str) -> Result<Vec<Found>, Error> {
        let found_in = |table: &Table<SysctlEntry>| {
            let mut found = Vec::new();
            for named in below(table, prefix) {
                let own: Vec<_> = named.iter().copied().filter(|entry| self.sees(entry)).collect();
                found.extend(own.iter().map(|entry| Found { entry, qualified_name: names::unique(*entry, &own) }));
            }
            found
        };
        NAMES.with(found_in).map_err(Error::Boot)
    }

    pub(crate) fn listed(&self, found: Found) -> Listed {
        let Found { entry, qualified_name } = found;
        let value = self.read(entry, &qualified_name);
        Listed::new(entry, qualified_name, value)
    }

    /// As [`list`](Self::list), as a tree by the segments of the names.
    ///
    /// # Errors
    ///
    /// [`Error::Boot`].
    pub fn tree(&self, prefix: &str) -> Result<Tree, Error> {
        Ok(Tree::new(prefix, self.list(prefix)?))
    }

    /// Describes a sysctl: everything but its value.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`], [`Error::Ambiguous`], [`Error::WrongClass`], [`Error::Boot`].
    pub fn describe(&self, name: &str) -> Result<Description, Error> {
        let entry = self.find(name)?;
        let named = self.below(entry.identity.name)?;
        let qualified_name =
            named.into_iter().find(|found| std::ptr::eq(found.entry, entry)).map(|found| found.qualified_name);
        // The name as given, if its module was unregistered meanwhile.
        Ok(Description::new(entry, qualified_name.unwrap_or_else(|| name.to_owned())))
    }

    /// Returns whether the sysctl is of a class of the view.
    fn sees(&self, entry: &SysctlEntry) -> bool {
        self.instance.is_none_or(|instance| instance.instance_of(entry.identity.module.class).is_some())
    }

    /// Returns the sysctl that `name` identifies.
    #[inline]
    pub(super) fn find(&self, name: &str) -> Result<&'static SysctlEntry, Error> {
        NAMES.with(|table| self.find_in(table, name)).map_err(Error::Boot)?
    }

    fn find_in(&self, table: &Table<SysctlEntry>, name: &str) -> Result<&'static SysctlEntry, Error> {
        let found = table.find(name, Table::get);
        let mut own = found.clone().filter(|entry| self.sees(entry));
        match (own.next(), own.next()) {
            (Some(entry), None) => Ok(entry),
            _ => Err(self.not_found(table, found, name)),
        }
    }

    /// Why no sysctl, or none of several, is found.
    #[cold]
    fn not_found(
        &self,
        table: &Table<SysctlEntry>,
        found: impl Iterator<Item = &'static SysctlEntry>,
        name: &str,
    ) -> Error {
        let name = name.to_owned();
        let (own, others): (Vec<&'static SysctlEntry>, Vec<_>) = found.partition(|entry| self.sees(entry));
        match (own.as_slice(), others.first(), self.instance) {
            ([], Some(other), Some(instance)) => {
                Error::WrongClass { name, class: other.identity.module.class.name, instance: label(instance) }
            }
            ([], ..) => {
                let closest = closest(&name, table.iter().map(|(known, _)| known));
                Error::Unknown { name, closest }
            }
            (several, ..) => Error::Ambiguous { name, candidates: names::candidates(several) },
        }
    }

    pub(super) fn read(&self, entry: &SysctlEntry, name: &str) -> Result<Value, Error> {
        self.with(entry, name, |instance| caught(name, || entry.target.read(instance, self.deadline)))?
            .map_err(|fault| error(fault, entry, name, String::new))
    }

    fn write(&self, entry: &SysctlEntry, name: &str, value: Value) -> Result<(), Error> {
        // Its text is needed for messages only.
        let given = value.clone();
        self.with(entry, name, |instance| {
            if let Some(header) = instance.header().filter(|header| entry.base_only && !header.is_base()) {
                return Err(Error::NotPermitted { name: name.to_owned(), instance: header.label() });
            }
            caught(name, || entry.target.write(instance, value, self.deadline))
        })?
        .map_err(|fault| error(fault, entry, name, || given.to_string()))
    }

    /// Calls `f` in the instance of the variable's class.
    fn with<R>(
        &self,
        entry: &SysctlEntry,
        name: &str,
        f: impl FnOnce(InstanceRef<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let class: &'static ClassEntry = entry.identity.module.class;
        match self.instance.map(|instance| instance.instance_of(class)) {
            Some(Some(handle)) if !handle.header().is_gone() => {
                let instance = InstanceRef::new(handle);
                names::in_named(instance, || f(instance))
            }
            Some(Some(_)) => Err(Error::Gone { name: name.to_owned() }),
            Some(None) => {
                let instance = self.instance.map(label).unwrap_or_default();
                Err(Error::WrongClass { name: name.to_owned(), class: class.name, instance })
            }
            None => names::in_current(class, |instance| match instance.header() {
                None if !entry.shared => Err(Error::NoInstance { name: name.to_owned(), class: class.name }),
                _ => f(instance),
            }),
        }
    }
}

/// The instances, for messages.
fn label(instance: &dyn HasInstances) -> String {
    let labels: Vec<_> = instance.instances().into_iter().map(|handle| handle.header().label()).collect();
    labels.join(", ")
}

/// Runs code of the program; its panic becomes an error.
fn caught<R>(name: &str, f: impl FnOnce() -> R) -> Result<R, Error> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| panicked(name, panic))
}

#[cold]
fn panicked(name: &str, panic: Box<dyn Any + Send>) -> Error {
    Error::Panicked { name: name.to_owned(), message: failure::message(panic) }
}

#[cold]
fn error(fault: Fault, entry: &SysctlEntry, name: &str, given: impl FnOnce() -> String) -> Error {
    let (name, given, target) = (name.to_owned(), given(), entry.target);
    match fault {
        Fault::NotThere => Error::Gone { name },
        Fault::ReadOnly => Error::ReadOnly { name, tunable: false },
        Fault::Busy => Error::Busy { name },
        Fault::Mismatch(mismatch) => mismatched(mismatch, name, given, target.kind(), target.type_name()),
        Fault::OutOfRange => Error::OutOfRange { name, given, range: entry.range.unwrap_or_default() },
        Fault::Refused(source) => Error::Refused { name, source: Arc::from(source) },
    }
}

fn mismatched(mismatch: Mismatch, name: String, given: String, expected: Kind, type_name: &'static str) -> Error {
    let reason = match mismatch {
        Mismatch::Range => return Error::OutOfRange { name, given, range: type_name },
        Mismatch::Because(reason) => Some(reason),
        Mismatch::Type => None,
    };
    Error::WrongType { name, given, expected, type_name, reason }
}

/// The value as a `T`.
pub(super) fn converted<T: ValueType>(value: Value, name: &str) -> Result<T, Error> {
    // Its text is needed for messages only.
    let given = value.clone();
    T::from_value(value).map_err(|mismatch| mismatched(mismatch, name.to_owned(), given.to_string(), T::KIND, T::TYPE))
}

/// The sysctls whose names are the prefix, or continue it after a dot; those of one name together.
fn below<'t>(table: &'t Table<SysctlEntry>, prefix: &str) -> impl Iterator<Item = &'t [&'static SysctlEntry]> + 't {
    let prefix = prefix.trim_end_matches('.').to_owned();
    let under = move |name: &str| match name.strip_prefix(&*prefix) {
        Some(rest) => prefix.is_empty() || rest.is_empty() || rest.starts_with('.'),
        None => false,
    };
    table.iter().filter(move |(name, _)| under(name)).map(|(_, named)| named)
}

/// The names and values from [`InstanceBuilder::sysctl`](crate::InstanceBuilder::sysctl).
pub(crate) type Tunables = [(String, Value)];

/// Checks the names for instances of these classes, before one is made.
pub(crate) fn check_tunables(tunables: &Tunables, classes: &[&'static ClassEntry]) -> Result<(), Error> {
    if tunables.is_empty() {
        return Ok(());
    }
    let check = |table: &Table<SysctlEntry>| {
        for (name, _) in tunables {
            if !View::CURRENT.tunable(table, name, classes)?.tunable {
                return Err(Error::NotTunable { name: name.clone() });
            }
        }
        Ok(())
    };
    NAMES.with(check).map_err(Error::Boot)?
}

/// Sets the tunables of an instance that is created.
pub(crate) fn tune(tunables: &Tunables, handle: &Handle) -> Result<(), Error> {
    let view = View::of_handle(handle);
    for (name, value) in tunables {
        match view.find(name) {
            Ok(entry) => view.write(entry, name, value.clone())?,
            // It is for the instance of another class of the same vimage.
            Err(Error::WrongClass { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl View<'_> {
    /// The sysctl that `name` identifies in instances of these classes.
    fn tunable(
        &self,
        table: &Table<SysctlEntry>,
        name: &str,
        classes: &[&'static ClassEntry],
    ) -> Result<&'static SysctlEntry, Error> {
        let mut found = table.find(name, Table::get).peekable();
        let first = found.peek().copied();
        let mut own = found.filter(|entry| classes.contains(&entry.identity().module.class));
        match (own.next(), own.next(), first) {
            (Some(entry), None, _) => Ok(entry),
            (None, _, Some(other)) => Err(Error::WrongClass {
                name: name.to_owned(),
                class: other.identity.module.class.name,
                instance: "the new instance".to_owned(),
            }),
            // None or several: the error is that of any other look-up.
            _ => self.find_in(table, name),
        }
    }
}
