//! Tasks and threads that wait for a place in a queue, or for a message in it.

use std::collections::BTreeMap;
use std::task::Waker;

/// The wakers of waiting tasks and threads, in the order of their arrival.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    next: u64,
    waiting: BTreeMap<u64, Waker>,
}

/// A place in the order. A waiter keeps it until it is done, so that one that was woken in vain is not last.
pub(super) type Ticket = u64;

impl Waiters {
    /// Adds a waiter. Returns its waker of the poll before, which must be dropped under no lock: it is the executor's code.
    #[must_use = "to be dropped under no lock"]
    pub(super) fn add(&mut self, ticket: &mut Option<Ticket>, waker: Waker) -> Option<Waker> {
        let next = &mut self.next;
        let ticket = *ticket.get_or_insert_with(|| {
            *next += 1;
            *next
        });
        self.waiting.insert(ticket, waker)
    }

    /// Removes a waiter. Returns `None` if [`next`](Self::next) has chosen it.
    #[must_use = "to be dropped under no lock"]
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Waker> {
        self.waiting.remove(&ticket)
    }

    /// Chooses the waiter that came first, to be woken under no lock.
    #[must_use = "to be woken under no lock"]
    pub(super) fn next(&mut self) -> Option<Waker> {
        self.waiting.pop_first().map(|(_, waker)| waker)
    }

    /// Chooses all waiters.
    pub(super) fn all(&mut self) -> impl Iterator<Item = Waker> + use<> {
        std::mem::take(&mut self.waiting).into_values()
    }
}
