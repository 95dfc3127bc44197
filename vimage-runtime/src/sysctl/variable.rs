//! The types of variables that can be sysctls: how their value is read and written.

use std::borrow::Cow;
use std::fmt;
use std::mem;
use std::ops::DerefMut;
use std::sync::atomic::{self, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError, RwLock, TryLockError, TryLockResult};

use super::value::ValueType;
use crate::registry::BoxError;

/// A type of variables that can be read as a sysctl.
///
/// It is implemented for each [`ValueType`] (which makes a plain static `ro`), all atomics, `&'static str`, and std's `Mutex`,
/// `RwLock`, `OnceLock` and `LazyLock` of these. Implement it for a type of your own that holds one value:
///
/// ```
/// # use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
/// struct PerCpu([AtomicU64; 4]);
///
/// impl vimage::sysctl::Readable for PerCpu {
///     type Value = u64;
///     fn read(&self) -> Option<u64> {
///         Some(self.0.iter().map(|count| count.load(Relaxed)).sum())
///     }
/// }
/// ```
///
/// `read` is called in the instance of the variable. A type that waits for a lock should also implement
/// [`try_read`](Self::try_read).
#[diagnostic::on_unimplemented(
    message = "a variable of type `{Self}` cannot be a sysctl",
    label = "not a type that sysctls know",
    note = "atomics, integers, floats, `bool`, strings, and `Mutex`, `RwLock`, `OnceLock`, `LazyLock` of them can",
    note = "for an enumeration write `vimage::sysctl::by_text!(…)`, for a type of yours implement `vimage::sysctl::Readable`, \
            for a computed value give a `handler`"
)]
pub trait Readable {
    /// The type of the value.
    type Value: ValueType;

    /// Neither reading nor writing runs code that may panic: a [`Key`](super::Key) need not catch anything.
    #[doc(hidden)]
    const IS_PLAIN: bool = false;

    /// Returns a copy of the value; `None` if it was never set.
    fn read(&self) -> Option<Self::Value>;

    /// As [`read`](Self::read), but does not wait for a lock. The default calls `read`.
    ///
    /// # Errors
    ///
    /// [`Busy`], if the lock is held.
    fn try_read(&self) -> Result<Option<Self::Value>, Busy> {
        Ok(self.read())
    }
}

/// The lock of a variable is held.
///
/// ```
/// use std::sync::Mutex;
/// use vimage::sysctl::{Busy, Readable};
///
/// let variable = Mutex::new(3);
/// let guard = variable.lock();
/// assert_eq!(variable.try_read(), Err(Busy));
/// drop(guard);
/// assert_eq!(variable.try_read(), Ok(Some(3)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "it says all there is to say")]
pub struct Busy;

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lock is held")
    }
}

impl std::error::Error for Busy {}

/// A type of variables that can be set through a shared reference, atomically: a concurrent reader finds the old value
/// or the new one.
///
/// It is implemented for integer and `bool` atomics, and for std's `Mutex`, `RwLock`, `OnceLock` and `LazyLock` of
/// [`ValueType`]s.
///
/// ```
/// use std::sync::atomic::AtomicU32;
/// use vimage::sysctl::{Readable, Writable};
///
/// let variable = AtomicU32::new(1);
/// variable.write(2).unwrap();
/// assert_eq!(variable.read(), Some(2));
/// ```
#[diagnostic::on_unimplemented(
    message = "a variable of type `{Self}` cannot be set",
    label = "nothing can be written through a shared reference to it",
    note = "make the sysctl `ro` without `tunable`, or the variable an atomic, a `Mutex`, an `RwLock` or a `OnceLock`"
)]
pub trait Writable: Readable {
    /// Replaces the value.
    ///
    /// # Errors
    ///
    /// Any reason of the type's own. The value has not changed.
    fn write(&self, data: Self::Value) -> Result<(), BoxError>;

    /// As [`write`](Self::write), but does not wait for a lock. The default calls `write`.
    ///
    /// # Errors
    ///
    /// [`Busy`], if the lock is held; inside, the error of [`write`](Self::write). The value has not changed.
    fn try_write(&self, data: Self::Value) -> Result<Result<(), BoxError>, Busy> {
        Ok(self.write(data))
    }
}

impl<D: ValueType + Clone> Readable for D {
    type Value = D;

    fn read(&self) -> Option<D> {
        Some(self.clone())
    }
}

