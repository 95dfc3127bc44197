//! Models of the protocols between threads, run by the checker [`shuttle`] over many interleavings: `cargo xtask models`.
//!
//! They run the code that ships; only the primitives of [`sync`](crate::sync) are the checker's. Here are those of the life of
//! instances. Each execution has a class of its own. At its end only the base instance exists, and the counts agree:
//! attached = detached, constructed = dropped. `cargo xtask deep broken` breaks each protocol, and the model has to fail.
//!
//! The checker runs one thread at a time, so it finds wrong orders of steps; orderings that are too weak are for Miri and the
//! thread sanitizer.
//!
//! | protocol | where | models |
//! |---|---|---|
//! | handles, the last one, those that wait for it | `core/count.rs`, `core/handle.rs`, `core/teardown.rs` | `handles` |
//! | the clones of a vimage | `core/count.rs`, `core/teardown.rs` | `handles` |
//! | slots that are used again, the index, the look-up of ids | `core/slot.rs`, `core/index.rs`, `core/class_state.rs` | `handles` |
//! | phases, observers, refusals | `core/phase.rs`, `core/header.rs`, `core/observers.rs` | `observers` |
//! | modules that come and go, the users of one | `core/dynamic.rs`, `core/added.rs` | `registration` |
//! | boot, once | `boot/once.rs` | `boot/models.rs` |
//! | tables that readers outside of the process find | `export/current.rs` | `export/models.rs` |
//! | a sysctl that was looked up once | `sysctl/seen.rs` | `sysctl/models.rs` |
//! | lent values | `carry/movable/shared.rs` | `carry/movable/models.rs` |
//! | links | `link/queue.rs`, `link/blocking.rs` | `link/models.rs` |
//!
//! What else is atomic is one word that stands for itself: the offset of a part and the state of a class, which are stored
//! after what they lead to; the list of chunks, which only grows; whether there are other classes, or a subscriber; the counts
//! of the introspection server. Tables of names are made and read under a lock.

mod handles;
mod observers;
mod registration;

use std::mem::ManuallyDrop;
use std::sync::{Mutex, OnceLock, PoisonError};
// Counters are not part of the model.
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use shuttle::thread;

use crate::core::Handle;
use crate::core::class_state::ClassState;
use crate::core::create::{add, attach};
use crate::core::teardown::{self, Stays};
use crate::error::AttachError;
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
