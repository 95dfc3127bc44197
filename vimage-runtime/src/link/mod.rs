//! Links: the explicit path between two instances.
//!
//! Instances share nothing, so that what goes from one to another goes through a link: a bounded, typed channel in
//! both directions with one [`End`] in each instance, the kernel's `epair`. Sending to a full link waits or is an
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
//! assert_eq!(left.receive().unwrap(), "HELLO");
//! drop(left);
//! echo.join().unwrap();
//! # #[cfg(feature = "vimage")] {
//! a.destroy()?;
//! b.destroy()?;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A link costs a few allocations and a place in each instance's list of those who want to know of its end. Sending and
//! receiving cost what they do on an `async-channel`, and handling a message one look-up by id and one `enter`.
//!
//! In builds without instances both ends are of base instances, and otherwise work as they do anywhere. No
//! base instance shuts down, so that a link is closed by its ends only.

use std::fmt;
use std::sync::{Arc, Weak};

use crate::bound::Refused;
use crate::carry::AnyInstance;
use crate::core::class_state::{describe, hold};
use crate::core::context;
use crate::core::observers::{Observer, ObserverTicket};
use crate::future::FutureExt;
use crate::instance::Instance;
use crate::registry::{Class, ClassEntry};

mod errors;
mod queue;

pub use errors::{Closed, SendError, TryReceiveError, TrySendError};
use queue::{Queues, Side};

/// How many messages wait in each direction of a link that [`pair`] makes.
pub const DEFAULT_CAPACITY: usize = 64;

/// A link between two instances, which may be of different classes: an end for each, and room for
/// [`DEFAULT_CAPACITY`] messages in each direction.
///
/// # Errors
///
/// [`Refused`], if one of them is shutting down.
pub fn pair<M: Send + 'static>(
    a: &Instance<impl Class>,
    b: &Instance<impl Class>,
) -> Result<(End<M>, End<M>), Refused> {
    with_capacity(DEFAULT_CAPACITY, a, b)
}

/// [`pair`], with room for `capacity` messages in each direction.
///
/// # Errors
///
/// [`Refused`], if one of the instances is shutting down.
///
/// # Panics
///
/// If `capacity` is 0.
pub fn with_capacity<M: Send + 'static>(
    capacity: usize,
    a: &Instance<impl Class>,
    b: &Instance<impl Class>,
) -> Result<(End<M>, End<M>), Refused> {
    assert!(capacity > 0, "a link needs room for a message");
    let queues = Arc::new(Queues::new(capacity));
    let a = End::new(&queues, Side::A, a)?;
    let b = End::new(&queues, Side::B, b)?;
    Ok((a, b))
}

/// One end of a link, which belongs to one of the two instances; from [`pair`].
///
/// It may be used from any thread, in any context. It closes the link when it is dropped. Messages that arrive here
/// are this instance's: those that nobody receives, and that cannot go back because the other end has closed before,
/// are dropped in this instance, or with no context if it is gone.
pub struct End<M: Send + 'static> {
    shared: Arc<Shared<M>>,
    seat: ObserverTicket,
}

/// What the instance tells when it shuts down.
struct Shared<M> {
    queues: Arc<Queues<M>>,
    side: Side,
    class: &'static ClassEntry,
    id: u64,
}

impl<M: Send + 'static> Observer for Shared<M> {
    fn shut_down(&self, _: u64) {
        self.queues.close(self.side);
    }
}

