//! Where the parts of a request run.

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use http::{Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use tower_layer::Layer;
use tower_service::Service;
use vimage::prelude::*;
use vimage_integrations::tower::{HttpInstanceLayer, InstanceLayer};

#[vnet_module]
mod log {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    static LINES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

    /// Notes a step in the current instance.
    pub fn note(line: &'static str) {
        V_LINES.lock().unwrap().push(line);
    }

    /// Takes the steps of the current instance.
    pub fn take() -> Vec<&'static str> {
        std::mem::take(&mut V_LINES.lock().unwrap())
    }
}

/// Fresh, or the base instance in builds that have no other. Threads are kept apart by a lock there.
fn vnet() -> Vnet {
    if cfg!(feature = "vimage") { Vnet::new().unwrap() } else { Vnet::base().unwrap() }
}

/// Notes that it is dropped, in the instance in which that happens; panics where there is none.
struct Noting(&'static str);

impl Drop for Noting {
    fn drop(&mut self) {
        log::note(self.0);
    }
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

async fn step() {
    let mut polled = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// Notes its call, and what its future does.
struct Steps;

impl<R: Carries> Service<R> for Steps {
    type Response = R::Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<R::Response, Infallible>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> Self::Future {
        log::note("call");
        let owned = Noting("future dropped");
        Box::pin(async move {
            log::note("first poll");
            step().await;
            log::note("second poll");
            drop(owned);
            Ok(request.answer())
        })
    }
}

trait Carries: 'static {
    type Response;
    fn answer(self) -> Self::Response;
}

struct Plain(Option<Vnet>, #[expect(dead_code, reason = "for its drop")] Noting);

impl Carries for Plain {
    type Response = String;
    fn answer(self) -> String {
        "done".to_owned()
    }
}

#[vimage::test]
fn call_polls_and_drops_are_in_the_instance() {
    let (red, green) = (vnet(), vnet());
    _ = green.enter(log::take);
    let layer = InstanceLayer::new(|request: &Plain| request.0.clone().ok_or_else(|| "refused".to_owned()));
    let mut service = layer.layer(Steps);

    let mut future = pin!(green.enter(|| service.call(Plain(Some(red.clone()), Noting("request dropped")))));
    assert_eq!(future.context(), Some(&red));
    assert!(green.enter(|| poll(future.as_mut())).is_pending());
    assert_eq!(green.enter(|| poll(future.as_mut())), Poll::Ready(Ok("done".to_owned())));
    let steps = ["call", "first poll", "second poll", "future dropped", "request dropped"];
    assert_eq!(red.enter(log::take), steps);
    // Without instances both are the base one, whose lines were just taken.
    assert!(green.enter(log::take).is_empty());
}

#[vimage::test]
fn a_future_that_is_given_up_is_dropped_in_the_instance() {
    let (red, green) = (vnet(), vnet());
    _ = red.enter(log::take);
    let layer = InstanceLayer::new(|request: &Plain| request.0.clone().ok_or_else(String::new));
    let future = layer.layer(Steps).call(Plain(Some(red.clone()), Noting("request dropped")));
    green.enter(|| drop(future));
    assert_eq!(red.enter(log::take), ["call", "future dropped", "request dropped"]);
}

#[vimage::test]
fn a_refused_request_does_not_reach_the_service() {
    let here = Vnet::current().unwrap();
    _ = here.enter(log::take);
    let layer = InstanceLayer::new(|request: &Plain| request.0.clone().ok_or_else(|| "refused".to_owned()));
    let mut future = pin!(layer.layer(Steps).call(Plain(None, Noting("request dropped"))));
    assert_eq!(future.context(), None);
    assert_eq!(poll(future.as_mut()), Poll::Ready(Ok("refused".to_owned())));
    assert_eq!(log::take(), ["request dropped"]);
}

/// A body of two frames.
struct Frames(u8, #[expect(dead_code, reason = "for its drop")] Option<Noting>);

impl Body for Frames {
    type Data = &'static [u8];
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<&'static [u8]>, Infallible>>> {
        log::note("frame");
        Poll::Ready(self.0.checked_sub(1).map(|left| {
            self.0 = left;
            Ok(Frame::data(&b"data"[..]))
        }))
    }

    fn is_end_stream(&self) -> bool {
        log::note("end?");
        self.0 == 0
    }

    fn size_hint(&self) -> SizeHint {
        log::note("size?");
        SizeHint::with_exact(u64::from(self.0) * 4)
    }
}

impl Carries for Request<()> {
    type Response = Response<Frames>;
    fn answer(self) -> Response<Frames> {
        Response::new(Frames(2, Some(Noting("body dropped"))))
    }
}

struct NotFound;

impl From<NotFound> for Response<Frames> {
    fn from(NotFound: NotFound) -> Self {
        Response::builder().status(StatusCode::NOT_FOUND).body(Frames(0, None)).unwrap()
    }
}

thread_local! {
    static CHOSEN: RefCell<Option<Vnet>> = const { RefCell::new(None) };
}

/// A service for `CHOSEN`.
fn http_service() -> impl Service<
    Request<()>,
    Response = Response<impl Body<Data = &'static [u8], Error = Infallible>>,
    Error = Infallible,
    Future: Future,
> {
    let layer = HttpInstanceLayer::new(|request: &Request<()>| match request.uri().path() {
        "/chosen" => Ok(CHOSEN.with_borrow(|chosen| chosen.clone().unwrap())),
        _ => Err(NotFound),
    });
    layer.layer(Steps)
}

#[vimage::test]
fn the_body_is_in_the_instance_after_the_future() {
    let (red, green) = (vnet(), vnet());
    CHOSEN.set(Some(red.clone()));
    let mut response = {
        let mut service = http_service();
        let mut future = pin!(service.call(Request::builder().uri("/chosen").body(()).unwrap()));
        assert!(poll(future.as_mut()).is_pending());
        let Poll::Ready(Ok(response)) = poll(future.as_mut()) else { panic!("a second poll ends it") };
        response
    };
    CHOSEN.set(None);
    _ = red.enter(log::take);
    green.enter(|| {
        assert_eq!((response.body().is_end_stream(), response.body().size_hint().exact()), (false, Some(8)));
        let mut body = pin!(response.body_mut());
        let mut frames = 0;
        while let Poll::Ready(Some(_)) = body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop())) {
            frames += 1;
        }
        assert_eq!(frames, 2);
    });
    assert_eq!(red.enter(log::take), ["end?", "size?", "frame", "frame", "frame"]);

    // The body keeps the instance until it is dropped.
    #[cfg(feature = "vimage")]
    let red = {
        let Err(vimage::DestroyError::Busy { instance, .. }) = red.destroy() else { panic!("the body holds it") };
        instance
    };
    green.enter(|| drop(response));
    assert_eq!(red.enter(log::take), ["body dropped"]);
    #[cfg(feature = "vimage")]
    red.destroy().unwrap();
}

#[vimage::test]
fn the_body_of_a_refusal_is_in_no_instance() {
    let here = Vnet::current().unwrap();
    let mut service = http_service();
    let Poll::Ready(Ok(response)) = poll(pin!(service.call(Request::new(())))) else { panic!("it does not wait") };
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    _ = log::take();
    assert!(response.body().is_end_stream());
    assert_eq!(here.enter(log::take), ["end?"]);
}
