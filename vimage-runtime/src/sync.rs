//! The primitives that the life of instances is built on: std's, or those of a model checker that runs the same code.

#[cfg(not(vimage_shuttle))]
pub(crate) use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
#[cfg(not(vimage_shuttle))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

#[cfg(vimage_shuttle)]
pub(crate) use shuttle::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
#[cfg(vimage_shuttle)]
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard, PoisonError};
