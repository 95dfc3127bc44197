//! The registered form of a sysctl.

use std::any::Any;
use std::ptr::NonNull;
use std::thread;
use std::time::{Duration, Instant};

use super::value::{Kind, Mismatch, Value, ValueType};
use super::variable::{Busy, Readable, Writable};
use crate::error::BootError;
use crate::names::{Identity, InstanceRef, Located, Named, Names};
use crate::registry::{BoxError, collection};

/// The registered form of a sysctl; from `sysctl!`.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct SysctlEntry {
    pub identity: Identity,
    /// The variable as written.
    pub variable: &'static str,
    pub shared: bool,
    pub writable: bool,
    pub tunable: bool,
    pub base_only: bool,
    pub range: Option<&'static str>,
    pub unit: Option<&'static str>,
    /// The lines of the doc comment.
    pub docs: &'static [&'static str],
    pub target: &'static (dyn Target + Sync),
}

impl Named for SysctlEntry {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn variable(&self) -> Option<&'static str> {
        Some(self.variable)
    }
}

impl std::fmt::Debug for SysctlEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SysctlEntry").field(&self.identity).finish()
    }
}

/// Reads and writes a variable of any type. `deadline` bounds the wait for its lock.
#[doc(hidden)]
pub trait Target {
    fn kind(&self) -> Kind;
    /// The variable in an instance.
    fn locate(&self, instance: InstanceRef<'_>) -> Option<Located>;
    /// Returns whether the value is what a handler returns, and not the variable.
    fn is_handled(&self) -> bool {
        false
    }
    fn type_name(&self) -> &'static str;
    fn read(&self, instance: InstanceRef<'_>, deadline: Option<Instant>) -> Result<Value, Fault>;
    fn write(&self, instance: InstanceRef<'_>, new: Value, deadline: Option<Instant>) -> Result<(), Fault>;

    /// A `&'static dyn Plain<D>`, if it is an atomic.
    fn plain(&'static self) -> Option<Box<dyn Any>> {
        None
    }
}

/// Reads and writes an atomic whose value is a `D`. Nothing of it panics.
pub(super) trait Plain<D>: Sync {
    /// `None` if the instance does not have it.
    fn load(&self, instance: InstanceRef<'_>) -> Option<D>;
    /// Without a look at the range. Returns `false` if the instance does not have it, or it cannot be written.
    fn store(&self, instance: InstanceRef<'_>, new: D) -> bool;
}

fn plain<T: Readable + 'static>(variable: &'static dyn Plain<T::Value>) -> Option<Box<dyn Any>> {
    T::IS_PLAIN.then(|| Box::new(variable) as Box<dyn Any>)
}

impl<T: Readable> Plain<T::Value> for ReadOnly<T> {
    #[inline]
    fn load(&self, instance: InstanceRef<'_>) -> Option<T::Value> {
        (self.0)(instance)?.read()
    }

    fn store(&self, _: InstanceRef<'_>, _: T::Value) -> bool {
        false
    }
}

impl<T: Writable> Plain<T::Value> for ReadWrite<T> {
    #[inline]
    fn load(&self, instance: InstanceRef<'_>) -> Option<T::Value> {
        (self.0)(instance)?.read()
    }

    #[inline]
    fn store(&self, instance: InstanceRef<'_>, new: T::Value) -> bool {
        (self.0)(instance).is_some_and(|variable| variable.write(new).is_ok())
    }
}

/// Why reading or writing failed, without the names for a message.
#[doc(hidden)]
#[derive(Debug)]
pub enum Fault {
    /// The instance does not have the variable.
    NotThere,
    /// The value does not convert to the variable's type.
    Mismatch(Mismatch),
    /// The value is outside of the range of the sysctl.
    OutOfRange,
    /// The variable cannot be written.
    ReadOnly,
    /// The lock was held until the deadline.
    Busy,
    /// The variable or its handler refused.
    Refused(BoxError),
}

/// Finds the variable in an instance.
type Find<T> = for<'a> fn(InstanceRef<'a>) -> Option<&'a T>;

/// Returns whether a value is in the range of the sysctl.
type Within<D> = fn(&D) -> bool;

/// A variable that is only read.
#[doc(hidden)]
pub struct ReadOnly<T: 'static>(pub Find<T>);

impl<T: Readable> Target for ReadOnly<T> {
    fn kind(&self) -> Kind {
        T::Value::KIND
    }

    fn locate(&self, instance: InstanceRef<'_>) -> Option<Located> {
        (self.0)(instance).map(NonNull::from).map(Located::new)
    }

    fn type_name(&self) -> &'static str {
        T::Value::TYPE
    }

    fn read(&self, instance: InstanceRef<'_>, deadline: Option<Instant>) -> Result<Value, Fault> {
        let variable = (self.0)(instance).ok_or(Fault::NotThere)?;
        let value = match deadline {
            None => variable.read(),
            Some(deadline) => retry(deadline, || variable.try_read())?,
        };
        Ok(value.map_or(Value::Unset, ValueType::into_value))
    }

    fn write(&self, _: InstanceRef<'_>, _: Value, _: Option<Instant>) -> Result<(), Fault> {
        Err(Fault::ReadOnly)
    }

    fn plain(&'static self) -> Option<Box<dyn Any>> {
        plain::<T>(self)
    }
}

/// A variable that is read and written.
#[doc(hidden)]
pub struct ReadWrite<T: Readable + 'static>(pub Find<T>, pub Within<T::Value>);

impl<T: Writable> Target for ReadWrite<T> {
    fn kind(&self) -> Kind {
        T::Value::KIND
    }

    fn locate(&self, instance: InstanceRef<'_>) -> Option<Located> {
        ReadOnly(self.0).locate(instance)
    }

    fn type_name(&self) -> &'static str {
        T::Value::TYPE
    }

    fn read(&self, instance: InstanceRef<'_>, deadline: Option<Instant>) -> Result<Value, Fault> {
        ReadOnly(self.0).read(instance, deadline)
    }

    fn write(&self, instance: InstanceRef<'_>, new: Value, deadline: Option<Instant>) -> Result<(), Fault> {
        let variable = (self.0)(instance).ok_or(Fault::NotThere)?;
        let Some(deadline) = deadline else {
            return variable.write(checked(new, self.1)?).map_err(Fault::Refused);
        };
        // A value need not be `Clone`, so each attempt converts it anew.
        retry(deadline, || match checked(new.clone(), self.1) {
            Ok(value) => variable.try_write(value).map(|written| written.map_err(Fault::Refused)),
            Err(fault) => Ok(Err(fault)),
        })?
    }

    fn plain(&'static self) -> Option<Box<dyn Any>> {
        plain::<T>(self)
    }
}

/// A variable, or the place of a `static mut`, with a handler.
#[doc(hidden)]
pub struct Handled<P: Pointer, D, E> {
    pub find: for<'a> fn(InstanceRef<'a>) -> Option<P::To<'a>>,
    pub handler: for<'a> fn(P::To<'a>, Option<D>) -> Result<D, E>,
    pub within: Within<D>,
}

