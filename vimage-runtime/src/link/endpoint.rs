//! The ends of a link.

use std::fmt;
use std::sync::{Arc, Weak};

use super::error::{RecvError, SendError, TryRecvError, TrySendError};
use super::place::Place;
use super::queue::{Queues, Side};
use crate::carry::BindRefused;
use crate::carry::future::FutureExt;
use crate::core::class_state::hold;
use crate::core::observers::{Observer, ObserverTicket};
use crate::core::{HasInstances, context};
use crate::registry::ClassEntry;

/// The number of messages that may wait in each direction of a link of [`pair`].
///
/// ```
/// assert_eq!(vimage::link::DEFAULT_CAPACITY, 64);
/// ```
pub const DEFAULT_CAPACITY: usize = 64;

/// Links two instances or vimages, with an endpoint in each and room for [`DEFAULT_CAPACITY`] messages in each direction.
///
/// # Errors
///
/// [`BindRefused`], if one of them is shutting down.
///
/// ```
/// # use vimage::prelude::*;
/// # let (left, right) = (Vnet::base()?, Vnet::base()?);
/// # #[cfg(feature = "vimage")]
/// let (left, right) = (Vnet::new()?, Vnet::new()?);
/// let (left, right) = vimage::link::pair(&left, &right)?;
/// left.send("hello").unwrap();
/// assert_eq!(right.recv(), Ok("hello"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Messages are owned and `Send`: nothing of an instance is borrowed by another one.
///
/// ```compile_fail,E0277
/// # use vimage::prelude::*;
/// let base = Vnet::base()?;
/// let (left, right) = vimage::link::pair::<std::rc::Rc<u32>>(&base, &base)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn pair<M: Send + 'static>(
    a: &impl HasInstances,
    b: &impl HasInstances,
) -> Result<(Endpoint<M>, Endpoint<M>), BindRefused> {
    with_capacity(DEFAULT_CAPACITY, a, b)
}

/// As [`pair`], with room for `capacity` messages in each direction.
///
/// # Errors
///
/// [`BindRefused`], if one of them is shutting down.
///
/// # Panics
///
/// If `capacity` is 0.
///
/// ```
/// # use vimage::prelude::*;
/// # let (left, right) = (Vnet::base()?, Vnet::base()?);
/// # #[cfg(feature = "vimage")]
/// let (left, right) = (Vnet::new()?, Vnet::new()?);
/// let (left, right) = vimage::link::with_capacity(1, &left, &right)?;
/// left.send("hello").unwrap();
/// assert_eq!(right.recv(), Ok("hello"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn with_capacity<M: Send + 'static>(
    capacity: usize,
    a: &impl HasInstances,
    b: &impl HasInstances,
) -> Result<(Endpoint<M>, Endpoint<M>), BindRefused> {
    assert!(capacity > 0, "the capacity of a link is at least 1");
    let queues = Arc::new(Queues::new(capacity));
    let a = Endpoint::new(&queues, Side::A, a)?;
    let b = Endpoint::new(&queues, Side::B, b)?;
    Ok((a, b))
}

/// One end of a link, which belongs to one of the two instances or vimages; from [`pair`].
///
/// It can be used from any thread, in any context. Dropping it closes the link. The messages that arrive here belong to
/// this instance: those that are never received, and cannot be taken back because the other endpoint has closed before,
/// are dropped in it, or with no context if it is destroyed.
///
/// ```
/// # use vimage::prelude::*;
/// use vimage::link::{self, RecvError};
///
/// let base = Vnet::base()?;
/// let (left, right) = link::pair::<u32>(&base, &base)?;
/// left.send(1).unwrap();
/// left.close();
/// assert_eq!((right.recv(), right.recv()), (Ok(1), Err(RecvError)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Endpoint<M: Send + 'static> {
    shared: Arc<Shared<M>>,
    observed: Vec<Observed>,
}

/// An instance that has the endpoint as an observer.
struct Observed {
    class: &'static ClassEntry,
    id: u64,
    ticket: ObserverTicket,
}

impl Drop for Observed {
    fn drop(&mut self) {
        if let Some(handle) = hold(self.class, self.id) {
            handle.header().remove_observer(self.ticket);
        }
    }
}

