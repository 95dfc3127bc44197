//! Futures that run in an instance, on whatever thread they are polled.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::enter::Enter;
use crate::contexts::Contexts;

/// `within` for every future; part of the [prelude](crate::prelude).
pub trait FutureExt: Future + Sized {
    /// The same future in an instance, a vimage or contexts: entered on each poll, left between polls, entered once
    /// more while the future is dropped. It works with any executor.
    ///
    /// It holds a counted handle as long as it exists. It is `Send` when the future is. Each poll costs what `enter`
    /// does. What a task spawns does not inherit the context: give each task its own `within`.
    ///
    /// In builds without instances it is the same future, in a wrapper that does nothing.
    ///
    /// Inside a future do not call `enter` around an `.await`: that does not compile, because `enter` takes a closure
    /// that is not `async`. Calling `enter(|| async { … })` gives a future that runs outside; this method is the way.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # fn block_on<F: std::future::Future>(future: F) -> F::Output {
    /// #     let mut future = std::pin::pin!(future);
    /// #     let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    /// #     loop {
    /// #         if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut cx) {
    /// #             return output;
    /// #         }
    /// #     }
    /// # }
    /// let vnet = Vnet::base()?;
    /// let id = block_on(async { Vnet::current().unwrap().id() }.within(&vnet));
    /// assert_eq!(id, vnet.id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// A poll panics where `enter` does.
    #[track_caller]
    fn within<X: Enter>(self, context: &X) -> Within<Self, X> {
        Within { future: Some(self), context: context.clone() }
    }

    /// The same future in what is current here, in every class, and in nothing else: for tasks that should inherit,
    /// `tokio::spawn(work().within_current())`. In builds without instances it is the same future.
    #[track_caller]
    fn within_current(self) -> Within<Self, Contexts> {
        Within { future: Some(self), context: Contexts::current() }
    }
}

impl<F: Future> FutureExt for F {}

pin_project! {
    /// A future that runs in an instance, a vimage or contexts; from [`FutureExt::within`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Within<F, X>
    where
        X: Enter,
    {
        // `None` once it is being dropped.
        #[pin]
        future: Option<F>,
        context: X,
    }

    impl<F, X> PinnedDrop for Within<F, X>
    where
        X: Enter,
    {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.context.run_drop(|| this.future.set(None));
        }
    }
}

impl<F: Future, X: Enter> Future for Within<F, X> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let future = this.future.as_pin_mut().expect("only `drop` takes the future out");
        this.context.run(|| future.poll(cx))
    }
}

impl<F, X: Enter + fmt::Debug> fmt::Debug for Within<F, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Within").field("context", &self.context).finish_non_exhaustive()
    }
}
