//! Observers of an instance that shuts down, and quiesce hooks that refuse.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Weak};

use shuttle::thread;

use super::{REFUSE, check, destroy, destroy_until, end_of_world, make, never, world};
use crate::core::Phase;
use crate::core::class_state::hold;
use crate::core::observers::Observer;
use crate::core::teardown::{Stays, shut_down};
use crate::registry::ClassEntry;

/// An observer is added to an instance at the moment at which it shuts down: it is notified, or not added.
#[test]
fn an_observer_and_a_shutdown() {
    check(|| {
        let class = world();
        let one = make(class).unwrap();
        let other = one.clone();
        let notified = Arc::new(Notified(class, AtomicUsize::new(0)));
        let observer: Weak<Notified> = Arc::downgrade(&notified);
        let adder = thread::spawn(move || other.header().add_observer(observer).is_some());
        let destroyed = destroy(one);
        let added = adder.join().unwrap();
        drop(destroyed);
        assert_eq!(notified.1.load(Relaxed), usize::from(added));
        end_of_world(class, 0);
    });
}

/// Counts how often it is notified.
struct Notified(&'static ClassEntry, AtomicUsize);

impl Observer for Notified {
    fn shut_down(&self, id: u64) {
        thread::yield_now();
        let instance = hold(self.0, id).expect("it is notified while handles can still be made");
        assert_eq!(instance.header().phase(), Phase::Quiescing);
        self.1.fetch_add(1, Relaxed);
    }
}

/// An observer that was added is notified once, before the instance is destroyed, also if a quiesce hook refuses.
fn observers(refuse: bool) {
    REFUSE.store(refuse, Relaxed);
    let class = world();
    let one = make(class).unwrap();
    let joiners: Vec<_> = (0..2)
        .map(|_| {
            let (handle, notified) = (one.clone(), Arc::new(Notified(class, AtomicUsize::new(0))));
            thread::spawn(move || {
                let observer: Weak<Notified> = Arc::downgrade(&notified);
                let added = handle.header().add_observer(observer).is_some();
                drop(handle);
                (added, notified)
            })
        })
        .collect();
    if refuse {
        drop(one);
    } else if let Err(busy) = destroy(one) {
        drop(busy);
    }
    // Any of these threads may release the last handle.
    let joined: Vec<_> = joiners.into_iter().map(|joiner| joiner.join().unwrap()).collect();
    for (added, notified) in joined {
        assert_eq!(notified.1.load(Relaxed), usize::from(added));
    }
    REFUSE.store(false, Relaxed);
    end_of_world(class, 0);
}

/// An observer that was added after a refusal is notified by the next shutdown, whichever thread releases the last handle.
#[test]
fn a_refusal_while_another_waits() {
    check(|| {
        let class = world();
        let one = make(class).unwrap();
        let other = one.clone();
        REFUSE.store(true, Relaxed);
        let quiescer = thread::spawn(move || {
            // SAFETY: `other` is a handle.
            let refused = unsafe { shut_down(other.as_ptr()) }.is_err();
            REFUSE.store(false, Relaxed);
            let notified = Arc::new(Notified(class, AtomicUsize::new(0)));
            let observer: Weak<Notified> = Arc::downgrade(&notified);
            let added = other.header().add_observer(observer).is_some();
            drop(other);
            (refused, added, notified)
        });
        let destroyed = destroy_until(one, never());
        let (_, added, notified) = quiescer.join().unwrap();
        match destroyed {
            Ok(()) => {}
            Err((handle, Stays::Refused(_))) => drop(handle),
            Err((_, Stays::Busy)) => unreachable!("the other one is dropped"),
        }
        assert_eq!(notified.1.load(Relaxed), usize::from(added), "notified before the instance was destroyed");
        end_of_world(class, 0);
    });
}

/// The last handle is dropped while a thread that has upgraded a weak one is refused, and lends something to the instance: the
/// quiesce hooks run again, and what was lent is notified.
#[test]
fn a_refusal_while_the_last_handle_is_dropped() {
    check(|| {
        let class = world();
        let one = make(class).unwrap();
        let id = one.header().id;
        REFUSE.store(true, Relaxed);
        let quiescer = thread::spawn(move || {
            let found = class.laid_out().find(id);
            let notified = Arc::new(Notified(class, AtomicUsize::new(0)));
            let observer: Weak<Notified> = Arc::downgrade(&notified);
            let added = found.is_some_and(|handle| {
                // SAFETY: `handle` is one.
                _ = unsafe { shut_down(handle.as_ptr()) };
                REFUSE.store(false, Relaxed);
                handle.header().add_observer(observer).is_some()
            });
            (added, notified)
        });
        drop(one);
        let (added, notified) = quiescer.join().unwrap();
        assert_eq!(notified.1.load(Relaxed), usize::from(added), "notified before the instance was destroyed");
        REFUSE.store(false, Relaxed);
        end_of_world(class, 0);
    });
}

#[test]
fn observers_of_an_instance_that_agrees() {
    check(|| observers(false));
}

#[test]
fn observers_of_an_instance_that_refuses() {
    check(|| observers(true));
}