/// The first argument of a handler.
#[doc(hidden)]
pub trait Pointer {
    type To<'a>;
    fn locate(to: Self::To<'_>) -> Option<Located>;
}

/// A reference to the variable.
#[doc(hidden)]
#[derive(Debug)]
pub struct Reference<T>(std::marker::PhantomData<fn(T)>);

impl<T: 'static> Pointer for Reference<T> {
    type To<'a> = &'a T;

    fn locate(to: &T) -> Option<Located> {
        Some(Located::new(NonNull::from(to)))
    }
}

/// A pointer to the place of a `static mut`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Raw<T>(std::marker::PhantomData<fn(T)>);

impl<T: 'static> Pointer for Raw<T> {
    type To<'a> = *mut T;

    fn locate(to: *mut T) -> Option<Located> {
        NonNull::new(to).map(Located::new)
    }
}

impl<P: Pointer, D: ValueType, E: Into<BoxError>> Target for Handled<P, D, E> {
    fn kind(&self) -> Kind {
        D::KIND
    }

    fn locate(&self, instance: InstanceRef<'_>) -> Option<Located> {
        P::locate((self.find)(instance)?)
    }

    fn is_handled(&self) -> bool {
        true
    }

    fn type_name(&self) -> &'static str {
        D::TYPE
    }

    fn read(&self, instance: InstanceRef<'_>, _: Option<Instant>) -> Result<Value, Fault> {
        let variable = (self.find)(instance).ok_or(Fault::NotThere)?;
        (self.handler)(variable, None).map(ValueType::into_value).map_err(|error| Fault::Refused(error.into()))
    }

    fn write(&self, instance: InstanceRef<'_>, new: Value, _: Option<Instant>) -> Result<(), Fault> {
        let variable = (self.find)(instance).ok_or(Fault::NotThere)?;
        let new = checked(new, self.within)?;
        (self.handler)(variable, Some(new)).map(drop).map_err(|error| Fault::Refused(error.into()))
    }
}

