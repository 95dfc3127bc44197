//! Attempts to reach the variables of a run-time module in instances that do not have them yet, or no longer.

#![cfg(feature = "vimage")]

mod support;

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Barrier, Mutex, MutexGuard};
use std::thread;

use support::panics::panics;
use vimage::module::{RegisterError, register, unregister};
use vimage::prelude::*;
use vimage::{Held, InstanceState};

/// Registration is one at a time, and after boot.
fn turn() -> MutexGuard<'static, ()> {
    let turn = support::instances::turn();
    // A module that is unregistered while instances are made does not give back its room. Only the first one can do it.
    _ = vimage::BootOptions::new().reserve(1 << 16).boot();
    vimage::boot().unwrap();
    turn
}

type Job = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// The job of the attach hook of `picky`, in each instance.
static ON_CREATE: Mutex<Option<Job>> = Mutex::new(None);
/// The jobs of the hooks of `flaky`, in each instance.
static ON_ATTACH: Mutex<Option<Job>> = Mutex::new(None);
static ON_DETACH: Mutex<Option<Job>> = Mutex::new(None);

fn run(job: &Mutex<Option<Job>>) -> Result<(), String> {
    // Not under the lock: hooks of several threads meet here.
    let job = job.lock().unwrap().clone();
    job.map_or(Ok(()), |job| job())
}

fn set(job: &Mutex<Option<Job>>, run: impl Fn() -> Result<(), String> + Send + Sync + 'static) {
    *job.lock().unwrap() = Some(Arc::new(run));
}

fn clear() {
    for job in [&ON_CREATE, &ON_ATTACH, &ON_DETACH] {
        *job.lock().unwrap() = None;
    }
}

#[vnet_module]
mod picky {
    use super::{ON_CREATE, run};
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static STEPS: AtomicU64 = AtomicU64::new(0);

    pub fn step() -> u64 {
        V_STEPS.fetch_add(1, Relaxed) + 1
    }

    #[vimage::attach]
    fn iattach() -> Result<(), String> {
        run(&ON_CREATE)
    }
}

#[vnet_module(register = "manual")]
mod flaky {
    use super::{ON_ATTACH, ON_DETACH, run};
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    pub static MAGIC: Mutex<u64> = Mutex::new(0xfeed);
    #[virtualized]
    pub static TEXT: Mutex<String> = Mutex::new(String::new());

    #[attach]
    fn iattach() -> Result<(), String> {
        run(&ON_ATTACH)
    }

    #[detach]
    fn idetach() {
        run(&ON_DETACH).unwrap();
    }
}

#[vnet_module(register = "manual")]
mod first {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    pub static FILLED: Mutex<[u64; 4]> = Mutex::new([0x1111; 4]);
}

#[vnet_module(register = "manual")]
mod second {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    pub static FILLED: Mutex<[u64; 16]> = Mutex::new([0x2222; 16]);
}

fn fail_in(unlucky: &Vnet) {
    let id = unlucky.id();
    set(&ON_ATTACH, move || if Vnet::current().unwrap().id() == id { Err("on purpose".into()) } else { Ok(()) });
}

#[test]
fn an_instance_made_while_a_registration_is_taken_back_has_what_can_be_reached() {
    static MADE: Mutex<Vec<Vnet>> = Mutex::new(Vec::new());
    let _turn = turn();
    let _lucky = Vnet::new().unwrap();
    let unlucky = Vnet::new().unwrap();
    fail_in(&unlucky);
    set(&ON_DETACH, || {
        let made = Vnet::new().unwrap();
        // It is detached from others just now, and never attached here; but it can be named.
        assert_eq!(*flaky::V_MAGIC.of(&made).lock().unwrap(), 0xfeed);
        flaky::V_TEXT.of(&made).lock().unwrap().push_str("a text on the heap");
        MADE.lock().unwrap().push(made);
        Ok(())
    });
    let error = register("flaky").unwrap_err();
    assert!(matches!(error, RegisterError::Attach(_)), "{error}");
    clear();
    // Nothing can be reached any more, neither there nor where it was attached.
    let made = std::mem::take(&mut *MADE.lock().unwrap());
    assert!(!made.is_empty());
    for vnet in made.iter().chain([&unlucky]) {
        assert!(panics(|| flaky::V_MAGIC.of(vnet)));
    }
    made.into_iter().for_each(|vnet| vnet.destroy().unwrap());
}

