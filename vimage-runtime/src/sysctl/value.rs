//! The types of variables: what holds a value, and how it is read and written.

use std::borrow::Cow;
use std::sync::atomic::{self, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError, RwLock};

use super::datum::Data;
use crate::module::BoxError;

/// A type of variables that can be read as a sysctl.
///
/// Implemented for all of [`Data`] (which makes a plain static `ro`), all atomics, `&'static str`, and std's `Mutex`,
/// `RwLock`, `OnceLock` and `LazyLock` of these. Implement it for a type of your own that holds one value:
///
/// ```
/// # use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
/// struct PerCpu([AtomicU64; 4]);
///
/// impl vimage::sysctl::Value for PerCpu {
///     type Data = u64;
///     fn read(&self) -> Option<u64> {
///         Some(self.0.iter().map(|count| count.load(Relaxed)).sum())
///     }
/// }
/// ```
///
/// It is called in the instance whose variable is read.
#[diagnostic::on_unimplemented(
    message = "a variable of type `{Self}` cannot be a sysctl",
    label = "not a type that sysctls know",
    note = "atomics, integers, floats, `bool`, strings, and `Mutex`, `RwLock`, `OnceLock`, `LazyLock` of them can",
    note = "for an enumeration write `vimage::sysctl::by_text!(…)`, for a type of yours implement `vimage::sysctl::Value`, \
            for a computed value give a `handler`"
)]
pub trait Value {
    /// What it holds.
    type Data: Data;

    /// A copy of the value, none if it was never set.
    fn read(&self) -> Option<Self::Data>;
}

/// A type of variables that can be written through a shared reference, at once: whoever reads meanwhile finds the old
/// value or the new one.
#[diagnostic::on_unimplemented(
    message = "a variable of type `{Self}` cannot be set",
    label = "nothing can be written through a shared reference to it",
    note = "make the sysctl `ro` without `tunable`, or the variable an atomic, a `Mutex`, an `RwLock` or a `OnceLock`"
)]
pub trait Settable: Value {
    /// Replaces the value.
    ///
    /// # Errors
    ///
    /// Whatever prevents it; nothing has changed then.
    fn write(&self, data: Self::Data) -> Result<(), BoxError>;
}

impl<D: Data + Clone> Value for D {
    type Data = D;

    fn read(&self) -> Option<D> {
        Some(self.clone())
    }
}

impl Value for &'static str {
    type Data = Cow<'static, str>;

    fn read(&self) -> Option<Self::Data> {
        Some(Cow::Borrowed(self))
    }
}

macro_rules! atomics {
    ($($atomic:ident $data:ident)*) => {
        $(
            impl Value for atomic::$atomic {
                type Data = $data;

                fn read(&self) -> Option<$data> {
                    Some(self.load(Ordering::SeqCst))
                }
            }

            impl Settable for atomic::$atomic {
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

/// Its address.
impl<T> Value for atomic::AtomicPtr<T> {
    type Data = usize;

    fn read(&self) -> Option<usize> {
        Some(self.load(Ordering::SeqCst).addr())
    }
}

// A panic cannot have left half of a `Data` behind: it is written by one move.
impl<D: Data + Clone> Value for Mutex<D> {
    type Data = D;

    fn read(&self) -> Option<D> {
        Some(self.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl<D: Data + Clone> Settable for Mutex<D> {
    fn write(&self, data: D) -> Result<(), BoxError> {
        let old = std::mem::replace(&mut *self.lock().unwrap_or_else(PoisonError::into_inner), data);
        // Outside of the lock, for its `Drop` may be user code.
        drop(old);
        Ok(())
    }
}

impl<D: Data + Clone> Value for RwLock<D> {
    type Data = D;

    fn read(&self) -> Option<D> {
        Some(RwLock::read(self).unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl<D: Data + Clone> Settable for RwLock<D> {
    fn write(&self, data: D) -> Result<(), BoxError> {
        let old = std::mem::replace(&mut *RwLock::write(self).unwrap_or_else(PoisonError::into_inner), data);
        drop(old);
        Ok(())
    }
}

impl<V: Value> Value for OnceLock<V> {
    type Data = V::Data;

    fn read(&self) -> Option<V::Data> {
        self.get()?.read()
    }
}

/// Can be set once.
impl<D: Data + Clone> Settable for OnceLock<D> {
    fn write(&self, data: D) -> Result<(), BoxError> {
        self.set(data).map_err(|_| BoxError::from("it is set already, and can be set once"))
    }
}

/// Reading it makes the value, if that has not happened yet.
impl<V: Value> Value for LazyLock<V> {
    type Data = V::Data;

    fn read(&self) -> Option<V::Data> {
        (**self).read()
    }
}

impl<V: Settable> Settable for LazyLock<V> {
    fn write(&self, data: V::Data) -> Result<(), BoxError> {
        (**self).write(data)
    }
}