/// Tries until it succeeds or the deadline has passed, at least once. It polls because std's locks have no timeout.
fn retry<R>(deadline: Instant, mut attempt: impl FnMut() -> Result<R, Busy>) -> Result<R, Fault> {
    let mut pause = Duration::from_micros(50);
    loop {
        if let Ok(done) = attempt() {
            return Ok(done);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Fault::Busy);
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

fn checked<D: ValueType>(new: Value, within: Within<D>) -> Result<D, Fault> {
    let new = D::from_value(new).map_err(Fault::Mismatch)?;
    if within(&new) { Ok(new) } else { Err(Fault::OutOfRange) }
}

/// The check of `range`. It takes the range as written, so that rustc reports a wrong type there.
#[doc(hidden)]
pub fn within<D: PartialOrd, R: std::ops::RangeBounds<D>>(data: &D, range: R) -> bool {
    range.contains(data)
}

collection! { VIMAGE_SYSCTLS: &'static SysctlEntry }

/// All sysctls by name.
pub(super) static NAMES: Names<SysctlEntry> = Names::new(collected);

/// The sysctls of registered modules, by name.
pub(crate) fn all() -> Result<Vec<&'static SysctlEntry>, BootError> {
    NAMES.with(|table| table.entries().collect())
}

/// Declares a sysctl; `#[virtualized(sysctl(…))]` and `#[shared(sysctl(…))]` expand to it.
///
/// `find` is `Reference(…)` or `Raw(…)`, with a closure from an instance to the variable.
#[doc(hidden)]
#[macro_export]
macro_rules! __sysctl {
    (
        module = $module:path; variable = $variable:expr; name = $name:expr;
        find = $kind:ident($find:expr); access = $access:ident $([$handler:expr])?; range = $(($range_text:expr, $range:expr))?;
        flags = [$($flag:ident)*]; unit = $($unit:expr)?; docs = [$($doc:expr),*];
    ) => {
        const _: () = {
            static __VIMAGE_SYSCTL: $crate::__private::SysctlEntry = $crate::__private::SysctlEntry {
                $($flag: true,)*
                range: $crate::__private::sysctl!(@option $($range_text)?),
                unit: $crate::__private::sysctl!(@option $($unit)?),
                target: $crate::__private::sysctl!(@target $access $kind($find) $([$handler])?; $($range)?),
                ..$crate::__private::SysctlEntry::new::<$module>(
                    $name, $variable, $crate::__private::core::file!(), $crate::__private::core::line!(), &[$($doc),*],
                )
            };
            $crate::__private::register!(VIMAGE_SYSCTLS: &'static $crate::__private::SysctlEntry = &__VIMAGE_SYSCTL);
        };
    };
    (@option) => { $crate::__private::core::option::Option::None };
    (@option $value:expr) => { $crate::__private::core::option::Option::Some($value) };
    (@within) => { |_| true };
    (@within $range:expr) => { |data| $crate::__private::within(data, $range) };
    (@target read Reference($find:expr); $($range:expr)?) => {
        const { &$crate::__private::ReadOnly($find) }
    };
    (@target write Reference($find:expr); $($range:expr)?) => {
        const { &$crate::__private::ReadWrite($find, $crate::__private::sysctl!(@within $($range)?)) }
    };
    (@target handle $kind:ident($find:expr) [$handler:expr]; $($range:expr)?) => {
        const {
            &$crate::__private::Handled::<$crate::__private::pointer::$kind<_>, _, _> {
                find: $find,
                handler: $handler,
                within: $crate::__private::sysctl!(@within $($range)?),
            }
        }
    };
}

impl SysctlEntry {
    /// Each instance may set it, to any value.
    pub(super) fn is_set_plainly(&self) -> bool {
        self.writable && !self.base_only && self.range.is_none()
    }

    /// Without flags, range and unit, and with a target that `sysctl!` replaces.
    pub const fn new<M: crate::registry::Module>(
        name: &'static str,
        variable: &'static str,
        file: &'static str,
        line: u32,
        docs: &'static [&'static str],
    ) -> Self {
        Self {
            identity: Identity { name, module: M::ENTRY, file, line },
            variable,
            shared: false,
            writable: false,
            tunable: false,
            base_only: false,
            range: None,
            unit: None,
            docs,
            target: &ReadOnly::<bool>(|_| None),
        }
    }
}