#[test]
fn what_is_held_of_a_module_that_did_not_stay_is_not_overwritten() {
    static HELD: Mutex<Option<Held<Mutex<String>>>> = Mutex::new(None);
    let _turn = turn();
    register("first").unwrap();
    set(&ON_ATTACH, || {
        *HELD.lock().unwrap() = Some(flaky::V_TEXT.held());
        Err("after it has stolen".into())
    });
    assert!(register("flaky").is_err());
    clear();
    let held = HELD.lock().unwrap().take().unwrap();
    held.lock().unwrap().push_str("a text on the heap");
    let others: Vec<_> = Vnet::all().filter(|vnet| !vnet.is_base()).collect();
    assert!(others.is_empty(), "the tests of this file clean up: {others:?}");
    // SAFETY: no code of `first` runs, and nothing of it is held.
    unsafe { unregister("first") }.unwrap();
    register("second").unwrap();
    assert_eq!(*second::V_FILLED.of(&Vnet::base().unwrap()).lock().unwrap(), [0x2222; 16]);
    assert_eq!(*held.lock().unwrap(), "a text on the heap");
    // SAFETY: no code of `second` runs, and nothing of it is held.
    unsafe { unregister("second") }.unwrap();
    assert_eq!(*held.lock().unwrap(), "a text on the heap");
}

#[test]
fn an_instance_made_while_a_module_is_unregistered_keeps_its_place() {
    static MADE: Mutex<Option<Vnet>> = Mutex::new(None);
    let _turn = turn();
    register("flaky").unwrap();
    set(&ON_DETACH, || {
        // Not by code of the module, though it happens to be called from there.
        MADE.lock().unwrap().get_or_insert_with(|| Vnet::new().unwrap());
        Ok(())
    });
    // SAFETY: no code of `flaky` runs, and nothing of it is held.
    unsafe { unregister("flaky") }.unwrap();
    clear();
    let made = MADE.lock().unwrap().take().unwrap();
    // Were the place of `flaky` used again, its variables would be dropped as well as those that are there now.
    register("second").unwrap();
    *second::V_FILLED.of(&made).lock().unwrap() = [u64::MAX; 16];
    made.destroy().unwrap();
    // SAFETY: no code of `second` runs, and nothing of it is held.
    unsafe { unregister("second") }.unwrap();
}

#[test]
fn a_module_is_not_registered_again_while_it_is_still_being_taken_back() {
    static GO: Barrier = Barrier::new(2);
    static INSIDE: Barrier = Barrier::new(2);
    static LEAVE: Barrier = Barrier::new(2);
    let _turn = turn();
    let unlucky = Vnet::new().unwrap();
    let id = unlucky.id();
    set(&ON_ATTACH, move || match Vnet::current().unwrap() {
        vnet if vnet.is_base() => Ok(()),
        vnet if vnet.id() == id => {
            GO.wait();
            INSIDE.wait();
            Err("on purpose".into())
        }
        _ => {
            INSIDE.wait();
            LEAVE.wait();
            Ok(())
        }
    });
    // Creates an instance while the module is registered, and is in its attach hook when it is unregistered.
    let maker = thread::spawn(|| {
        GO.wait();
        let vnet = Vnet::new().unwrap();
        assert!(panics(|| flaky::V_MAGIC.of(&vnet)), "it is not attached, so it is not there");
        vnet.destroy().unwrap();
    });
    assert!(matches!(register("flaky"), Err(RegisterError::Attach(_))));
    let error = register("flaky").unwrap_err();
    assert!(matches!(error, RegisterError::Busy), "{error}");
    LEAVE.wait();
    maker.join().unwrap();
    clear();
    // Now it can be, and nothing takes its place away again.
    register("flaky").unwrap();
    assert_eq!(*flaky::V_MAGIC.of(&unlucky).lock().unwrap(), 0xfeed);
    unlucky.destroy().unwrap();
    // SAFETY: no code of `flaky` runs, and nothing of it is held.
    unsafe { unregister("flaky") }.unwrap();
}

