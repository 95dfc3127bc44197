//! The same operations, by threads that do not take turns: what each returns is not known, but some things always hold, and
//! at the end everything was released.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use vimage::link::{self, Endpoint};
use vimage::prelude::*;
use vimage::{Movable, WeakInstance, module};

use crate::modules::{self, MODULES, Step, Value, current, lower};
use crate::support::random::Random;

const THREADS: u64 = 4;
/// How many of each kind the threads share.
const SHARED: usize = 12;

/// What the threads take from each other.
#[derive(Default)]
struct Shared {
    handles: Mutex<Vec<Vnet>>,
    weak: Mutex<Vec<WeakInstance<Net>>>,
    movables: Mutex<Vec<Movable<Value>>>,
    ends: Mutex<Vec<Endpoint<Value>>>,
    jobs: Mutex<Vec<Box<dyn FnOnce() + Send>>>,
}

/// Adds one, and takes any other one away when there are too many.
fn put<T>(list: &Mutex<Vec<T>>, random: &mut Random, value: T) -> Option<T> {
    let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
    list.push(value);
    let number = random.position(list.len());
    (list.len() > SHARED).then(|| list.swap_remove(number))
}

fn take<T>(list: &Mutex<Vec<T>>, random: &mut Random) -> Option<T> {
    let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
    let length = list.len();
    (length > 0).then(|| list.swap_remove(random.position(length)))
}

/// In an instance its own variables are found, whatever other threads do.
fn check(vnet: &Vnet) {
    // One whose creation fails meanwhile must not be entered.
    let seen = catch_unwind(AssertUnwindSafe(|| vnet.enter(|| (current(), lower::tag()))));
    if let Ok((place, tag)) = seen {
        assert!(place.is_none_or(|place| place == vnet.id()), "another instance is current");
        assert!(tag == modules::NEVER || tag == vnet.id(), "a variable of another instance");
    }
}

/// Counts what happens; hooks fail at random.
pub fn run(seed: u64, steps: u64) {
    modules::count_instead(true);
    let shared = Shared::default();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let shared = &shared;
            scope.spawn(move || {
                modules::fail_at_random(seed ^ thread << 32);
                let mut random = Random(seed.wrapping_mul(31) ^ thread);
                for _ in 0..steps {
                    step(shared, &mut random);
                }
                // It does not fail any more.
                modules::fail_at_random(0);
            });
        }
    });
    release(shared);
    modules::count_instead(false);
}

fn step(shared: &Shared, random: &mut Random) {
    let handle = take(&shared.handles, random);
    let Some(vnet) = handle.filter(|_| random.below(4) > 0) else {
        if let Ok(vnet) = Vnet::new() {
            check(&vnet);
            put(&shared.weak, random, vnet.downgrade());
            drop(put(&shared.handles, random, vnet));
        }
        return;
    };
    match random.below(12) {
        0 => {
            _ = vnet.destroy();
            return;
        }
        1 => _ = vnet.shutdown(),
        2 => drop(put(&shared.handles, random, vnet.clone())),
        3 => {
            let weak = take(&shared.weak, random);
            if let Some(found) = weak.and_then(|weak| weak.upgrade().inspect(|found| assert_eq!(found.id(), weak.id())))
            {
                check(&found);
            }
        }
        4 => vnet.enter(|| {
            let child = Vnet::new();
            child.into_iter().for_each(|child| drop(put(&shared.handles, random, child)));
            Vnet::list().for_each(|below| check(&below));
        }),
        5 => match random.below(2) {
            0 => _ = module::register("late"),
            // SAFETY: its code consists of hooks, and nothing here uses its variables.
            _ => _ = unsafe { module::unregister("late") },
        },
        6 => match Movable::new_in(&vnet, Value::new("movable", 1)) {
            Ok(movable) => drop(put(&shared.movables, random, movable)),
            Err(error) => drop_caught(error),
        },
        7 | 8 => {
            if let Some(mut movable) = take(&shared.movables, random) {
                // Its steps may panic.
                _ = catch_unwind(AssertUnwindSafe(|| _ = movable.move_to(&vnet)));
                let place = movable.enter(|_| current());
                assert!(place.is_some());
                drop(put(&shared.movables, random, movable));
            }
        }
        9 => {
            let other = take(&shared.handles, random);
            if let Some(other) = &other
                && let Ok((a, b)) = link::with_capacity(2, &vnet, other)
            {
                drop([a, b].map(|end| put(&shared.ends, random, end)));
            }
            other.into_iter().for_each(|other| drop(put(&shared.handles, random, other)));
        }
        10 => {
            if let Some(end) = take(&shared.ends, random) {
                _ = end.try_send(Value::new("message", 1));
                _ = end.try_send(Value::new("message", 2));
                end.serve_pending(|_| _ = current().expect("a handler runs in an instance"));
                drop(put(&shared.ends, random, end));
            }
        }
        _ => {
            let id = vnet.id();
            let value = Value::new("bound", 1);
            let job = vnet.bind(move || {
                assert_eq!(current(), Some(id));
                drop(value);
            });
            drop(put(&shared.jobs, random, Box::new(job) as Box<dyn FnOnce() + Send>));
            if let Some(job) = take(&shared.jobs, random).filter(|_| random.below(2) == 0) {
                job();
            }
        }
    }
    drop(put(&shared.handles, random, vnet));
}

fn drop_caught<T>(value: T) {
    _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
}

/// Releases everything, after which the numbers agree.
fn release(shared: Shared) {
    drop(shared);
    let left: Vec<u64> = Vnet::all().map(|vnet| vnet.id()).collect();
    assert_eq!(left, [0], "instances that nothing refers to");
    // What failed registrations have left in the base instance is dropped when the module is unregistered.
    _ = module::register("late");
    // SAFETY: as above.
    unsafe { module::unregister("late") }.unwrap();
    assert_eq!(modules::values(), 0, "values that were made and not dropped");
    for module in MODULES {
        // The base instance keeps the two that came at boot.
        let [attached, detached, dropped] =
            [Step::Attach, Step::Detach, Step::Drop].map(|step| modules::counted(step, module));
        assert!(attached > 0 || module == "late");
        assert_eq!((attached, attached), (detached, dropped), "{module}: attached, detached and dropped");
    }
}
