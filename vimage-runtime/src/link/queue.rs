//! The two directions of a link, and what becomes of messages when it closes.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use async_channel::{Receiver, Sender};

use crate::core::context;

/// One of the two ends.
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

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What goes to one end.
///
/// Both halves are kept by both ends, so that a message outlives the end that sent it and the one it was sent to;
/// closing is explicit. The channel guarantees that each message that was accepted is taken out once.
#[derive(Debug)]
pub(super) struct Queue<M> {
    pub(super) sender: Sender<M>,
    pub(super) receiver: Receiver<M>,
    /// Taken out for a receiver whose instance was gone by then.
    returned: Mutex<Vec<M>>,
}

impl<M> Queue<M> {
    fn new(capacity: usize) -> Self {
        let (sender, receiver) = async_channel::bounded(capacity);
        Self { sender, receiver, returned: Mutex::new(Vec::new()) }
    }

    /// All that is left, the oldest first.
    pub(super) fn drain(&self) -> Vec<M> {
        let mut left = std::mem::take(&mut *self.returned.lock().unwrap_or_else(PoisonError::into_inner));
        left.extend(std::iter::from_fn(|| self.receiver.try_recv().ok()));
        left
    }
}

/// Both directions.
#[derive(Debug)]
pub(super) struct Queues<M> {
    to_a: Queue<M>,
    to_b: Queue<M>,
    /// The bits of the sides that have closed.
    closed: AtomicU8,
}

impl<M> Queues<M> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { to_a: Queue::new(capacity), to_b: Queue::new(capacity), closed: AtomicU8::new(0) }
    }

    pub(super) fn to(&self, side: Side) -> &Queue<M> {
        match side {
            Side::A => &self.to_a,
            Side::B => &self.to_b,
        }
    }

    pub(super) fn is_closed_by(&self, side: Side) -> bool {
        self.closed.load(Ordering::Acquire) & side.bit() != 0
    }

    /// Closes both directions for one side. The first side to close leaves what is on the way in both directions to
    /// the other; the second one has what is left dropped, in the context of the caller.
    pub(super) fn close(&self, side: Side) {
        let before = self.closed.fetch_or(side.bit(), Ordering::AcqRel);
        self.to_a.sender.close();
        self.to_b.sender.close();
        if before == side.other().bit() {
            // Nothing is accepted from here on.
            drop((self.to_a.drain(), self.to_b.drain()));
        }
    }

    /// Puts back a message that was taken out for `side`, whose instance is gone.
    pub(super) fn give_back(&self, side: Side, message: M) {
        self.to(side).returned.lock().unwrap_or_else(PoisonError::into_inner).push(message);
        // The other side may have gone as well, and have looked before this came back.
        if self.is_closed_by(side.other()) {
            context::bar_all(|| drop(self.to(side).drain()));
        }
    }
}
