//! Entering instances, and carrying contexts to where code runs later.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use benches::callgrind;
use benches::peers::{FLUID, Globals, SCOPED};
use vimage::Contexts;
use vimage::prelude::*;

// It can only be used in the crate that declares it.
environmental::environmental!(current: Globals);

fn count_one<R>(what: &str, code: impl FnMut() -> R) {
    callgrind::count("Contexts", what, "instructions", code);
}

tokio::task_local! {
    /// What a task shares with others.
    static SHARED: Arc<Globals>;
}

/// Never ready, and not known to be.
fn pending() -> impl Future<Output = ()> {
    poll_fn(|_| black_box(Poll::Pending))
}

pub fn count(vnet: &Vnet) -> Result<(), Box<dyn Error>> {
    let (globals, vimage) = (Globals::default(), Vimage::builder().fresh_all().create()?);
    let shared = Arc::new(Globals::default());
    let nothing = || black_box(0);
    count_one("`Vnet::enter` and back", || black_box(vnet).enter(nothing));
    count_one("*scoped-tls `set`*", || SCOPED.set(black_box(&globals), nothing));
    count_one("*fluid-let `set`*", || FLUID.set(black_box(&globals), nothing));
    let mut own = Globals::default();
    count_one("*environmental `using`*", || current::using(black_box(&mut own), nothing));
    count_one("*tokio `sync_scope` of an `Arc`*", || SHARED.sync_scope(Arc::clone(black_box(&shared)), nothing));
    count_one("`Vimage::enter`", || black_box(&vimage).enter(nothing));
    vimage.enter(|| {
        let contexts = Contexts::current();
        count_one("`Contexts::current`", Contexts::current);
        count_one("`Contexts::enter`", || black_box(&contexts).enter(nothing));
        count_one("`Contexts::bind`, and the call", || black_box(&contexts).bind(nothing)());
        let mut context = Context::from_waker(Waker::noop());
        let mut future = pin!(pending().within_current());
        count_one("`within_current`, per poll", || future.as_mut().poll(&mut context));
    });
    count_one("`Vnet::bind`, and the call", || black_box(vnet).bind(nothing)());
    let mut context = Context::from_waker(Waker::noop());
    let mut future = pin!(pending().within(vnet));
    count_one("`within`, per poll", || future.as_mut().poll(&mut context));
    let mut future = pin!(SHARED.scope(shared, pending()));
    count_one("*tokio `scope`, per poll*", || future.as_mut().poll(&mut context));
    Ok(vimage.destroy()?)
}
