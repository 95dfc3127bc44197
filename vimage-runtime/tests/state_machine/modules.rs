//! The modules and values under test. Each step of theirs is noted, and can be made to fail.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use vimage::Transfer;
use vimage::prelude::*;

use crate::support::random::Random;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Attach,
    Quiesce,
    Detach,
    Drop,
    Leave,
    Join,
}

/// A step that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub step: Step,
    /// The module, or the kind of value.
    pub what: &'static str,
    /// The instance that a variable of a module was attached to, or [`NEVER`]; the number of a value.
    pub number: u64,
    /// The current instance.
    pub place: Option<u64>,
}

/// The step that goes wrong, when it was taken `nth` times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub step: Step,
    pub what: &'static str,
    pub nth: u8,
    pub panics: bool,
}

/// How a step goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trip {
    Fails,
    Panics,
}

impl Fault {
    /// Counts a step; tells how it goes wrong, if it does.
    pub fn trip(faults: &mut Vec<Self>, step: Step, what: &'static str) -> Option<Trip> {
        let position = faults.iter().position(|fault| (fault.step, fault.what) == (step, what))?;
        match faults[position].nth {
            0 => Some(if faults.remove(position).panics { Trip::Panics } else { Trip::Fails }),
            _ => {
                faults[position].nth -= 1;
                None
            }
        }
    }
}

pub const MODULES: [&str; 3] = ["lower", "upper", "late"];
/// The instance of a variable whose module was not attached.
pub const NEVER: u64 = u64::MAX;
pub const ON_PURPOSE: &str = "on purpose";

static LOG: Mutex<Vec<Event>> = Mutex::new(Vec::new());
static FAULTS: Mutex<Vec<Fault>> = Mutex::new(Vec::new());
static REPORTS: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// The values and messages that exist.
static VALUES: AtomicU64 = AtomicU64::new(0);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn set_faults(faults: Vec<Fault>) {
    *lock(&FAULTS) = faults;
}

/// Everything since the last call.
pub fn events() -> Vec<Event> {
    std::mem::take(&mut lock(&LOG))
}

/// The calls of the failure handler since the last call of this function.
pub fn reports() -> Vec<String> {
    std::mem::take(&mut lock(&REPORTS))
}

pub fn values() -> u64 {
    VALUES.load(Relaxed)
}

/// The fields of a failure that a model can know.
pub fn described(failure: &vimage::TeardownFailure) -> String {
    format!("{} {:?} {:?}", failure.instance, failure.module, failure.variable)
}

pub fn listen() {
    vimage::set_failure_handler(|failure| lock(&REPORTS).push(described(failure)));
}

pub fn current() -> Option<u64> {
    Vnet::current().map(|vnet| vnet.id())
}

/// Set while threads run side by side: then steps are counted, and fail at random.
static COUNT_INSTEAD: AtomicBool = AtomicBool::new(false);
static COUNTS: Mutex<BTreeMap<(Step, &str), u64>> = Mutex::new(BTreeMap::new());

thread_local! {
    static RANDOM: RefCell<Option<Random>> = const { RefCell::new(None) };
}

pub fn count_instead(count: bool) {
    COUNT_INSTEAD.store(count, Relaxed);
    lock(&COUNTS).clear();
}

/// From now on each twentieth step of this thread fails; none with the seed 0.
pub fn fail_at_random(seed: u64) {
    RANDOM.set((seed != 0).then_some(Random(seed)));
}

/// The attach hooks that succeeded, the detach hooks that ran, the drops of variables that were attached.
pub fn counted(step: Step, what: &'static str) -> u64 {
    lock(&COUNTS).get(&(step, what)).copied().unwrap_or_default()
}

fn is_unlucky() -> bool {
    // The table of the thread may be dropped already.
    RANDOM.try_with(|random| random.borrow_mut().as_mut().is_some_and(|random| random.below(20) == 0)).unwrap_or(false)
}

