//! [vimage](https://docs.rs/vimage) instances with the libraries that programs already use, each by the convention of that
//! library. A module per library, behind a feature of the same name; nothing is on by default.
//!
//! | feature | module | gives |
//! |---|---|---|
//! | `tower` | `tower` | a `Layer` that runs a service in the instance that the request chooses |
//! | `http` | `tower` | the same for HTTP, where the body of the response is in the instance too |
//! | `rayon` | `rayon` | a handler for `ThreadPoolBuilder::spawn_handler`: a pool whose threads are in an instance |
//! | `tokio` | `tokio` | a handle to the runtime whose tasks and blocking calls are in an instance |
//! | `config` | `config` | the sysctls of an instance from files and the environment; errors name file and line |
//! | `prometheus-client` | `prometheus` | the sysctls of all instances as metrics, with the instance as a label |
//! | `metrics` | `metrics` | a recorder of the facade that counts in the current instance, and shows all with the instance as a label |
//!
//! The runtime itself depends on none of these, because a package that it depends on could never be virtualized. What
//! needs no library is in the runtime: [`within`](vimage::future::FutureExt::within) for futures,
//! [`bind`](vimage::Instance::bind) for closures, [`vimage::thread`] for threads.
//!
//! Facades with one backend per process, such as `log` and `tracing`, need no adapter: install one backend that writes to a
//! virtualized static, or let `cargo vimage vendor log` give each instance a backend of its own.
//!
//! The build and the backend are those of the program: select them at the package `vimage`.

#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "prometheus-client")]
pub mod prometheus;
#[cfg(feature = "rayon")]
pub mod rayon;
#[cfg(feature = "tokio")]
pub mod tokio;
#[cfg(feature = "tower")]
pub mod tower;

/// Runs `f` in a context of any kind.
#[cfg(any(feature = "tower", feature = "rayon", feature = "tokio"))]
fn enter<X: vimage::Enter, R>(context: &X, f: impl FnOnce() -> R) -> R {
    std::pin::pin!(vimage::future::Within::new((), context)).with_pin_mut(|_| f())
}

#[cfg(all(doctest, feature = "config"))]
#[doc = include_str!("../README.md")]
struct Readme;
