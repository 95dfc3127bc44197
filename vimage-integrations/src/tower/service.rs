//! The layer for services of any kind.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use vimage::Enter;
use vimage::future::Within;

/// Runs a service in the instance that the request chooses; see the [module](super).
///
/// `choose` is a function `Fn(&Request) -> Result<X, E>`, where `X` is an instance, a vimage or
/// [`Contexts`](vimage::Contexts). It runs outside of the instance. Its error is converted to the response
/// (`E: Into<Response>`), and the service is not called.
///
/// In the instance run: the call of the service, each poll of its future, and the drops of the request and of the future.
/// `poll_ready` does not, because there is no request yet. The future holds a counted handle, so that an instance that
/// is destroyed with [`destroy_within`](vimage::Instance::destroy_within) waits for its requests. Where the response
/// goes on by itself, as the body of an HTTP response does, use `HttpInstanceLayer`.
///
/// A request costs what `choose` does, an `enter` for the call, and one for each poll.
///
/// In builds without instances the chosen context is the base one, and `choose` still refuses what it refuses.
#[derive(Clone, Copy)]
pub struct InstanceLayer<F> {
    choose: F,
}

impl<F> InstanceLayer<F> {
    /// A layer whose services run in the instance that `choose` returns.
    pub fn new(choose: F) -> Self {
        Self { choose }
    }
}

impl<S, F: Clone> Layer<S> for InstanceLayer<F> {
    type Service = InstanceService<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        InstanceService { inner, choose: self.choose.clone() }
    }
}

impl<F> fmt::Debug for InstanceLayer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceLayer").finish_non_exhaustive()
    }
}

/// A service in the instance that the request chooses; from [`InstanceLayer`].
#[derive(Clone, Copy)]
pub struct InstanceService<S, F> {
    inner: S,
    choose: F,
}

impl<S: fmt::Debug, F> fmt::Debug for InstanceService<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceService").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<Request, S, F, X, E> Service<Request> for InstanceService<S, F>
where
    S: Service<Request>,
    F: Fn(&Request) -> Result<X, E>,
    X: Enter,
    E: Into<S::Response>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, X, S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match (self.choose)(&request) {
            Ok(context) => {
                let future = crate::enter(&context, || self.inner.call(request));
                ResponseFuture { answer: Answer::Running { future: Within::new(future, &context) } }
            }
            Err(error) => ResponseFuture { answer: Answer::Refused { response: Some(error.into()) } },
        }
    }
}

pin_project! {
    /// The future of an [`InstanceService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, X, Response>
    where
        X: Enter,
    {
        #[pin]
        answer: Answer<F, X, Response>,
    }
}

pin_project! {
    #[project = Projected]
    enum Answer<F, X, Response>
    where
        X: Enter,
    {
        /// The service was called in its instance.
        Running { #[pin] future: Within<F, X> },
        /// The function that chooses has answered.
        Refused { response: Option<Response> },
    }
}

impl<F, X: Enter, Response> ResponseFuture<F, X, Response> {
    /// The context of the request; `None` if it was refused.
    pub fn context(&self) -> Option<&X> {
        match &self.answer {
            Answer::Running { future } => Some(future.context()),
            Answer::Refused { .. } => None,
        }
    }
}

impl<F, X, Response, E> Future for ResponseFuture<F, X, Response>
where
    F: Future<Output = Result<Response, E>>,
    X: Enter,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project().answer.project() {
            Projected::Running { future } => future.poll(cx),
            Projected::Refused { response } => {
                Poll::Ready(Ok(response.take().expect("a future is not polled after it is ready")))
            }
        }
    }
}

impl<F, X: Enter + fmt::Debug, Response> fmt::Debug for ResponseFuture<F, X, Response> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("context", &self.context()).finish_non_exhaustive()
    }
}
