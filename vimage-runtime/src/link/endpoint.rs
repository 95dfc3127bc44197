//! The ends of a link.

use std::fmt;
use std::sync::{Arc, Weak};

use super::error::{RecvError, SendError, TryRecvError, TrySendError};
use super::queue::{Queues, Side};
use crate::carry::future::FutureExt;
use crate::carry::{AnyInstance, BindRefused};
use crate::core::class_state::{describe, hold};
use crate::core::context;
use crate::core::observers::{Observer, ObserverTicket};
use crate::instance::Instance;
use crate::registry::{Class, ClassEntry};

/// How many messages wait in each direction of a link that [`pair`] makes.
pub const DEFAULT_CAPACITY: usize = 64;

/// A link between two instances, which may be of different classes: an end for each, and room for
/// [`DEFAULT_CAPACITY`] messages in each direction.
///
/// # Errors
///
/// [`BindRefused`], if one of them is shutting down.
pub fn pair<M: Send + 'static>(
    a: &Instance<impl Class>,
    b: &Instance<impl Class>,
) -> Result<(Endpoint<M>, Endpoint<M>), BindRefused> {
    with_capacity(DEFAULT_CAPACITY, a, b)
}

/// [`pair`], with room for `capacity` messages in each direction.
///
/// # Errors
///
/// [`BindRefused`], if one of the instances is shutting down.
///
/// # Panics
///
/// If `capacity` is 0.
pub fn with_capacity<M: Send + 'static>(
    capacity: usize,
    a: &Instance<impl Class>,
    b: &Instance<impl Class>,
) -> Result<(Endpoint<M>, Endpoint<M>), BindRefused> {
    assert!(capacity > 0, "a link needs room for a message");
    let queues = Arc::new(Queues::new(capacity));
    let a = Endpoint::new(&queues, Side::A, a)?;
    let b = Endpoint::new(&queues, Side::B, b)?;
    Ok((a, b))
}

/// One end of a link, which belongs to one of the two instances; from [`pair`].
///
/// It may be used from any thread, in any context. It closes the link when it is dropped. Messages that arrive here
/// are this instance's: those that nobody receives, and that cannot go back because the other end has closed before,
/// are dropped in this instance, or with no context if it is gone.
pub struct Endpoint<M: Send + 'static> {
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
        drop(self.queues.close(self.side));
    }
}

impl<M: Send + 'static> Endpoint<M> {
    fn new<C: Class>(queues: &Arc<Queues<M>>, side: Side, instance: &Instance<C>) -> Result<Self, BindRefused> {
        let header = instance.handle().header();
        let shared = Arc::new(Shared { queues: Arc::clone(queues), side, class: header.class, id: header.id });
        let observer: Weak<Shared<M>> = Arc::downgrade(&shared);
        match header.add_observer(observer) {
            Some(seat) => Ok(Self { shared, seat }),
            None => Err(BindRefused::ShuttingDown { instance: header.label() }),
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
        self.queues().send_blocking(self.side().other(), message)
    }

    /// Sends a message to the other end; waits while there is no room. If the future is dropped before it is ready,
    /// the message is dropped with it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_async(&self, message: M) -> Result<(), SendError<M>> {
        self.queues().send(self.side().other(), message).await
    }

    /// Sends a message to the other end, if there is room.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the message, if the link is full or closed.
    pub fn try_send(&self, message: M) -> Result<(), TrySendError<M>> {
        self.queues().try_send(self.side().other(), message)
    }

    /// The next message from the other end; blocks the thread while there is none. The order is that of sending.
    ///
    /// # Errors
    ///
    /// [`RecvError`], if the link is closed and, where it was closed by the other end, all messages are received.
    #[cfg(not(target_family = "wasm"))]
    pub fn recv(&self) -> Result<M, RecvError> {
        self.queues().recv_blocking(self.side())
    }

    /// The next message from the other end; waits while there is none. Dropping the future loses no message.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    pub async fn recv_async(&self) -> Result<M, RecvError> {
        self.queues().recv(self.side()).await
    }

    /// The next message from the other end, if there is one.
    ///
    /// # Errors
    ///
    /// [`TryRecvError`], if there is none at the moment, or if the link is closed as in [`recv`](Self::recv).
    pub fn try_recv(&self) -> Result<M, TryRecvError> {
        self.queues().try_recv(self.side())
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
        while let Ok(message) = self.recv() {
            if self.deliver(message, &mut handler).is_none() {
                return;
            }
        }
    }

    /// As [`serve`](Self::serve), for the messages that are there; returns how many were handled.
    pub fn serve_pending(&self, mut handler: impl FnMut(M)) -> usize {
        let mut handled = 0;
        while let Ok(message) = self.try_recv() {
            if self.deliver(message, &mut handler).is_none() {
                break;
            }
            handled += 1;
        }
        handled
    }

    /// As [`serve`](Self::serve), with a handler that may wait: its futures run in this end's instance.
    pub async fn serve_async<F: Future<Output = ()>>(&self, mut handler: impl FnMut(M) -> F) {
        while let Ok(message) = self.recv_async().await {
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
                // No other instance may be reached instead.
                context::bar_all(|| drop(self.queues().give_back(self.side(), message)));
                None
            }
        }
    }

    /// The messages that were sent from here and not received there, the oldest first. There are none before the
    /// other end has closed.
    pub fn take_back(&self) -> Vec<M> {
        self.queues().take_back(self.side())
    }

    /// Closes the link: nothing more is sent. What has arrived here and was not received goes back to the other end;
    /// what was sent from here can still be received there. Dropping the end does the same.
    pub fn close(&self) {
        match self.instance() {
            Some(instance) => instance.enter(|| drop(self.queues().close(self.side()))),
            // Nothing else may be reached instead.
            None => context::bar_all(|| drop(self.queues().close(self.side()))),
        }
    }

    /// Whether one of the ends has closed the link.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.queues().is_closed()
    }

    fn instance(&self) -> Option<AnyInstance> {
        hold(self.shared.class, self.shared.id).map(AnyInstance)
    }
}

impl<M: Send + 'static> Drop for Endpoint<M> {
    fn drop(&mut self) {
        self.close();
        if let Some(AnyInstance(handle)) = self.instance() {
            handle.header().remove_observer(self.seat);
        }
    }
}

/// Whose end it is: `Endpoint(Net#3 "red", Live, open)`.
impl<M: Send + 'static> fmt::Debug for Endpoint<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_closed() { "closed" } else { "open" };
        write!(f, "Endpoint({}, {state})", describe(self.shared.class, self.shared.id))
    }
}
