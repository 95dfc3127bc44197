//! Futures for tests, and something to run them with.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use vimage::kernel::Vnet;

/// Waits once, so that what follows runs in another instance where there are any.
pub(crate) struct Wait(bool);

impl Future for Wait {
    type Output = u64;
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u64> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(1) } else { Poll::Pending }
    }
}

pub(crate) fn wait() -> Wait {
    Wait(false)
}

/// Holds for futures that hold no resolution and no guard. In the default build they are as written, and some of those
/// here do hold guards.
#[cfg(any(feature = "vimage", feature = "static-struct"))]
pub(crate) use Send as HoldsNothing;
#[cfg(not(any(feature = "vimage", feature = "static-struct")))]
pub(crate) trait HoldsNothing {}
#[cfg(not(any(feature = "vimage", feature = "static-struct")))]
impl<F> HoldsNothing for F {}

pub(crate) fn run<F: Future + HoldsNothing>(future: F) -> F::Output {
    run_in_two_instances(future)
}

/// Polls a future first in one instance and from then on in another.
pub(crate) fn run_in_two_instances<F: Future>(future: F) -> F::Output {
    let base = vimage::boot().unwrap();
    let first = Vnet::new();
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    let mut poll = || future.as_mut().poll(&mut context);
    let mut polled = match &first {
        Ok(first) => first.enter(&mut poll),
        Err(_) => base.enter(&mut poll),
    };
    drop(first);
    let second = Vnet::new();
    loop {
        match polled {
            Poll::Ready(output) => return output,
            Poll::Pending => {
                polled = match &second {
                    Ok(second) => second.enter(&mut poll),
                    Err(_) => base.enter(&mut poll),
                }
            }
        }
    }
}

/// Polls a future in an instance of its own.
pub(crate) fn run_in_one_instance<F: Future>(future: F) -> F::Output {
    let base = vimage::boot().unwrap();
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    let mut run = || {
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
        }
    };
    match Vnet::new() {
        Ok(vnet) => vnet.enter(run),
        Err(_) => base.enter(&mut run),
    }
}