impl<M: Send + 'static> End<M> {
    fn new<C: Class>(queues: &Arc<Queues<M>>, side: Side, instance: &Instance<C>) -> Result<Self, Refused> {
        let header = instance.handle().header();
        let shared = Arc::new(Shared { queues: Arc::clone(queues), side, class: header.class, id: header.id });
        let observer: Weak<Shared<M>> = Arc::downgrade(&shared);
        match header.add_observer(observer) {
            Some(seat) => Ok(Self { shared, seat }),
            None => Err(Refused::ShuttingDown { instance: header.label() }),
        }
    }

    fn queues(&self) -> &Queues<M> {
        &self.shared.queues
    }

    fn side(&self) -> Side {
        self.shared.side
    }

    /// Sends a message to the other end; blocks the thread while there is no room.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message, if the link is closed, also when that happens while it waits.
    #[cfg(not(target_family = "wasm"))]
    pub fn send(&self, message: M) -> Result<(), SendError<M>> {
        self.queues().to(self.side().other()).sender.send_blocking(message).map_err(SendError::from)
    }

    /// Sends a message to the other end; waits while there is no room. If the future is dropped before it is ready,
    /// the message is dropped with it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_async(&self, message: M) -> Result<(), SendError<M>> {
        self.queues().to(self.side().other()).sender.send(message).await.map_err(SendError::from)
    }

    /// Sends a message to the other end, if there is room.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the message, if the link is full or closed.
    pub fn try_send(&self, message: M) -> Result<(), TrySendError<M>> {
        self.queues().to(self.side().other()).sender.try_send(message).map_err(TrySendError::from)
    }

    /// The next message from the other end; blocks the thread while there is none. The order is that of sending.
    ///
    /// # Errors
    ///
    /// [`Closed`], if the link is closed and, where it was closed by the other end, all messages are received.
    #[cfg(not(target_family = "wasm"))]
    pub fn receive(&self) -> Result<M, Closed> {
        self.open()?;
        self.queues().to(self.side()).receiver.recv_blocking().map_err(|_| Closed)
    }

    /// The next message from the other end; waits while there is none. Dropping the future loses no message.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive).
    pub async fn receive_async(&self) -> Result<M, Closed> {
        self.open()?;
        self.queues().to(self.side()).receiver.recv().await.map_err(|_| Closed)
    }

    /// The next message from the other end, if there is one.
    ///
    /// # Errors
    ///
    /// [`TryReceiveError`], if there is none at the moment, or if the link is closed as in [`receive`](Self::receive).
    pub fn try_receive(&self) -> Result<M, TryReceiveError> {
        self.open()?;
        self.queues().to(self.side()).receiver.try_recv().map_err(TryReceiveError::from)
    }

    /// What is received after this end has closed belongs to the sender again.
    fn open(&self) -> Result<(), Closed> {
        if self.queues().is_closed_by(self.side()) { Err(Closed) } else { Ok(()) }
    }

    /// Runs `handler` with each message, in this end's instance, until the link closes; blocks the thread while there
    /// is none.
    ///
    /// The instance is held while the handler runs, and not while it waits. Other classes are what they are here.
    ///
    /// A panic of the handler goes on to the caller. The message it was about is lost with it. The link stays open while
    /// there is this end, and whoever calls this again goes on with the next message.
    #[cfg(not(target_family = "wasm"))]
    pub fn serve(&self, mut handler: impl FnMut(M)) {
        while let Ok(message) = self.receive() {
            if self.deliver(message, &mut handler).is_none() {
                return;
            }
        }
    }

    /// As [`serve`](Self::serve), for the messages that are there; returns how many were handled.
    pub fn serve_pending(&self, mut handler: impl FnMut(M)) -> usize {
        let mut handled = 0;
        while let Ok(message) = self.try_receive() {
            if self.deliver(message, &mut handler).is_none() {
                break;
            }
            handled += 1;
        }
        handled
    }

    /// As [`serve`](Self::serve), with a handler that may wait: its futures run in this end's instance.
    pub async fn serve_async<F: Future<Output = ()>>(&self, mut handler: impl FnMut(M) -> F) {
        while let Ok(message) = self.receive_async().await {
            match self.deliver(message, |message| handler(message).within_current()) {
                Some(handling) => handling.await,
                None => return,
            }
        }
    }

    /// Runs `f` with a message in this end's instance; `None` if that is gone, and the message goes back.
    fn deliver<R>(&self, message: M, f: impl FnOnce(M) -> R) -> Option<R> {
        match self.instance() {
            Some(instance) => Some(instance.enter(|| f(message))),
            None => {
                self.queues().give_back(self.side(), message);
                None
            }
        }
    }

    /// The messages that were sent from here and not received there, the oldest first. There are none before the
    /// other end has closed.
    pub fn take_back(&self) -> Vec<M> {
        let other = self.side().other();
        if self.queues().is_closed_by(other) { self.queues().to(other).drain() } else { Vec::new() }
    }

    /// Closes the link: nothing more is sent. What has arrived here and was not received goes back to the other end;
    /// what was sent from here can still be received there. Dropping the end does the same.
    pub fn close(&self) {
        match self.instance() {
            Some(instance) => instance.enter(|| self.queues().close(self.side())),
            // Nothing else may be reached instead.
            None => context::bar_all(|| self.queues().close(self.side())),
        }
    }

    /// Whether one of the ends has closed the link.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.queues().is_closed_by(Side::A) || self.queues().is_closed_by(Side::B)
    }

    fn instance(&self) -> Option<AnyInstance> {
        hold(self.shared.class, self.shared.id).map(AnyInstance)
    }
}

impl<M: Send + 'static> Drop for End<M> {
    fn drop(&mut self) {
        self.close();
        if let Some(AnyInstance(handle)) = self.instance() {
            handle.header().remove_observer(self.seat);
        }
    }
}

/// Whose end it is: `End(Net#3 "red", Live, open)`.
impl<M: Send + 'static> fmt::Debug for End<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_closed() { "closed" } else { "open" };
        write!(f, "End({}, {state})", describe(self.shared.class, self.shared.id))
    }
}
