//! Attempts to leave contexts in another order than they were entered: by panics, and by switching stacks.
//!
//! The coroutines here are safe ones that own what they use. What no check can find is a coroutine that is suspended
//! while it borrows a variable from a context that it has not entered itself; that remains outside.

#![cfg(feature = "vimage")]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::Ordering::Relaxed;

use corosensei::{Coroutine, CoroutineResult, Yielder};
use support::instances::current;
use support::panics::panics;
use support::reruns::rerun;
use vimage::prelude::*;

#[vnet_module]
mod counter {
    use std::sync::atomic::AtomicU64;
    use vimage::prelude::*;

    #[virtualized]
    pub static COUNTER: AtomicU64 = AtomicU64::new(0);
}

fn count() -> u64 {
    counter::V_COUNTER.with_current(|counter| counter.fetch_add(1, Relaxed))
}

/// Counts on the way in, and while it is dropped.
struct Counts(Option<u64>);

impl Drop for Counts {
    fn drop(&mut self) {
        assert_eq!(current(), self.0, "unwinding is in the context it goes through");
        if self.0.is_some() {
            count();
        }
    }
}

#[test]
fn panics_at_each_depth_unwind_to_each_depth() {
    const DEPTH: usize = 6;
    let vnets: Vec<_> = (0..3).map(|_| Vnet::new().unwrap()).collect();

    fn down(vnets: &[Vnet], depth: usize, thrown: usize, caught: usize) {
        let here = current();
        let _counts = Counts(here);
        let next = || {
            if depth == thrown {
                panic_any(thrown);
            }
            // Every third step is out of all contexts.
            if depth % 4 == 3 {
                vimage::isolated(|| down(vnets, depth + 1, thrown, caught));
            } else {
                vnets[depth % vnets.len()].enter(|| down(vnets, depth + 1, thrown, caught));
            }
        };
        if depth == caught {
            let panic = catch_unwind(AssertUnwindSafe(next)).unwrap_err();
            assert_eq!(*panic.downcast::<usize>().unwrap(), thrown);
        } else {
            next();
        }
        assert_eq!(current(), here);
    }

    for thrown in 0..=DEPTH {
        for caught in 0..=thrown {
            down(&vnets, 0, thrown, caught);
            assert_eq!(current(), None);
        }
    }
    vnets.into_iter().for_each(|vnet| vnet.destroy().unwrap());
}

#[test]
fn a_panic_while_a_panic_unwinds_through_enter_is_caught_in_place() {
    struct EntersAgain<'a>(&'a Vnet);
    impl Drop for EntersAgain<'_> {
        fn drop(&mut self) {
            let before = current();
            assert!(panics(|| self.0.enter(|| panic!("a second one"))));
            assert_eq!(current(), before);
        }
    }
    let (red, green) = (Vnet::new().unwrap(), Vnet::new().unwrap());
    assert!(panics(|| {
        red.enter(|| {
            let _again = EntersAgain(&green);
            green.enter(|| {
                let _again = EntersAgain(&red);
                panic!("a first one")
            })
        })
    }));
    assert_eq!(current(), None);
}

type Steps = Coroutine<(), (), u64>;

/// A coroutine that owns a handle, counts, is suspended inside of `enter`, and counts again.
fn suspended_inside(vnet: Vnet) -> Steps {
    let mut steps = Coroutine::new(move |yielder: &Yielder<(), ()>, ()| {
        vnet.enter(|| {
            count();
            yielder.suspend(());
            count()
        })
    });
    assert!(matches!(steps.resume(()), CoroutineResult::Yield(())));
    steps
}

fn finish(mut steps: Steps) -> u64 {
    match steps.resume(()) {
        CoroutineResult::Return(counted) => counted,
        CoroutineResult::Yield(()) => panic!("it is suspended once"),
    }
}

#[test]
#[cfg_attr(miri, ignore = "switches stacks")]
fn coroutines_that_nest_are_fine() {
    let (red, green) = (Vnet::new().unwrap(), Vnet::new().unwrap());
    let outer = suspended_inside(red.clone());
    // The current instance stays current, and the coroutine keeps it alive.
    assert_eq!(current(), Some(red.id()));
    let red = red.destroy().unwrap_err().into_instance().unwrap();
    let inner = suspended_inside(green.clone());
    assert_eq!(current(), Some(green.id()));
    assert_eq!(finish(inner), 1);
    assert_eq!(finish(outer), 1);
    assert_eq!(current(), None);
    // One that is dropped unwinds, which leaves as well.
    drop(suspended_inside(green.clone()));
    assert_eq!(current(), None);
    red.destroy().unwrap();
    green.destroy().unwrap();
}

#[test]
#[cfg_attr(miri, ignore = "switches stacks")]
fn a_forgotten_coroutine_keeps_the_instance_it_is_in() {
    std::thread::spawn(|| {
        let vnet = Vnet::new().unwrap();
        std::mem::forget(suspended_inside(vnet.clone()));
        let weak = vnet.downgrade();
        drop(vnet);
        assert_eq!(count(), 1);
        assert_eq!(weak.upgrade().map(|vnet| vnet.id()), current());
    })
    .join()
    .unwrap();
}

/// The name of the attack, and the attack on two instances.
type Attempt = (&'static str, fn(Vnet, Vnet));

#[test]
#[cfg_attr(miri, ignore = "starts processes")]
fn broken_nesting_aborts() {
    let attempts: [Attempt; 6] = [
        ("the first one is left first", |red, green| {
            let outer = suspended_inside(red);
            let _inner = suspended_inside(green);
            finish(outer);
        }),
        ("the first one is dropped first", |red, green| {
            let outer = suspended_inside(red);
            let _inner = suspended_inside(green);
            drop(outer);
        }),
        ("the one around is left while one is suspended in it", |red, green| {
            let mut inner = None;
            red.enter(|| inner = Some(suspended_inside(green)));
        }),
        ("it is resumed in another instance", |red, green| {
            let steps = suspended_inside(red);
            green.enter(|| finish(steps));
        }),
        ("it is resumed where there is none", |red, _| {
            let steps = suspended_inside(red);
            vimage::isolated(|| finish(steps));
        }),
        ("it is suspended where there is none", |red, _| {
            let mut isolated = Coroutine::new(|yielder: &Yielder<(), ()>, ()| vimage::isolated(|| yielder.suspend(())));
            red.enter(|| assert!(matches!(isolated.resume(()), CoroutineResult::Yield(()))));
        }),
    ];
    const ATTEMPT: &str = "VIMAGE_TEST_BROKEN_NESTING";
    if let Ok(attempt) = std::env::var(ATTEMPT) {
        let (_, attempt) = attempts[attempt.parse::<usize>().unwrap()];
        attempt(Vnet::new().unwrap(), Vnet::new().unwrap());
        // Not by a return, which a test that fails would look like.
        std::process::exit(0);
    }
    for (index, (what, _)) in attempts.iter().enumerate() {
        let arguments = ["--exact", "broken_nesting_aborts", "--nocapture"];
        let (status, printed) = rerun(&arguments, &[(ATTEMPT, &index.to_string())]);
        assert!(!status.success() && status.code().is_none_or(|code| code != 101), "{what}: {status}, {printed}");
        assert!(printed.contains("contexts were not left in the order they were entered"), "{what}: {printed}");
    }
}
