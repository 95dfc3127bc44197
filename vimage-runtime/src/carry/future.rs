//! Futures that run in an instance, on whatever thread they are polled.
//!
//! ```
//! use vimage::prelude::*;
//!
//! async fn work() {}
//!
//! let base = vimage::boot()?;
//! let in_base = work().within(&base); // for any executor
//! let inherited = base.enter(|| work().within_current());
//! # drop((in_base, inherited));
//! # Ok::<(), vimage::BootError>(())
//! ```

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::enter::Enter;
use crate::contexts::Contexts;

/// `within` for every future; part of the [prelude](crate::prelude).
///
/// ```
/// use std::task::{Context, Poll, Waker};
/// use vimage::prelude::*;
///
/// let base = Vnet::base()?;
/// let task = async { Vnet::current() }.within(&base);
/// // Any executor may poll it, on any thread.
/// let mut cx = Context::from_waker(Waker::noop());
/// assert_eq!(std::pin::pin!(task).poll(&mut cx), Poll::Ready(Some(base)));
/// # Ok::<(), vimage::BootError>(())
/// ```
pub trait FutureExt: Future + Sized {
    /// Runs the future in an instance, a vimage or contexts: each poll enters it and leaves it again, and so does the drop
    /// of the future. It works with any executor.
    ///
    /// The result holds a counted handle, and is `Send` if the future is. Each poll costs an `enter`. Tasks that it spawns
    /// do not inherit the context: give each its own `within`. In builds without instances the wrapper does nothing.
    ///
    /// `enter(|| async { … })` is not the same: it returns a future that runs outside of the instance.
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
        Within::new(self, context)
    }

    /// Runs the future in exactly the contexts that are current here, of every class: for tasks that should inherit them,
    /// `tokio::spawn(work().within_current())`. In builds without instances the wrapper does nothing.
    #[track_caller]
    fn within_current(self) -> Within<Self, Contexts> {
        Within { future: Some(self), context: Contexts::current() }
    }
}

impl<F: Future> FutureExt for F {}

pin_project! {
    /// A future that runs in an instance, a vimage or contexts; from [`FutureExt::within`].
    ///
    /// [`Within::new`] wraps what is polled but is no future: a stream, a sink, the body of an HTTP message.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::future::Within;
    ///
    /// let vnet = Vnet::base()?;
    /// let task: Within<_, Vnet> = async { Vnet::current() }.within(&vnet);
    /// # drop(task);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Within<F, X>
    where
        X: Enter,
    {
        // `None` only while it is dropped: setting it there drops the future inside the instance, without `unsafe`.
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

impl<F, X: Enter> Within<F, X> {
    /// Wraps a value that is used and dropped in an instance, a vimage or contexts.
    ///
    /// The result holds a counted handle. For traits of other crates that are polled as a future is, this is the whole
    /// adapter:
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use std::pin::Pin;
    /// use std::task::{Context, Poll};
    /// use vimage::Enter;
    /// use vimage::future::Within;
    ///
    /// trait Stream {
    ///     type Item;
    ///     fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>>;
    /// }
    ///
    /// struct StreamWithin<S, X: Enter>(Within<S, X>); // a type of yours, because neither of these is
    ///
    /// impl<S: Stream, X: Enter> Stream for StreamWithin<S, X>
    /// where
    ///     Within<S, X>: Unpin, // or a pin projection
    /// {
    ///     type Item = S::Item;
    ///     fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
    ///         Pin::new(&mut self.0).with_pin_mut(|stream| stream.poll_next(cx))
    ///     }
    /// }
    /// # struct Ids;
    /// # impl Stream for Ids {
    /// #     type Item = u64;
    /// #     fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u64>> {
    /// #         Poll::Ready(Vnet::current().map(|vnet| vnet.id()))
    /// #     }
    /// # }
    /// # let vnet = Vnet::base()?;
    /// # let mut stream = StreamWithin(Within::new(Ids, &vnet));
    /// # let mut cx = Context::from_waker(std::task::Waker::noop());
    /// # assert_eq!(Pin::new(&mut stream).poll_next(&mut cx), Poll::Ready(Some(vnet.id())));
    /// # Ok::<(), vimage::BootError>(())
    /// ```
    #[track_caller]
    pub fn new(value: F, context: &X) -> Self {
        Self { future: Some(value), context: context.clone() }
    }

    /// Runs `f` on the value in its instance. In builds without instances this is a call of `f`.
    ///
    /// # Panics
    ///
    /// Where `enter` does.
    #[inline]
    pub fn with_pin_mut<R>(self: Pin<&mut Self>, f: impl FnOnce(Pin<&mut F>) -> R) -> R {
        let this = self.project();
        let value = this.future.as_pin_mut().expect("only `drop` takes the value out");
        this.context.run(|| f(value))
    }

    /// As [`with_pin_mut`](Self::with_pin_mut), for what needs no more than to read the value.
    ///
    /// # Panics
    ///
    /// Where `enter` does.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&F) -> R) -> R {
        let value = self.future.as_ref().expect("only `drop` takes the value out");
        self.context.run(|| f(value))
    }

    /// What the value runs in.
    pub fn context(&self) -> &X {
        &self.context
    }
}

impl<F: Future, X: Enter> Future for Within<F, X> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // As `with_pin_mut`, which costs two instructions more around a call that is not inlined.
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
