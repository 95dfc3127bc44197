//! Tasks and threads that wait for a place in a queue, or for a message in it.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::sync::{Condvar, Mutex, PoisonError};

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

/// Blocks the thread until the future is ready.
///
/// It does not use `thread::park`, which could consume a wake-up that the program meant for a `park` of its own.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    let parker = Arc::new(Parker { woken: Mutex::new(false), condition: Condvar::new() });
    let waker = Waker::from(Arc::clone(&parker));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => parker.park(),
        }
    }
}

struct Parker {
    woken: Mutex<bool>,
    condition: Condvar,
}

impl Parker {
    fn park(&self) {
        let mut woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner);
        while !std::mem::take(&mut *woken) {
            woken = self.condition.wait(woken).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        *self.woken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.condition.notify_one();
    }
}
