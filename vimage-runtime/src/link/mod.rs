//! Links: the explicit path between two instances.
//!
//! Instances share nothing, so that what goes from one to another goes through a link: a bounded, typed channel in
//! both directions with one [`Endpoint`] in each instance, the kernel's `epair`. Sending to a full link waits or is an
//! error, never a loss. A link keeps neither instance alive; it closes when either of them shuts down or an end is
//! dropped, and messages that were not received by then go back to their sender.
//!
//! ```
//! # use vimage::prelude::*;
//! # let (a, b) = (Vnet::base()?, Vnet::base()?);
//! # #[cfg(feature = "vimage")]
//! let (a, b) = (Vnet::new()?, Vnet::new()?);
//! let (left, right) = vimage::link::pair::<String>(&a, &b)?;
//!
//! let echo = std::thread::spawn(move || {
//!     // The handler runs in `b`.
//!     right.serve(|message| right.send(message.to_uppercase()).unwrap());
//! });
//! left.send("hello".to_owned()).unwrap();
//! assert_eq!(left.recv().unwrap(), "HELLO");
//! drop(left);
//! echo.join().unwrap();
//! # #[cfg(feature = "vimage")] {
//! a.destroy()?;
//! b.destroy()?;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Cost
//!
//! A link costs a few allocations, and an observer in each instance. Sending or receiving a message takes a lock for a few
//! instructions and wakes at most one waiter; both directions share that lock. Handling a message costs a look-up by id
//! and an `enter`.
//!
//! # In each build
//!
//! In builds without instances both ends are of base instances, and otherwise work as they do anywhere. No
//! base instance shuts down, so that a link is closed by its ends only.

mod endpoint;
mod error;
#[cfg(all(test, vimage_shuttle))]
mod models;
mod queue;
#[cfg(all(test, not(vimage_shuttle)))]
mod tests;
mod waiters;

pub use endpoint::{DEFAULT_CAPACITY, Endpoint, pair, with_capacity};
pub use error::{RecvError, SendError, TryRecvError, TrySendError};
