//! Links: the explicit path between two instances.
//!
//! Instances share nothing, so messages from one to another need a link: a bounded, typed channel in both directions with
//! an [`Endpoint`] in each of two instances or vimages, like the kernel's `epair`. Sending to a full link waits or fails; no
//! message is lost. A link keeps no instance alive. It closes when one of them shuts down or an endpoint is dropped; the
//! sender can take back the messages that were not received by then.
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
//! and an `enter`, for each instance of a vimage.
//!
//! # In each build
//!
//! In builds without instances both endpoints belong to base instances. No base instance shuts down, so only the
//! endpoints close a link. Everything else is the same.

#[cfg(not(target_family = "wasm"))]
mod blocking;
mod endpoint;
mod error;
#[cfg(all(test, vimage_shuttle))]
mod models;
mod place;
mod queue;
#[cfg(all(test, not(vimage_shuttle)))]
mod tests;
mod waiters;

pub use endpoint::{DEFAULT_CAPACITY, Endpoint, pair, with_capacity};
pub use error::{RecvError, SendError, TryRecvError, TrySendError};