fn take_step(step: Step, what: &'static str, number: u64) -> Result<(), String> {
    let trip = if COUNT_INSTEAD.load(Relaxed) {
        // The threads drop messages and closures themselves, where a panic would be theirs.
        let may_fail = MODULES.contains(&what) || what == "movable";
        let trip = (may_fail && is_unlucky()).then_some(Trip::Fails);
        let is_counted = match step {
            Step::Attach => trip.is_none(),
            Step::Drop => number != NEVER,
            _ => true,
        };
        *lock(&COUNTS).entry((step, what)).or_default() += u64::from(is_counted);
        trip
    } else {
        lock(&LOG).push(Event { step, what, number, place: current() });
        Fault::trip(&mut lock(&FAULTS), step, what)
    };
    match trip {
        None => Ok(()),
        Some(Trip::Fails) if step != Step::Drop => Err(ON_PURPOSE.to_owned()),
        Some(_) => panic!("{ON_PURPOSE}"),
    }
}

/// A variable: knows the instance that its module was attached to.
pub struct Tag {
    pub instance: AtomicU64,
    module: &'static str,
}

impl Tag {
    pub const fn of(module: &'static str) -> Self {
        Self { instance: AtomicU64::new(NEVER), module }
    }
}

impl Drop for Tag {
    fn drop(&mut self) {
        take_step(Step::Drop, self.module, *self.instance.get_mut()).unwrap();
    }
}

/// A value that travels, as a message, in a closure, bound or lent.
pub struct Value {
    pub number: u64,
    kind: &'static str,
}

impl Value {
    pub fn new(kind: &'static str, number: u64) -> Self {
        VALUES.fetch_add(1, Relaxed);
        Self { number, kind }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        VALUES.fetch_sub(1, Relaxed);
        take_step(Step::Drop, self.kind, self.number).unwrap();
    }
}

impl Transfer for Value {
    type Error = String;

    fn leave(&mut self) {
        // It cannot refuse.
        take_step(Step::Leave, self.kind, self.number).unwrap_or_else(|error| panic!("{error}"));
    }

    fn join(&mut self) -> Result<(), String> {
        take_step(Step::Join, self.kind, self.number)
    }
}

macro_rules! module {
    ($(#[$attribute:meta])* mod $module:ident { $($more:item)* }) => {
        $(#[$attribute])*
        pub mod $module {
            use super::{Step, Tag, take_step};
            use std::sync::atomic::Ordering::Relaxed;
            use vimage::prelude::*;

            #[virtualized]
            pub static TAG: Tag = Tag::of(stringify!($module));
            $($more)*

            fn id() -> u64 {
                super::current().expect("hooks run in their instance")
            }

            #[attach]
            fn iattach() -> Result<(), String> {
                take_step(Step::Attach, stringify!($module), id())?;
                V_TAG.instance.store(id(), Relaxed);
                Ok(())
            }

            #[quiesce]
            fn can_go() -> Result<(), String> {
                assert_eq!(V_TAG.instance.load(Relaxed), id());
                take_step(Step::Quiesce, stringify!($module), id())
            }

            #[detach]
            fn idetach() {
                // Of an instance that is destroyed no handle can be made any more, so `id` would find none.
                take_step(Step::Detach, stringify!($module), V_TAG.instance.load(Relaxed)).unwrap();
            }
        }
    };
}

module! {
    #[vnet_module]
    mod lower {
        #[virtualized(sysctl("state.value", rw, tunable))]
        pub static VALUE: super::AtomicU64 = super::AtomicU64::new(0);
        /// Handles to other instances.
        #[virtualized]
        pub static STASH: std::sync::Mutex<Vec<Vnet>> = std::sync::Mutex::new(Vec::new());

        /// The instance that the current one was attached as.
        pub fn tag() -> u64 {
            V_TAG.instance.load(Relaxed)
        }
    }
}
module! {
    #[vnet_module(depends_on = "lower")]
    mod upper {}
}
module! {
    #[vnet_module(register = "manual", depends_on = "upper")]
    mod late {
        #[virtualized(sysctl("state.late", rw))]
        pub static VALUE: super::AtomicU64 = super::AtomicU64::new(0);
    }
}