#[test]
fn a_module_is_not_attached_where_the_creation_has_failed() {
    static STOLEN: Mutex<Option<Vnet>> = Mutex::new(None);
    static ATTACHED: Mutex<Vec<Option<Vnet>>> = Mutex::new(Vec::new());
    let _turn = turn();
    set(&ON_CREATE, || {
        *STOLEN.lock().unwrap() = Vnet::current();
        Err("after it has stolen".into())
    });
    assert!(Vnet::new().is_err());
    clear();
    let gone = STOLEN.lock().unwrap().take().unwrap();
    set(&ON_ATTACH, || {
        ATTACHED.lock().unwrap().push(Vnet::current());
        Ok(())
    });
    register("flaky").unwrap();
    clear();
    assert_eq!(std::mem::take(&mut *ATTACHED.lock().unwrap()), [Some(Vnet::base().unwrap())]);
    // The variables are there, as in every block.
    assert_eq!(*flaky::V_MAGIC.of(&gone).lock().unwrap(), 0xfeed);
    drop(gone);
    // SAFETY: no code of `flaky` runs, and nothing of it is held.
    unsafe { unregister("flaky") }.unwrap();
}

/// Finds the value of `flaky` in the current instance, as soon as it is there.
fn find_magic() {
    let magic = loop {
        match catch_unwind(|| flaky::V_MAGIC.with_current(|magic| *magic.lock().unwrap())) {
            Ok(magic) => break magic,
            Err(_) => thread::sleep(std::time::Duration::from_millis(1)),
        }
    };
    assert_eq!(magic, 0xfeed);
}

/// Stays in the current instance and uses its variables until `stop` is set.
fn stay(stop: &AtomicBool) {
    let before = picky::step();
    let mut steps = 0;
    while !stop.load(Relaxed) {
        steps += 1;
        assert_eq!(picky::step(), before + steps, "it is alone here, and the same all the time");
        thread::yield_now();
    }
}

#[test]
fn modules_come_and_go_while_threads_are_inside_of_instances() {
    let _turn = turn();
    let base = Vnet::base().unwrap();
    for _round in 0..2 {
        let (leave, leave_base) = (AtomicBool::new(false), AtomicBool::new(false));
        let (ready, registered, refused, left) =
            (Barrier::new(10), Barrier::new(10), Barrier::new(10), Barrier::new(10));
        thread::scope(|scope| {
            for number in 0..6 {
                let (ready, registered, refused, left, leave) = (&ready, &registered, &refused, &left, &leave);
                scope.spawn(move || {
                    let vnet = Vnet::new().unwrap();
                    vnet.enter(|| {
                        if number == 0 {
                            vnet.shutdown().unwrap();
                        }
                        ready.wait();
                        find_magic();
                        registered.wait();
                        stay(leave);
                        refused.wait();
                    });
                    assert_eq!(
                        vnet.state(),
                        if number == 0 { InstanceState::ShuttingDown } else { InstanceState::Live }
                    );
                    vnet.destroy().unwrap();
                    left.wait();
                });
            }
            {
                let (ready, registered, refused, left) = (&ready, &registered, &refused, &left);
                let (base, leave_base) = (&base, &leave_base);
                scope.spawn(move || {
                    base.enter(|| {
                        ready.wait();
                        find_magic();
                        registered.wait();
                        refused.wait();
                        left.wait();
                        stay(leave_base);
                    });
                });
            }
            for _ in 0..2 {
                let (ready, registered, refused, left) = (&ready, &registered, &refused, &left);
                let churn = |code: fn()| (0..support::rounds(15)).for_each(|_| Vnet::new().unwrap().enter(code));
                scope.spawn(move || {
                    ready.wait();
                    // Each one is attached by one of the two, or made when the module is not there.
                    churn(|| _ = panics(|| flaky::V_MAGIC.with_current(|magic| *magic.lock().unwrap() = 1)));
                    registered.wait();
                    refused.wait();
                    left.wait();
                    churn(|| assert_eq!(picky::step(), 1));
                });
            }
            ready.wait();
            register("flaky").unwrap();
            registered.wait();
            // SAFETY: no code of `flaky` runs after that barrier, and nothing of it is held.
            let error = unsafe { unregister("flaky") }.unwrap_err();
            assert!(matches!(error, RegisterError::InUse { .. }), "{error}");
            leave.store(true, Relaxed);
            refused.wait();
            left.wait();
            // Now only the base is left, and what is made just now.
            loop {
                // SAFETY: as above.
                match unsafe { unregister("flaky") } {
                    Ok(()) => break,
                    Err(RegisterError::InUse { .. }) => thread::yield_now(),
                    Err(error) => panic!("{error}"),
                }
            }
            leave_base.store(true, Relaxed);
        });
        assert!(panics(|| flaky::V_MAGIC.of(&base)));
        assert_eq!(Vnet::all().count(), 1);
    }
}
