//! Models of the life of instances, run by the checker [`shuttle`] over many interleavings: `cargo xtask models`.
//!
//! They run the code that ships; only the primitives of [`sync`](crate::sync) are the checker's. Each execution has a class of
//! its own. At its end only the base instance exists, and the counts agree: attached = detached, constructed = dropped.

use std::mem::ManuallyDrop;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
// Counters are not part of the model.
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use shuttle::thread;

use crate::core::class_state::{ClassState, hold};
use crate::core::create::{add, attach};
use crate::core::dynamic::{register_in, unregister_in};
use crate::core::observers::Observer;
use crate::core::teardown::{self, Stays, shut_down};
use crate::core::{Handle, Phase};
use crate::error::{AttachError, RegisterError};
use crate::layout::{LinkedModule, OrderedClass};
use crate::registry::{
    Arguments, BoxError, Class, ClassEntry, FieldEntry, Hooks, Module, ModuleEntry, Net, NoContext, PartEntry,
    Register, Template,
};
use crate::storage::{Part, field};

const ITERATIONS: usize = 5_000;

static ATTACHED: AtomicUsize = AtomicUsize::new(0);
static DETACHED: AtomicUsize = AtomicUsize::new(0);
static DROPPED: AtomicUsize = AtomicUsize::new(0);
/// Instances whose creation failed after the variables of a run-time module were made in them.
static FAILED_WITH_ADDED: AtomicUsize = AtomicUsize::new(0);
/// The number of attach hooks of the flaky module that will succeed.
static SUCCEED: AtomicUsize = AtomicUsize::new(0);

/// Makes quiesce hooks refuse.
static REFUSE: AtomicBool = AtomicBool::new(false);

/// Counts its drops. Its constructions are the instances that were made.
struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Relaxed);
    }
}

enum Marker {}
static MARKER: ModuleEntry =
    ModuleEntry::new::<Net>("marker", "models::marker", file!(), line!(), Register::Boot, &[], Hooks::default);
// SAFETY: the entry is of class `Net` and used for this type only.
unsafe impl Module for Marker {
    type Class = Net;
    const ENTRY: &'static ModuleEntry = &MARKER;
    type Dependencies = ();
}

static TEMPLATE: Template<Counted> = Template::new(Counted);
const FIELDS: &[FieldEntry] =
    &[field::Scoped::<Counted, Counted>("V_COUNTED", 0, |counted| (&raw const *counted).cast())];
// SAFETY: there is one field, at offset 0, and none is kept.
static BOOT_PART: Part<Counted> = unsafe { Part::new::<Marker>(&TEMPLATE, FIELDS) };
// SAFETY: as above.
static ADDED_PART: Part<Counted> = unsafe { Part::new::<Marker>(&TEMPLATE, FIELDS) };

fn count_attach(_: &Arguments) -> Result<(), BoxError> {
    thread::yield_now();
    ATTACHED.fetch_add(1, Relaxed);
    Ok(())
}

fn flaky_attach(arguments: &Arguments) -> Result<(), BoxError> {
    thread::yield_now();
    SUCCEED.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).map_err(|_| "no more")?;
    count_attach(arguments)
}

fn count_detach() {
    thread::yield_now();
    DETACHED.fetch_add(1, Relaxed);
}

fn module(class: &'static ClassEntry, name: &'static str, part: &'static PartEntry) -> LinkedModule {
    let mut entry = ModuleEntry::new::<Net>(name, "models", file!(), line!(), Register::Manual, &[], Hooks::default);
    entry.class = class;
    LinkedModule {
        entry: Box::leak(Box::new(entry)),
        attach: Some(count_attach),
        quiesce: Some(|| {
            thread::yield_now();
            if REFUSE.load(Relaxed) { Err("it refuses".into()) } else { Ok(()) }
        }),
        detach: Some(count_detach),
        parts: vec![part],
    }
}

/// A class that is laid out, with a base instance, for one execution.
fn world() -> &'static ClassEntry {
    world_of(Box::leak(Box::new(ClassEntry {
        name: "Model",
        path: "models",
        no_context: NoContext::Panic,
        context: Net::CONTEXT,
        state: AtomicPtr::default(),
        base: OnceLock::new(),
    })))
}

