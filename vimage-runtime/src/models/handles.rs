//! Handles that are counted, dropped, waited for and found, while instances are destroyed.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use shuttle::thread;

use super::{check, destroy, destroy_until, end_of_world, make, never, world};
use crate::core::class_state::hold;
use crate::core::count::{Count, Release, Waiters};
use crate::core::teardown::{self, Owner};
use crate::core::{Handle, Phase};

#[test]
fn create_destroy_and_list() {
    check(|| {
        let class = world();
        let one = make(class).unwrap();
        let destroyer = thread::spawn(move || {
            let mut handle = one;
            // A list that walks over it holds it for a moment.
            while let Err(busy) = destroy(handle) {
                handle = busy;
                thread::yield_now();
            }
        });
        let creator = thread::spawn(move || drop(make(class).unwrap()));
        let ids = class.laid_out().live().tree.subtree(0);
        for id in ids {
            let found = class.laid_out().find(id);
            if let Some(handle) = found {
                assert!(matches!(
                    handle.header().phase(),
                    Phase::Creating | Phase::Live | Phase::Quiescing | Phase::Quiesced
                ));
            }
        }
        destroyer.join().unwrap();
        creator.join().unwrap();
        end_of_world(class, 0);
    });
}

#[test]
fn the_last_drop_on_two_threads() {
    check(|| {
        let class = world();
        let one = make(class).unwrap();
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let handle = one.clone();
                thread::spawn(move || drop(handle))
            })
            .collect();
        drop(one);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        end_of_world(class, 0);
    });
}

#[test]
fn upgrade_and_destroy() {
    check(|| {
        let class = world();
        let one = make(class).unwrap();
        let id = one.header().id;
        let upgrader = thread::spawn(move || {
            let found = class.laid_out().find(id);
            if let Some(handle) = &found {
                assert_ne!(handle.header().phase(), Phase::Detaching, "what is held is not torn down");
            }
            found.is_some()
        });
        let left = destroy(one);
        let upgraded = upgrader.join().unwrap();
        if let Err(handle) = left {
            assert!(upgraded, "nobody else held it");
            assert_eq!(handle.header().phase(), Phase::Live, "live again");
            drop(handle);
        }
        end_of_world(class, 0);
    });
}

/// The slot of a destroyed instance is used again while a weak handle to that instance is upgraded: it finds nothing.
#[test]
fn a_slot_that_is_used_again() {
    check(|| {
        let class = world();
        let one = make(class).unwrap();
        let id = one.header().id;
        let upgrader = thread::spawn(move || {
            let found = class.laid_out().find(id);
            assert!(found.is_none_or(|handle| handle.header().id == id), "not another instance");
        });
        let left = destroy(one);
        let other = make(class).unwrap();
        upgrader.join().unwrap();
        drop(left);
        destroy(other).unwrap();
        end_of_world(class, 0);
    });
}

/// An instance is found while the index is replaced by a larger one, although what was in front of it goes elsewhere.
#[test]
fn found_while_the_index_grows() {
    check(|| {
        let class = world();
        let one = make(class).unwrap();
        let id = one.header().id;
        // Ids beside each other are apart in the index; the fourth one from here is in front of this one.
        (0..3).for_each(|_| drop(make(class).unwrap()));
        let in_front = make(class).unwrap();
        let finder = thread::spawn(move || drop(class.laid_out().find(id).expect("it is there all the time")));
        let others: Vec<Handle> = (0..2).map(|_| make(class).unwrap()).collect();
        finder.join().unwrap();
        others.into_iter().chain([in_front, one]).for_each(|handle| destroy(handle).unwrap());
        end_of_world(class, 0);
    });
}

#[test]
fn waiting_for_the_others_to_go() {
    check(|| {
        let class = world();
        let one = make(class).unwrap();
        let other = one.clone();
        let dropper = thread::spawn(move || drop(other));
        assert!(destroy_until(one, never()).is_ok(), "the other one is dropped");
        dropper.join().unwrap();
        end_of_world(class, 0);
    });
}

/// Two instances that are destroyed together, as those of a vimage are, while a weak handle to one is upgraded: both are
/// destroyed, or none is.
#[test]
fn together_or_not_at_all() {
    check(|| {
        let class = world();
        let handles = [make(class).unwrap(), make(class).unwrap()].map(ManuallyDrop::new);
        let id = handles[0].header().id;
        let upgrader = thread::spawn(move || hold(class, id).map(drop).is_some());
        // SAFETY: the handles are forgotten if this is `Ok`.
        let destroyed = unsafe { teardown::destroy(&[&handles[0], &handles[1]], None, None) };
        let upgraded = upgrader.join().unwrap();
        if destroyed.is_err() {
            assert!(upgraded, "nothing else held it");
            for handle in handles {
                assert_eq!(handle.header().phase(), Phase::Live, "live again");
                drop(ManuallyDrop::into_inner(handle));
            }
        }
        end_of_world(class, 0);
    });
}

/// A thread waits in `destroy_within` of a vimage while another one drops a clone of it.
#[test]
fn waiting_for_the_clones_of_a_vimage() {
    check(|| {
        let class = world();
        let one = ManuallyDrop::new(make(class).unwrap());
        let shared = Arc::new((Count::one(), Waiters::new()));
        shared.0.add();
        let clone = Arc::clone(&shared);
        let dropper = thread::spawn(move || {
            let (clones, waiters) = &*clone;
            // As a clone of a vimage is dropped.
            if clones.release() == (Release::Done { awaited: true }) {
                waiters.notify();
            }
        });
        let owner = Owner { clones: &shared.0, waiters: &shared.1 };
        // SAFETY: the handle is forgotten.
        assert!(unsafe { teardown::destroy(&[&one], Some(owner), never()) }.is_ok(), "the clone is dropped");
        dropper.join().unwrap();
        end_of_world(class, 0);
    });
}
