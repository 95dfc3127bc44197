//! Services of [tower](https://docs.rs/tower), and so of axum, tonic and hyper, in the instance that the request chooses.
//!
//! ```
//! use tower_layer::Layer;
//! use vimage::prelude::*;
//! use vimage_integrations::tower::InstanceLayer;
//! # use std::convert::Infallible;
//! # use std::future::{Ready, ready};
//! # use std::task::{Context, Poll};
//! # use tower_service::Service;
//! #
//! # #[derive(Clone)]
//! # struct Lookup;
//! # impl Service<&'static str> for Lookup {
//! #     type Response = String;
//! #     type Error = Infallible;
//! #     type Future = Ready<Result<String, Infallible>>;
//! #     fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> { Poll::Ready(Ok(())) }
//! #     fn call(&mut self, key: &'static str) -> Self::Future {
//! #         ready(Ok(format!("{key} in {}", Vnet::current().unwrap().id())))
//! #     }
//! # }
//! # fn instance_of(request: &str) -> Option<Vnet> { (request == "key").then(|| Vnet::base().unwrap()) }
//!
//! let layer = InstanceLayer::new(|request: &&'static str| {
//!     instance_of(request).ok_or_else(|| "no such tenant".to_owned()) // an error is the response
//! });
//! let mut service = layer.layer(Lookup);
//! # let mut cx = Context::from_waker(std::task::Waker::noop());
//! # let mut answer = |request| match Future::poll(std::pin::pin!(service.call(request)), &mut cx) {
//! #     Poll::Ready(Ok(answer)) => answer,
//! #     _ => unreachable!(),
//! # };
//! # assert_eq!(answer("key"), "key in 0");
//! # assert_eq!(answer("other"), "no such tenant");
//! ```

#[cfg(feature = "http")]
mod http;
mod service;

#[cfg(feature = "http")]
pub use self::http::{BodyWithin, HttpInstanceLayer, HttpInstanceService, HttpResponseFuture};
pub use self::service::{InstanceLayer, InstanceService, ResponseFuture};
