//! Ends that are not as planned: exits, panicking destructors, refusals at the last moment.
#![cfg(feature = "vimage")]

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Barrier, Mutex};
use std::time::Duration;

use support::drops::{Counted, drops};
use support::instances::wait_until;
use support::panics::panics;
use support::reports::{listen, reported};
use support::reruns::rerun;
use vimage::prelude::*;
use vimage::{CreateError, DestroyError, Movable, Transfer, WeakInstance};

#[vnet_module]
mod log {
    use std::cell::Cell;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use vimage::prelude::*;

    #[virtualized]
    pub static NAME: Mutex<String> = Mutex::new(String::new());

    #[virtualized]
    pub static TOTAL: AtomicUsize = AtomicUsize::new(0);

    /// The count of one thread, which is added to the total when the thread ends.
    pub struct Local(Cell<usize>);

    impl Drop for Local {
        fn drop(&mut self) {
            V_TOTAL.fetch_add(self.0.get(), SeqCst);
        }
    }

    #[virtualized]
    thread_local! {
        static LOCAL: Local = const { Local(Cell::new(0)) };
    }

    pub fn count() {
        V_LOCAL.with(|local| local.0.set(local.0.get() + 1));
    }

    pub fn name() -> String {
        V_NAME.lock().unwrap().clone()
    }
}

/// Uses a variable of its instance while it is dropped, which cannot be.
struct Connection;

impl Drop for Connection {
    fn drop(&mut self) {
        log::V_TOTAL.with_current(|total| total.fetch_sub(1, SeqCst));
    }
}

#[vnet_module(depends_on = "log")]
mod connections {
    use super::Connection;
    use super::support::drops::Counted;
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    pub static FIRST: Mutex<Option<Connection>> = Mutex::new(None);

    #[virtualized]
    pub static SECOND: Mutex<Option<Connection>> = Mutex::new(None);

    #[virtualized]
    pub static COUNTED: Mutex<Option<Counted>> = Mutex::new(None);
}

/// Runs a test of this binary in a process of its own, in which it does what would end this one.
fn alone(test: &str) -> String {
    let (status, printed) = rerun(&["--exact", test, "--nocapture"], &[("ATTACK_ALONE", "1")]);
    assert!(status.success(), "{status}: {printed}");
    printed
}

fn is_alone() -> bool {
    std::env::var_os("ATTACK_ALONE").is_some()
}

struct Says;

impl Drop for Says {
    fn drop(&mut self) {
        println!("at exit: {}", log::name());
    }
}

thread_local! {
    static SAYS: Says = const { Says };
    static NET: Vnet = Vnet::new().unwrap();
}

#[test]
#[cfg_attr(miri, ignore = "starts processes")]
fn the_process_exits_inside_an_instance_that_a_thread_local_holds() {
    if !is_alone() {
        let printed = alone("the_process_exits_inside_an_instance_that_a_thread_local_holds");
        // musl does not drop thread-locals when the process exits.
        let is_dropped = printed.contains("at exit: still there, and not freed memory");
        assert_eq!(is_dropped, cfg!(not(target_env = "musl")), "{printed}");
        return;
    }
    vimage::boot().unwrap();
    SAYS.with(|_| ());
    NET.with(|vnet| {
        vnet.enter(|| {
            "still there, and not freed memory".clone_into(&mut log::V_NAME.held().lock().unwrap());
            std::process::exit(0)
        })
    });
}

#[test]
fn what_a_thread_has_counted_is_added_when_it_ends() {
    listen();
    let red = Vnet::new().unwrap();
    for round in 1..=10 {
        red.enter(|| {
            vimage::thread::scope(|scope| {
                scope.spawn(log::count);
                scope.spawn(log::count);
            });
        });
        assert_eq!(log::V_TOTAL.of(&red).load(SeqCst), 2 * round);
    }
    let bound = red.bind(log::count);
    std::thread::spawn(bound).join().unwrap();
    assert_eq!(log::V_TOTAL.of(&red).load(SeqCst), 21);
    red.destroy().expect("no thread holds it any more");
}

#[test]
fn a_value_that_outlives_its_instance_panics_alone() {
    listen();
    let gone = Vnet::new().unwrap();
    let (used, destroyed) = (Barrier::new(2), Barrier::new(2));
    std::thread::scope(|scope| {
        let weak = gone.downgrade();
        scope.spawn({
            let (used, destroyed) = (&used, &destroyed);
            move || {
                weak.upgrade().unwrap().enter(log::count);
                used.wait();
                destroyed.wait();
            }
        });
        used.wait();
        gone.destroy().unwrap();
        destroyed.wait();
    });
    // Its thread's destructors may still be running.
    wait_until(|| reported("dropping a thread's value of a virtualized thread-local panicked: `V_TOTAL`"));
}

