//! Threads that wait for a place in a queue, or for a message in it. Not for WebAssembly, where no other thread could wake
//! them.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::error::{RecvError, SendError, TryRecvError, TrySendError};
use super::queue::{Queues, Side};
use crate::sync::{Condvar, Mutex, PoisonError};

impl<M> Queues<M> {
    pub(super) fn send_blocking(&self, to: Side, message: M) -> Result<(), SendError<M>> {
        match self.try_send(to, message) {
            Ok(()) => Ok(()),
            Err(TrySendError::Closed(message)) => Err(SendError(message)),
            Err(TrySendError::Full(message)) => block_on(self.send(to, message)),
        }
    }

    pub(super) fn recv_blocking(&self, to: Side) -> Result<M, RecvError> {
        match self.try_recv(to) {
            Ok(message) => Ok(message),
            Err(TryRecvError::Closed) => Err(RecvError),
            Err(TryRecvError::Empty) => block_on(self.recv(to)),
        }
    }
}

/// Blocks the thread until the future is ready.
///
/// It does not use `thread::park`, which could consume a wake-up that the program meant for a `park` of its own.
fn block_on<F: Future>(future: F) -> F::Output {
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
