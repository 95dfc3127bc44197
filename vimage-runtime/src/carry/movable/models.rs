//! Models of a value that is lent while the instance that it is lent to shuts down: it is never lost, never dropped twice, and
//! never in an instance that is destroyed.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use shuttle::thread;

use super::{Movable, MoveError, Transfer};
use crate::core::Handle;
use crate::core::context::{Current, found};
use crate::instance::Instance;
use crate::models::{check, destroy, end_of_world, make, world_of};
use crate::registry::{Class, Net};

static DROPS: AtomicUsize = AtomicUsize::new(0);

fn here() -> Option<u64> {
    match found(Net::ENTRY) {
        // SAFETY: it is current on this thread.
        Current::Instance(header) => Some(unsafe { header.as_ref() }.id),
        Current::Nothing | Current::Barred => None,
    }
}

/// Knows where it is joined.
struct Value {
    joined: Option<u64>,
}

impl Transfer<Net> for Value {
    type Error = &'static str;

    fn leave(&mut self) {
        thread::yield_now();
        assert_eq!(self.joined.take(), here(), "it leaves where it has joined");
    }

    fn join(&mut self) -> Result<(), &'static str> {
        thread::yield_now();
        assert_eq!(std::mem::replace(&mut self.joined, here()), None, "it has left before");
        Ok(())
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        DROPS.fetch_add(1, Relaxed);
        assert_eq!(self.joined, here(), "dropped where it is");
    }
}

fn instance() -> Instance<Net> {
    Instance::from_handle(make(Net::ENTRY).unwrap())
}

/// A home, a value of it, and another instance.
fn world() -> (Instance<Net>, Movable<Value>, Instance<Net>) {
    world_of(Net::ENTRY);
    DROPS.store(0, Relaxed);
    let home = instance();
    let joined = Some(home.id());
    let Ok(movable) = Movable::new_in(&home, Value { joined }) else { panic!("the home is live") };
    (home, movable, instance())
}

/// Until no other thread has a handle.
fn destroy_at_last(instance: Instance<Net>) {
    let mut handle: Handle = instance.handle().clone();
    drop(instance);
    while let Err(busy) = destroy(handle) {
        handle = busy;
        thread::yield_now();
    }
}

fn end(home: Instance<Net>) {
    assert_eq!(DROPS.load(Relaxed), 1, "dropped once");
    destroy_at_last(home);
    end_of_world(Net::ENTRY, 0);
}

/// The owner moves and uses the value while the instance is destroyed: at the end it is at home.
#[test]
fn moved_to_an_instance_that_is_destroyed() {
    check(|| {
        let (home, mut movable, red) = world();
        let to = red.clone();
        let owner = thread::spawn(move || {
            match movable.move_to(&to) {
                Ok(()) | Err(MoveError::Refused(_)) => {}
                Err(error) => panic!("{error}"),
            }
            drop(to);
            movable.enter(|value| assert_eq!(value.joined, here()));
            movable
        });
        destroy_at_last(red);
        let movable = owner.join().unwrap();
        assert!(movable.instance() == home && movable.is_joined(), "it has returned");
        drop(movable);
        end(home);
    });
}

/// The owner is dropped while the instance sends the value home: one of them drops it.
#[test]
fn dropped_while_it_is_sent_home() {
    check(|| {
        let (home, mut movable, red) = world();
        assert!(movable.move_to(&red).is_ok());
        let owner = thread::spawn(move || drop(movable));
        destroy_at_last(red);
        owner.join().unwrap();
        end(home);
    });
}

/// Another thread asks where the value is: it gets a handle to an instance that exists.
#[test]
fn found_while_it_is_sent_home() {
    check(|| {
        let (home, mut movable, red) = world();
        assert!(movable.move_to(&red).is_ok());
        let (id, owner) = (red.id(), home.id());
        let asking = thread::spawn(move || {
            let place = movable.instance();
            assert!([id, owner].contains(&place.id()));
            drop(place);
            movable
        });
        destroy_at_last(red);
        drop(asking.join().unwrap());
        end(home);
    });
}