/// The observer: closes the link when an instance shuts down.
struct Shared<M> {
    queues: Arc<Queues<M>>,
    side: Side,
    place: Place,
}

impl<M: Send + 'static> Observer for Shared<M> {
    fn shut_down(&self, _: u64) {
        drop(self.queues.close(self.side));
    }
}

impl<M: Send + 'static> Endpoint<M> {
    fn new(queues: &Arc<Queues<M>>, side: Side, instances: &impl HasInstances) -> Result<Self, BindRefused> {
        let shared = Arc::new(Shared { queues: Arc::clone(queues), side, place: Place::of(instances) });
        let mut observed = Vec::new();
        for handle in instances.instances() {
            let header = handle.header();
            let observer: Weak<Shared<M>> = Arc::downgrade(&shared);
            let Some(ticket) = header.add_observer(observer) else {
                return Err(BindRefused::ShuttingDown { instance: header.label() });
            };
            observed.push(Observed { class: header.class, id: header.id, ticket });
        }
        Ok(Self { shared, observed })
    }

    fn queues(&self) -> &Queues<M> {
        &self.shared.queues
    }

    fn side(&self) -> Side {
        self.shared.side
    }

    /// Sends a message to the other endpoint; blocks the thread while the link is full.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message, if the link is closed, or closes meanwhile.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let base = Vnet::base()?;
    /// let (left, right) = vimage::link::pair::<u32>(&base, &base)?;
    /// left.send(1)?;
    /// right.close();
    /// assert_eq!(left.send(2).unwrap_err().into_inner(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(not(target_family = "wasm"))]
    pub fn send(&self, message: M) -> Result<(), SendError<M>> {
        self.queues().send_blocking(self.side().other(), message)
    }

    /// Sends a message to the other endpoint; waits while the link is full. A future that is dropped before it is ready
    /// has sent nothing, and drops the message.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let base = Vnet::base()?;
    /// let (left, right) = vimage::link::pair::<u32>(&base, &base)?;
    /// let (sent, received) = tokio::join!(left.send_async(1), right.recv_async());
    /// assert_eq!((sent, received), (Ok(()), Ok(1)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn send_async(&self, message: M) -> Result<(), SendError<M>> {
        self.queues().send(self.side().other(), message).await
    }

    /// Sends a message to the other endpoint, if the link is not full.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the message, if the link is full or closed.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let base = Vnet::base()?;
    /// let (left, right) = vimage::link::with_capacity::<u32>(1, &base, &base)?;
    /// left.try_send(1)?;
    /// assert_eq!(left.try_send(2), Err(vimage::link::TrySendError::Full(2)));
    /// # drop(right);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_send(&self, message: M) -> Result<(), TrySendError<M>> {
        self.queues().try_send(self.side().other(), message)
    }

    /// Receives the next message, in the order of sending; blocks the thread while the link is empty.
    ///
    /// # Errors
    ///
    /// [`RecvError`], if this endpoint has closed the link, or the other one has and all messages are received.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let base = Vnet::base()?;
    /// let (left, right) = vimage::link::pair::<u32>(&base, &base)?;
    /// left.send(1)?;
    /// drop(left);
    /// assert_eq!(right.recv(), Ok(1));
    /// assert!(right.recv().is_err()); // closed, and all messages are received
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(not(target_family = "wasm"))]
    pub fn recv(&self) -> Result<M, RecvError> {
        self.queues().recv_blocking(self.side())
    }

    /// Receives the next message; waits while the link is empty. A future that is dropped before it is ready has
    /// received nothing.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let base = Vnet::base()?;
    /// let (left, right) = vimage::link::pair::<u32>(&base, &base)?;
    /// left.send(1)?;
    /// assert_eq!(right.recv_async().await, Ok(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn recv_async(&self) -> Result<M, RecvError> {
        self.queues().recv(self.side()).await
    }

    /// Receives the next message, if the link is not empty.
    ///
    /// # Errors
    ///
    /// [`TryRecvError`], if the link is empty, or closed as in [`recv`](Self::recv).
    pub fn try_recv(&self) -> Result<M, TryRecvError> {
        self.queues().try_recv(self.side())
    }

    /// Runs `handler` with each message, in this endpoint's instance or vimage, until the link closes; blocks the thread
    /// while the link is empty.
    ///
    /// The instance is held while the handler runs, not while it waits. Other classes have the caller's contexts.
    ///
    /// A panic of the handler is passed on to the caller, and its message is lost. The link stays open; a new call goes on
    /// with the next message.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let base = Vnet::base()?;
    /// let (left, right) = vimage::link::pair::<u32>(&base, &base)?;
    /// [1, 2, 3].into_iter().try_for_each(|message| left.send(message))?;
    /// drop(left);
    /// let mut sum = 0;
    /// right.serve(|message| sum += message); // in the instance of `right`, until the link is closed
    /// assert_eq!(sum, 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(not(target_family = "wasm"))]
    pub fn serve(&self, mut handler: impl FnMut(M)) {
        while let Ok(message) = self.recv() {
            if self.deliver(message, &mut handler).is_none() {
                return;
            }
        }
    }

    /// As [`serve`](Self::serve), for the messages that have arrived; returns how many were handled.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let base = Vnet::base()?;
    /// let (left, right) = vimage::link::pair::<u32>(&base, &base)?;
    /// left.send(1)?;
    /// assert_eq!(right.serve_pending(|message| assert_eq!(message, 1)), 1);
    /// assert_eq!(right.serve_pending(|_| ()), 0); // it does not wait
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

    /// As [`serve`](Self::serve), with an async handler, whose futures run in this endpoint's instance or vimage.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let base = Vnet::base()?;
    /// let (left, right) = vimage::link::pair::<u32>(&base, &base)?;
    /// left.send(1)?;
    /// drop(left);
    /// right.serve_async(async |message| assert_eq!(message, 1)).await;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn serve_async<F: Future<Output = ()>>(&self, mut handler: impl FnMut(M) -> F) {
        while let Ok(message) = self.recv_async().await {
            match self.deliver(message, |message| handler(message).within_current()) {
                Some(handling) => handling.await,
                None => return,
            }
        }
    }

    /// Runs `f` with a message in this endpoint's place. Returns `None` if that is destroyed; the message can be taken
    /// back then.
    fn deliver<R>(&self, message: M, f: impl FnOnce(M) -> R) -> Option<R> {
        let mut message = Some(message);
        let delivered = self.shared.place.enter(|| message.take().map(f));
        if let Some(message) = message {
            // No other instance may be reached instead.
            context::bar_all(|| drop(self.queues().give_back(self.side(), message)));
        }
        delivered.flatten()
    }

    /// Takes back the messages that were sent from here and not received there, the oldest first. There are none before
    /// the other endpoint has closed the link.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let base = Vnet::base()?;
    /// let (left, right) = vimage::link::pair::<u32>(&base, &base)?;
    /// left.send(1)?;
    /// drop(right);
    /// assert_eq!(left.take_back(), [1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn take_back(&self) -> Vec<M> {
        self.queues().take_back(self.side())
    }

    /// Closes the link; dropping the endpoint does the same. The other endpoint can still receive the messages that were
    /// sent from here, and take back those that it sent and that were not received here.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let base = Vnet::base()?;
    /// let (left, right) = vimage::link::pair::<u32>(&base, &base)?;
    /// left.close();
    /// assert!(right.is_closed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn close(&self) {
        let close = || drop(self.queues().close(self.side()));
        if self.shared.place.enter(close).is_none() {
            // No other instance may be reached instead.
            context::bar_all(close);
        }
    }

    /// Returns whether one of the endpoints has closed the link.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.queues().is_closed()
    }
}

impl<M: Send + 'static> Drop for Endpoint<M> {
    fn drop(&mut self) {
        self.close();
        self.observed.clear();
    }
}

/// The instance or vimage, and the state of the link: `Endpoint(Net#3 "red", Live, open)`.
impl<M: Send + 'static> fmt::Debug for Endpoint<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_closed() { "closed" } else { "open" };
        write!(f, "Endpoint({}, {state})", self.shared.place)
    }
}
