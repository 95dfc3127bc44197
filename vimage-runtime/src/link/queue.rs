//! The two directions of a link: a bounded queue each, and what becomes of messages when the link closes.
//!
//! One lock guards all of it, so that closing is one step for both directions. No code of the program runs under it:
//! messages are dropped, and wakers cloned, woken and dropped, outside.
//!
//! No wake-up is lost. Invariant: while a receiver waits, each message in its queue has a receiver that was chosen for it
//! and has not polled since. It holds because a receiver begins to wait only at an empty queue; because each message that is
//! queued chooses a waiting receiver; and because a chosen receiver that gives up chooses the next one, if there is a
//! message. The same is true of senders and free places.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use super::error::{RecvError, SendError, TryRecvError, TrySendError};
use super::waiters::{Ticket, Waiters};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// One of the two endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    A,
    B,
}

impl Side {
    pub(super) fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// Both directions. Both endpoints keep it, so that a message outlives its sender and its receiver.
#[derive(Debug)]
pub(super) struct Queues<M> {
    capacity: usize,
    state: Mutex<State<M>>,
}

#[derive(Debug)]
struct State<M> {
    /// The messages to `A`, and those to `B`.
    queues: [Queue<M>; 2],
    /// `A`, or `B`, has closed the link.
    closed: [bool; 2],
}

/// One direction: the messages to one side.
#[derive(Debug)]
struct Queue<M> {
    messages: VecDeque<M>,
    /// Messages that were taken out for a receiver whose instance was destroyed by then.
    returned: Vec<M>,
    /// Waiting for a free place.
    senders: Waiters,
    /// Waiting for a message.
    receivers: Waiters,
}

impl<M> Queue<M> {
    fn new() -> Self {
        let (senders, receivers) = (Waiters::default(), Waiters::default());
        Self { messages: VecDeque::new(), returned: Vec::new(), senders, receivers }
    }

    /// All remaining messages, the oldest first.
    fn drain(&mut self) -> Vec<M> {
        let mut remaining = std::mem::take(&mut self.returned);
        remaining.extend(self.messages.drain(..));
        remaining
    }

    fn waiters(&mut self, role: Role) -> &mut Waiters {
        match role {
            Role::Sender => &mut self.senders,
            Role::Receiver => &mut self.receivers,
        }
    }
}

impl<M> State<M> {
    fn to(&mut self, side: Side) -> &mut Queue<M> {
        &mut self.queues[side as usize]
    }

    fn is_closed_by(&self, side: Side) -> bool {
        self.closed[side as usize]
    }

    fn is_closed(&self) -> bool {
        self.closed != [false; 2]
    }

    /// Queues the message, or leaves it in `message` if there is no place. Returns the receiver to be woken.
    fn send(&mut self, to: Side, capacity: usize, message: &mut Option<M>) -> Result<Option<Waker>, Unable> {
        if self.is_closed() {
            return Err(Unable::Closed);
        }
        let queue = self.to(to);
        if queue.messages.len() >= capacity {
            return Err(Unable::MustWait);
        }
        queue.messages.extend(message.take());
        Ok(queue.receivers.next())
    }