/// The same with a class that types can name.
pub(crate) fn world_of(class: &'static ClassEntry) -> &'static ClassEntry {
    for count in [&ATTACHED, &DETACHED, &DROPPED, &FAILED_WITH_ADDED] {
        count.store(0, Relaxed);
    }
    let modules = vec![module(class, "boot", BOOT_PART.entry())];
    let state = ClassState::lay_out(OrderedClass { class, modules, manual: Vec::new() }, 256).unwrap();
    // SAFETY: all instances are made later, with this layout.
    unsafe { BOOT_PART.entry().publish(state.parts[0].1) };
    class.set_anew(state, |class| make(class).unwrap());
    class
}

pub(crate) fn make(class: &'static ClassEntry) -> Result<Handle, AttachError> {
    let handle = add(class, class.laid_out(), 0, None);
    attach(&handle, &Arguments::default())
        .inspect_err(|_| _ = FAILED_WITH_ADDED.fetch_add(handle.header().lock().parts.len(), Relaxed))?;
    Ok(handle)
}

fn destroy_until(handle: Handle, deadline: Option<Instant>) -> Result<(), (Handle, Stays)> {
    let handle = ManuallyDrop::new(handle);
    // SAFETY: the handle is forgotten if this is `Ok`.
    match unsafe { teardown::destroy_one(&handle, deadline) } {
        Ok(failures) => {
            assert!(failures.is_empty());
            Ok(())
        }
        Err(stays) => Err((ManuallyDrop::into_inner(handle), stays)),
    }
}

/// So far off that only a wake-up can end the wait.
fn never() -> Option<Instant> {
    Some(Instant::now() + Duration::from_secs(100_000))
}

pub(crate) fn destroy(handle: Handle) -> Result<(), Handle> {
    match destroy_until(handle, None) {
        Ok(()) => Ok(()),
        Err((handle, Stays::Busy)) => Err(handle),
        Err((_, Stays::Refused(_))) => unreachable!("no module of this model refuses"),
    }
}

/// All but the base has ended. `added` is in how many of the ended instances the variables of a run-time module were made.
pub(crate) fn end_of_world(class: &'static ClassEntry, added: usize) {
    let state = class.laid_out();
    let (left, made) = {
        let live = state.live();
        (live.tree.all(), usize::try_from(live.tree.ids()).unwrap())
    };
    assert_eq!(left, [0], "only the base is left");
    let in_base = 1 + state.base_handle().header().lock().attached.len();
    assert_eq!(ATTACHED.load(Relaxed), DETACHED.load(Relaxed) + in_base, "attached = detached");
    assert_eq!(made - 1 + added, DROPPED.load(Relaxed), "constructed = dropped");
}

pub(crate) fn check(model: fn()) {
    // The counts and the parts are those of the process.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    shuttle::check_random(model, ITERATIONS);
    shuttle::check_pct(model, ITERATIONS, 4);
}

fn register(class: &'static ClassEntry, flaky: bool) -> Result<(), RegisterError> {
    let mut added = module(class, "added", ADDED_PART.entry());
    if flaky {
        added.attach = Some(flaky_attach);
    }
    register_in(class.laid_out(), added)
}

/// Whether the run-time module is attached to an instance.
fn has_added(handle: &Handle) -> bool {
    handle.header().lock().attached.len() == 1
}

#[test]
fn create_and_register() {
    check(|| {
        let class = world();
        let old = make(class).unwrap();
        let creator = thread::spawn(move || make(class).unwrap());
        let registrar = thread::spawn(move || register(class, false).unwrap());
        let new = creator.join().unwrap();
        registrar.join().unwrap();
        // None is missed, whoever was first.
        assert!(has_added(&old) && has_added(&new) && has_added(class.laid_out().base_handle()));
        destroy(old).unwrap();
        destroy(new).unwrap();
        end_of_world(class, 2);
    });
}

/// The module is unregistered while an instance is made: the instance has it as long as it exists, or never had it.
#[test]
fn create_and_unregister() {
    check(|| {
        let class = world();
        register(class, false).unwrap();
        let creator = thread::spawn(move || make(class).unwrap());
        // SAFETY: no code uses its variables.
        let unregistered = unsafe { unregister_in(class.laid_out(), |module| module.name == "added") };
        let unregistered = unregistered.expect("it is registered").is_ok();
        let new = creator.join().unwrap();
        assert_eq!(has_added(&new), !unregistered, "in all of them or in none");
        assert_eq!(has_added(class.laid_out().base_handle()), !unregistered);
        let added = new.header().lock().parts.len() + usize::from(unregistered);
        destroy(new).unwrap();
        end_of_world(class, added);
    });
}

#[test]
fn create_and_a_registration_that_fails() {
    static ROUND: AtomicUsize = AtomicUsize::new(0);
    check(|| {
        SUCCEED.store(ROUND.fetch_add(1, Relaxed) % 4, Relaxed);
        let class = world();
        let old = make(class).unwrap();
        let creator = thread::spawn(move || make(class));
        let registrar = thread::spawn(move || register(class, true));
        let new = creator.join().unwrap();
        let registered = registrar.join().unwrap();
        let holders = [Some(&old), new.as_ref().ok(), Some(class.laid_out().base_handle())];
        let attached: Vec<bool> = holders.into_iter().flatten().map(has_added).collect();
        assert!(attached.iter().all(|has| *has == registered.is_ok()), "in all of them or in none: {attached:?}");
        let live: Vec<Handle> = new.into_iter().chain([old]).collect();
        // A creation that failed had them as well, if it came before the module lost its place.
        let failed = FAILED_WITH_ADDED.swap(0, Relaxed);
        let added = failed + live.iter().map(|handle| handle.header().lock().parts.len()).sum::<usize>();
        live.into_iter().for_each(|handle| destroy(handle).unwrap());
        end_of_world(class, added);
    });
}

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
