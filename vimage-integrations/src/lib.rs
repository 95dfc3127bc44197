//! [vimage](https://docs.rs/vimage) instances with the libraries that programs already use, each by the convention of that
//! library. A module per library, behind a feature of the same name; nothing is on by default.
//!
//! | feature | module | gives |
//! |---|---|---|
//! | `tower` | `tower` | a `Layer` that runs a service in the instance that the request chooses |
//! | `http` | `tower` | the same for HTTP, where the body of the response is in the instance too |
//!
//! The runtime itself depends on none of these, because a package that it depends on could never be virtualized. What
//! needs no library is in the runtime: [`within`](vimage::future::FutureExt::within) for futures,
//! [`bind`](vimage::Instance::bind) for closures, [`vimage::thread`] for threads.
//!
//! The build and the backend are those of the program: select them at the package `vimage`.

#[cfg(feature = "tower")]
pub mod tower;

/// Runs `f` in a context of any kind.
#[cfg(feature = "tower")]
fn enter<X: vimage::Enter, R>(context: &X, f: impl FnOnce() -> R) -> R {
    std::pin::pin!(vimage::future::Within::new((), context)).with_pin_mut(|_| f())
}
