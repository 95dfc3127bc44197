//! The primitives that the life of instances is built on: std's, or those of a model checker that runs the same code
//! (`--cfg vimage_shuttle`, see [`models`](crate::models)).

#[cfg(vimage_shuttle)]
pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize, Ordering};
#[cfg(vimage_shuttle)]
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard, PoisonError};
#[cfg(not(vimage_shuttle))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize, Ordering};
#[cfg(not(vimage_shuttle))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

#[cfg(vimage_shuttle)]
pub(crate) use shuttle::thread::{ThreadId, current as current_thread};
#[cfg(not(vimage_shuttle))]
pub(crate) use std::thread::{ThreadId, current as current_thread};

#[cfg(vimage_shuttle)]
pub use shuttle::thread::LocalKey;
#[cfg(vimage_shuttle)]
pub use shuttle::thread_local;
#[cfg(all(feature = "vimage", not(vimage_shuttle)))]
pub use std::thread::LocalKey;
#[cfg(not(vimage_shuttle))]
pub use std::thread_local;