#[test]
fn two_destructors_that_panic_take_nobody_along() {
    let vnet = Vnet::new().unwrap();
    let label = format!("{vnet:?}");
    *connections::V_FIRST.of(&vnet).lock().unwrap() = Some(Connection);
    *connections::V_SECOND.of(&vnet).lock().unwrap() = Some(Connection);
    *connections::V_COUNTED.of(&vnet).lock().unwrap() = Some(Counted);
    let Err(DestroyError::Panicked(failures)) = vnet.destroy() else { panic!("{label}: both cannot be dropped") };
    let names: Vec<_> = failures.iter().map(|failure| (failure.module, failure.variable)).collect();
    assert_eq!(names, [(Some("connections"), Some("V_SECOND")), (Some("connections"), Some("V_FIRST"))]);
    assert!(drops() > 0, "the others are dropped");
}

#[test]
#[cfg_attr(miri, ignore = "starts processes")]
fn a_failure_handler_may_own_what_fails() {
    if !is_alone() {
        alone("a_failure_handler_may_own_what_fails");
        return;
    }
    let vnet = Vnet::new().unwrap();
    *connections::V_FIRST.of(&vnet).lock().unwrap() = Some(Connection);
    vimage::set_failure_handler(move |_| _ = &vnet);
    // Replaces the first handler and so destroys its instance, whose failure is reported to the second one.
    listen();
    assert!(reported("dropping `V_FIRST` of module `connections` panicked"));
}

type Job = Box<dyn FnOnce() + Send>;

static REFUSED: Mutex<Option<(Vnet, Job)>> = Mutex::new(None);
static ASKED: AtomicUsize = AtomicUsize::new(0);
static REFUSES: AtomicBool = AtomicBool::new(true);

#[vnet_module]
mod moods {
    use super::*;

    #[attach]
    fn attach() -> Result<(), &'static str> {
        let own = Vnet::current().unwrap();
        if own.name() != Some("fails") {
            return Ok(());
        }
        let dropped = super::DroppedIn;
        *REFUSED.lock().unwrap() = Some((own.clone(), Box::new(own.bind(move || drop(dropped)))));
        Err("it fails")
    }

    #[quiesce]
    fn quiesce() -> Result<(), &'static str> {
        if Vnet::current().unwrap().name() != Some("moody") {
            return Ok(());
        }
        ASKED.fetch_add(1, SeqCst);
        std::thread::sleep(Duration::from_millis(100));
        if REFUSES.load(SeqCst) { Err("not now") } else { Ok(()) }
    }
}

static DROPPED_IN: Mutex<Vec<Option<u64>>> = Mutex::new(Vec::new());

struct DroppedIn;

impl Drop for DroppedIn {
    fn drop(&mut self) {
        DROPPED_IN.lock().unwrap().push(Vnet::current().map(|vnet| vnet.id()));
    }
}

#[test]
fn a_bound_closure_that_cannot_run_is_dropped_where_it_belongs() {
    let failed = Vnet::builder().name("fails").create();
    assert!(matches!(failed, Err(CreateError::Attach(_))));
    let (own, job) = REFUSED.lock().unwrap().take().unwrap();
    let other = Vnet::new().unwrap();
    other.enter(|| assert!(panics(job)));
    let dropped = DROPPED_IN.lock().unwrap().clone();
    assert!(!dropped.contains(&Some(other.id())), "{dropped:?}, and not in Net#{}", own.id());
    assert_eq!(dropped.len(), 1);
}

struct Card;

impl Transfer for Card {
    type Error = std::convert::Infallible;

    fn leave(&mut self) {}

    fn join(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

#[test]
fn a_refusal_counts_for_whoever_waits() {
    let moody = Vnet::builder().name("moody").create().unwrap();
    let weak: WeakInstance<vimage::kernel::Net> = moody.downgrade();
    let waits = moody.clone();
    let asked = std::thread::spawn(move || {
        let refused = moody.shutdown();
        assert!(refused.is_err());
        // Let in by an instance that is live again.
        let mut card = Movable::new_in(&Vnet::base().unwrap(), Card).unwrap();
        card.move_to(&moody).unwrap();
        drop(moody);
        card
    });
    while ASKED.load(SeqCst) == 0 {
        std::thread::yield_now();
    }
    let destroyed = waits.destroy_within(Duration::from_secs(30));
    let card = asked.join().unwrap();
    let Err(DestroyError::Refused { instance, .. }) = destroyed else {
        panic!("it was not asked again: {destroyed:?}")
    };
    assert_eq!(ASKED.load(SeqCst), 2);
    assert_eq!(card.instance().id(), instance.id());
    REFUSES.store(false, SeqCst);
    instance.destroy_within(Duration::from_secs(30)).unwrap();
    assert!(weak.upgrade().is_none());
    assert_eq!(card.instance().id(), 0, "sent home");
}