impl Readable for &'static str {
    type Value = Cow<'static, str>;

    fn read(&self) -> Option<Self::Value> {
        Some(Cow::Borrowed(self))
    }
}

macro_rules! atomics {
    ($($atomic:ident $data:ident)*) => {
        $(
            impl Readable for atomic::$atomic {
                type Value = $data;
                const IS_PLAIN: bool = true;

                #[inline]
                fn read(&self) -> Option<$data> {
                    Some(self.load(Ordering::SeqCst))
                }
            }

            impl Writable for atomic::$atomic {
                #[inline]
                fn write(&self, data: $data) -> Result<(), BoxError> {
                    self.store(data, Ordering::SeqCst);
                    Ok(())
                }
            }
        )*
    };
}

atomics! {
    AtomicBool bool
    AtomicI8 i8 AtomicI16 i16 AtomicI32 i32 AtomicI64 i64 AtomicIsize isize
    AtomicU8 u8 AtomicU16 u16 AtomicU32 u32 AtomicU64 u64 AtomicUsize usize
}

/// The value is the address.
impl<T> Readable for atomic::AtomicPtr<T> {
    type Value = usize;

    fn read(&self) -> Option<usize> {
        Some(self.load(Ordering::SeqCst).addr())
    }
}

// Poison is ignored: values are written by one move, so a panic leaves none half-written.
fn unpoisoned<G>(locked: TryLockResult<G>) -> Result<G, Busy> {
    match locked {
        Ok(guard) => Ok(guard),
        Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => Err(Busy),
    }
}

fn replace<D>(mut locked: impl DerefMut<Target = D>, data: D) {
    let old = mem::replace(&mut *locked, data);
    // After the lock is released: the `Drop` of the old value may be user code.
    drop(locked);
    drop(old);
}

impl<D: ValueType + Clone> Readable for Mutex<D> {
    type Value = D;

    fn read(&self) -> Option<D> {
        Some(Mutex::lock(self).unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn try_read(&self) -> Result<Option<D>, Busy> {
        Ok(Some(unpoisoned(Mutex::try_lock(self))?.clone()))
    }
}

impl<D: ValueType + Clone> Writable for Mutex<D> {
    fn write(&self, data: D) -> Result<(), BoxError> {
        replace(Mutex::lock(self).unwrap_or_else(PoisonError::into_inner), data);
        Ok(())
    }

    fn try_write(&self, data: D) -> Result<Result<(), BoxError>, Busy> {
        replace(unpoisoned(Mutex::try_lock(self))?, data);
        Ok(Ok(()))
    }
}

impl<D: ValueType + Clone> Readable for RwLock<D> {
    type Value = D;

    fn read(&self) -> Option<D> {
        Some(RwLock::read(self).unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn try_read(&self) -> Result<Option<D>, Busy> {
        Ok(Some(unpoisoned(RwLock::try_read(self))?.clone()))
    }
}

impl<D: ValueType + Clone> Writable for RwLock<D> {
    fn write(&self, data: D) -> Result<(), BoxError> {
        replace(RwLock::write(self).unwrap_or_else(PoisonError::into_inner), data);
        Ok(())
    }

    fn try_write(&self, data: D) -> Result<Result<(), BoxError>, Busy> {
        replace(unpoisoned(RwLock::try_write(self))?, data);
        Ok(Ok(()))
    }
}

impl<V: Readable> Readable for OnceLock<V> {
    type Value = V::Value;

    fn read(&self) -> Option<V::Value> {
        self.get()?.read()
    }

    fn try_read(&self) -> Result<Option<V::Value>, Busy> {
        self.get().map_or(Ok(None), V::try_read)
    }
}

/// It can be set once.
impl<D: ValueType + Clone> Writable for OnceLock<D> {
    fn write(&self, data: D) -> Result<(), BoxError> {
        self.set(data).map_err(|_| BoxError::from("it can be set only once"))
    }
}

/// The first read initializes the value.
impl<V: Readable> Readable for LazyLock<V> {
    type Value = V::Value;

    fn read(&self) -> Option<V::Value> {
        (**self).read()
    }

    fn try_read(&self) -> Result<Option<V::Value>, Busy> {
        (**self).try_read()
    }
}

impl<V: Writable> Writable for LazyLock<V> {
    fn write(&self, data: V::Value) -> Result<(), BoxError> {
        (**self).write(data)
    }

    fn try_write(&self, data: V::Value) -> Result<Result<(), BoxError>, Busy> {
        (**self).try_write(data)
    }
}
