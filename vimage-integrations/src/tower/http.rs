//! The layer for HTTP, whose responses go on after the future of the service.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use vimage::Enter;
use vimage::future::Within;

use super::service::{InstanceLayer, InstanceService, ResponseFuture};

/// As [`InstanceLayer`], and the body of the response is polled and dropped in the instance too, also after the future has
/// ended: a stream of events, a large file.
///
/// ```
/// use http::{Request, Response, StatusCode};
/// use vimage::prelude::*;
/// use vimage_integrations::tower::HttpInstanceLayer;
/// # fn tenant(host: &str) -> Option<Vnet> { None }
/// # #[derive(Default)]
/// # struct Body;
///
/// struct NoSuchTenant;
/// impl From<NoSuchTenant> for Response<Body> {
///     fn from(NoSuchTenant: NoSuchTenant) -> Self {
///         let mut response = Response::new(Body::default());
///         *response.status_mut() = StatusCode::NOT_FOUND;
///         response
///     }
/// }
///
/// // With axum: `Router::new().route(…).layer(layer)`.
/// let layer = HttpInstanceLayer::new(|request: &Request<Body>| {
///     let host = request.headers().get("host").and_then(|host| host.to_str().ok());
///     host.and_then(tenant).ok_or(NoSuchTenant)
/// });
/// # use std::convert::Infallible;
/// # use std::future::{Ready, ready};
/// # use std::task::{Context, Poll};
/// # use tower_service::Service;
/// # struct Never;
/// # impl Service<Request<Body>> for Never {
/// #     type Response = Response<Body>;
/// #     type Error = Infallible;
/// #     type Future = Ready<Result<Response<Body>, Infallible>>;
/// #     fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> { Poll::Ready(Ok(())) }
/// #     fn call(&mut self, _: Request<Body>) -> Self::Future { unreachable!() }
/// # }
/// # let mut service = tower_layer::Layer::layer(&layer, Never);
/// # let mut cx = Context::from_waker(std::task::Waker::noop());
/// # let answer = Future::poll(std::pin::pin!(service.call(Request::new(Body))), &mut cx);
/// # assert!(matches!(answer, Poll::Ready(Ok(response)) if response.status() == StatusCode::NOT_FOUND));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HttpInstanceLayer<F>(InstanceLayer<F>);

impl<F> HttpInstanceLayer<F> {
    /// A layer whose services run in the instance that `choose` returns, as for [`InstanceLayer::new`].
    pub fn new(choose: F) -> Self {
        Self(InstanceLayer::new(choose))
    }
}

impl<S, F: Clone> Layer<S> for HttpInstanceLayer<F> {
    type Service = HttpInstanceService<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        HttpInstanceService(self.0.layer(inner))
    }
}

/// An HTTP service in the instance that the request chooses; from [`HttpInstanceLayer`].
#[derive(Clone, Copy, Debug)]
pub struct HttpInstanceService<S, F>(InstanceService<S, F>);

impl<S, F, X, E, B, R> Service<Request<B>> for HttpInstanceService<S, F>
where
    S: Service<Request<B>, Response = Response<R>>,
    F: Fn(&Request<B>) -> Result<X, E>,
    X: Enter,
    E: Into<Response<R>>,
{
    type Response = Response<BodyWithin<R, X>>;
    type Error = S::Error;
    type Future = HttpResponseFuture<S::Future, X, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        HttpResponseFuture { future: self.0.call(request) }
    }
}

pin_project! {
    /// The future of an [`HttpInstanceService`].
    #[must_use = "futures do nothing unless polled"]
    pub struct HttpResponseFuture<F, X, R>
    where
        X: Enter,
    {
        #[pin]
        future: ResponseFuture<F, X, Response<R>>,
    }
}

impl<F, X, R, E> Future for HttpResponseFuture<F, X, R>
where
    F: Future<Output = Result<Response<R>, E>>,
    X: Enter,
{
    type Output = Result<Response<BodyWithin<R, X>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut future = self.project().future;
        let response = ready!(future.as_mut().poll(cx));
        let context = future.context();
        Poll::Ready(response.map(|response| response.map(|body| BodyWithin::new(body, context))))
    }
}

impl<F, X: Enter + fmt::Debug, R> fmt::Debug for HttpResponseFuture<F, X, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HttpResponseFuture").field(&self.future).finish()
    }
}

pin_project! {
    /// A body that is polled and dropped in an instance; from [`HttpInstanceService`].
    ///
    /// It holds a counted handle until it is dropped. The body of a response with which the request was refused is in no
    /// instance.
    pub struct BodyWithin<B, X>
    where
        X: Enter,
    {
        #[pin]
        place: Place<B, X>,
    }
}

pin_project! {
    #[project = Projected]
    enum Place<B, X>
    where
        X: Enter,
    {
        /// Of a response of the service.
        Inside { #[pin] body: Within<B, X> },
        /// Of a response with which the request was refused.
        Outside { #[pin] body: B },
    }
}

impl<B, X: Enter> BodyWithin<B, X> {
    fn new(body: B, context: Option<&X>) -> Self {
        let place = match context {
            Some(context) => Place::Inside { body: Within::new(body, context) },
            None => Place::Outside { body },
        };
        Self { place }
    }

    fn with<R>(&self, f: impl FnOnce(&B) -> R) -> R {
        match &self.place {
            Place::Inside { body } => body.with(f),
            Place::Outside { body } => f(body),
        }
    }
}

impl<B: Body, X: Enter> Body for BodyWithin<B, X> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.project().place.project() {
            Projected::Inside { body } => body.with_pin_mut(|body| body.poll_frame(cx)),
            Projected::Outside { body } => body.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.with(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.with(Body::size_hint)
    }
}

impl<B, X: Enter + fmt::Debug> fmt::Debug for BodyWithin<B, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let context = match &self.place {
            Place::Inside { body } => Some(body.context()),
            Place::Outside { .. } => None,
        };
        f.debug_struct("BodyWithin").field("context", &context).finish_non_exhaustive()
    }
}