    /// The next message, and the sender to be woken.
    fn recv(&mut self, to: Side) -> Result<(M, Option<Waker>), Unable> {
        // After that the queued messages belong to their sender again.
        if self.is_closed_by(to) {
            return Err(Unable::Closed);
        }
        let queue = self.to(to);
        match queue.messages.pop_front() {
            Some(message) => Ok((message, queue.senders.next())),
            None if self.is_closed() => Err(Unable::Closed),
            None => Err(Unable::MustWait),
        }
    }
}

/// Why nothing was sent or received.
enum Unable {
    MustWait,
    Closed,
}

#[derive(Clone, Copy)]
enum Role {
    Sender,
    Receiver,
}

impl<M> Queues<M> {
    pub(super) fn new(capacity: usize) -> Self {
        let state = State { queues: [Queue::new(), Queue::new()], closed: [false; 2] };
        Self { capacity, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State<M>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed()
    }

    pub(super) fn try_send(&self, to: Side, message: M) -> Result<(), TrySendError<M>> {
        let mut message = Some(message);
        // The lock is released at the end of this statement.
        let sent = self.lock().send(to, self.capacity, &mut message);
        match (sent, message) {
            (Ok(receiver), _) => {
                wake(receiver);
                Ok(())
            }
            (Err(Unable::Closed), Some(message)) => Err(TrySendError::Closed(message)),
            (Err(Unable::MustWait), Some(message)) => Err(TrySendError::Full(message)),
            (Err(_), None) => unreachable!("a message that is not queued stays where it is"),
        }
    }

    pub(super) fn try_recv(&self, to: Side) -> Result<M, TryRecvError> {
        let received = self.lock().recv(to);
        match received {
            Ok((message, sender)) => {
                wake(sender);
                Ok(message)
            }
            Err(Unable::Closed) => Err(TryRecvError::Closed),
            Err(Unable::MustWait) => Err(TryRecvError::Empty),
        }
    }

    /// Waits for a place. If the future is dropped, the message is dropped with it.
    pub(super) async fn send(&self, to: Side, message: M) -> Result<(), SendError<M>> {
        let mut message = Some(message);
        let mut wait = Wait { queues: self, to, role: Role::Sender, ticket: None };
        let sent = poll_fn(|cx| wait.poll(cx, |state| state.send(to, self.capacity, &mut message))).await;
        match (sent, message) {
            (Some(receiver), _) => {
                wake(receiver);
                Ok(())
            }
            (None, Some(message)) => Err(SendError(message)),
            (None, None) => unreachable!("a message that is not queued stays where it is"),
        }
    }

    /// Waits for a message. A future that is dropped has taken none.
    pub(super) async fn recv(&self, to: Side) -> Result<M, RecvError> {
        let mut wait = Wait { queues: self, to, role: Role::Receiver, ticket: None };
        let (message, sender) = poll_fn(|cx| wait.poll(cx, |state| state.recv(to))).await.ok_or(RecvError)?;
        wake(sender);
        Ok(message)
    }

    /// Closes both directions for one side. The side that closes first leaves all messages to the other one; the side
    /// that closes second gets them, to be dropped in its instance.
    #[must_use = "to be dropped in the instance of the side"]
    pub(super) fn close(&self, side: Side) -> Vec<M> {
        let mut state = self.lock();
        let is_second = state.is_closed_by(side.other()) && !state.is_closed_by(side);
        state.closed[side as usize] = true;
        let waiting: Vec<Waker> =
            state.queues.iter_mut().flat_map(|queue| queue.senders.all().chain(queue.receivers.all())).collect();
        let remaining = if is_second { state.queues.iter_mut().flat_map(Queue::drain).collect() } else { Vec::new() };
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
        remaining
    }

    /// The messages of `side` that the other one did not receive before it closed.
    pub(super) fn take_back(&self, side: Side) -> Vec<M> {
        let mut state = self.lock();
        if state.is_closed_by(side.other()) { state.to(side.other()).drain() } else { Vec::new() }
    }

    /// Puts back a message that was taken out for `side`, whose instance is destroyed, so that its sender can take it
    /// back. Returns the messages that nobody can take back any more.
    #[must_use = "to be dropped with no context"]
    pub(super) fn give_back(&self, side: Side, message: M) -> Vec<M> {
        let mut state = self.lock();
        state.to(side).returned.push(message);
        // The sender may have closed as well, before this message came back.
        if state.is_closed_by(side.other()) { state.to(side).drain() } else { Vec::new() }
    }
}

/// To be called under no lock: a waker is code of an executor.
fn wake(waker: Option<Waker>) {
    waker.into_iter().for_each(Waker::wake);
}

/// The wait of one sender or receiver.
struct Wait<'a, M> {
    queues: &'a Queues<M>,
    to: Side,
    role: Role,
    /// Its place in the order, from the first wait until it is done.
    ticket: Option<Ticket>,
}

impl<M> Wait<'_, M> {
    /// Tries once, and waits if it must; ready with `None` if the link is closed.
    fn poll<R>(
        &mut self,
        cx: &mut Context<'_>,
        attempt: impl FnOnce(&mut State<M>) -> Result<R, Unable>,
    ) -> Poll<Option<R>> {
        let waker = cx.waker().clone();
        let mut state = self.queues.lock();
        let done = match attempt(&mut state) {
            Ok(done) => Some(done),
            Err(Unable::Closed) => None,
            Err(Unable::MustWait) => {
                let replaced = state.to(self.to).waiters(self.role).add(&mut self.ticket, waker);
                drop(state);
                drop(replaced);
                return Poll::Pending;
            }
        };
        // It may have succeeded without having been chosen.
        let unused = self.ticket.take().and_then(|ticket| state.to(self.to).waiters(self.role).remove(ticket));
        drop(state);
        drop(unused);
        Poll::Ready(done)
    }
}

impl<M> Drop for Wait<'_, M> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut state = self.queues.lock();
        let queue = state.to(self.to);
        let can_go_on = match self.role {
            Role::Sender => queue.messages.len() < self.queues.capacity,
            Role::Receiver => !queue.messages.is_empty(),
        };
        let waiters = queue.waiters(self.role);
        let unused = waiters.remove(ticket);
        // It was chosen, and will not poll again: choose another one.
        let next = if unused.is_none() && can_go_on { waiters.next() } else { None };
        drop(state);
        drop(unused);
        wake(next);
    }
}
