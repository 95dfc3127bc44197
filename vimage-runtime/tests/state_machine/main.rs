//! Random operations on instances and all that refers to them, by several threads, against a simple model.
//!
//! The model is a table that a single thread changes (`model.rs`). It says for each operation what it returns, which hooks,
//! steps and drops run, in which order and in which instance, and what is reported. In about each fifth operation a hook or
//! a `Drop` fails or panics. The threads take turns, so that each run can be repeated: a failure prints the seed and the
//! steps that are left when those without which it fails too are taken away.
//!
//! Then threads do the same side by side (`parallel.rs`), where only what always holds is checked.
//!
//! `PROPTEST_CASES` is the number of cases, `VIMAGE_STATES_STEPS` that of the steps of each thread in the second test,
//! `VIMAGE_STATES_SEED` the seed of both; `cargo xtask deep states` runs more of them.

#![cfg(feature = "vimage")]

mod model;
mod modules;
mod ops;
mod parallel;
#[path = "../support/mod.rs"]
mod support;
mod threads;
mod world;

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};

use model::Model;
use modules::{ON_PURPOSE, Tag, lower};
use ops::{Op, RawStep};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use threads::Threads;
use vimage::prelude::*;
use world::World;

const CASES: u64 = 150;
/// What so many cases must come across, or they test less than they seem to.
const EXPECTED: [&str; 24] = [
    "Create Attach",
    "Destroy ok",
    "Destroy Busy",
    "Destroy Refused",
    "Destroy Panicked",
    "Shutdown Refused",
    "Find false",
    "Upgrade false",
    "Upgrade true",
    "Register ok",
    "Register Attach",
    "Unregister ok",
    "Unregister InUse",
    "Unregister Refused",
    "MoveTo ok",
    "MoveTo Join",
    "MoveTo Refused",
    "MoveTo Stranded",
    "MoveTo panicked",
    "Link refused",
    "Send Closed",
    "Receive Closed",
    "Call not",
    "LeavePanicking panicked",
];
/// The steps of a case at most.
const MOST_STEPS: usize = 200;

static STEPS: AtomicUsize = AtomicUsize::new(0);
static FAILED_REGISTRATIONS: AtomicUsize = AtomicUsize::new(0);

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// Runs without printing the panics whose text has one of these words.
fn without<R>(words: &'static [&'static str], run: impl FnOnce() -> R) -> R {
    let print = Arc::new(std::panic::take_hook());
    let before = Arc::clone(&print);
    std::panic::set_hook(Box::new(move |panic| {
        let payload = panic.payload();
        let owned = payload.downcast_ref::<String>().map(String::as_str);
        let text = owned.or(payload.downcast_ref::<&str>().copied()).unwrap_or_default();
        if !words.iter().any(|word| text.contains(word)) {
            print(panic);
        }
    }));
    let done = run();
    std::panic::set_hook(Box::new(move |panic| before(panic)));
    done
}

fn seed() -> u64 {
    number("VIMAGE_STATES_SEED", 1)
}

/// What both tests do first. They take turns, because they look at all instances.
fn begin() -> MutexGuard<'static, ()> {
    let turn = support::instances::turn();
    _ = vimage::BootOptions::new().reserve(1 << 16).boot();
    modules::listen();
    turn
}

#[test]
fn threads_side_by_side_leave_nothing() {
    let _turn = begin();
    let (seed, steps) = (seed(), number("VIMAGE_STATES_STEPS", 2_000));
    println!("seed {seed}: {steps} steps of each thread");
    support::instances::in_time(move || without(&[ON_PURPOSE, "cannot be entered"], || parallel::run(seed, steps)));
}

#[test]
fn the_runtime_does_what_the_model_does() {
    let _turn = begin();
    let (seed, cases) = (seed(), number("PROPTEST_CASES", CASES));
    let config = Config {
        cases: u32::try_from(cases).unwrap(),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let case = |steps: Vec<RawStep>| catch_unwind(AssertUnwindSafe(|| run(&steps))).map_err(failed);
    // Also those of a case that fails, again and again while it is made shorter: the error has the last one.
    let done = without(&[""], || TestRunner::new_with_rng(config, rng).run(&ops::steps(MOST_STEPS), case));
    println!("seed {seed}: {} steps in {cases} cases", STEPS.load(Relaxed));
    if let Err(error) = done {
        panic!("VIMAGE_STATES_SEED={seed} PROPTEST_CASES={cases}: {error}");
    }
    let seen = SEEN.lock().unwrap();
    for (what, count) in &*seen {
        println!("{count:>8} {what}");
    }
    let missing: Vec<_> = EXPECTED.iter().filter(|what| !seen.contains_key(**what)).collect();
    assert!(cases < CASES || missing.is_empty(), "none of {cases} cases has {missing:?}");
}

fn failed(panic: Box<dyn Any + Send>) -> TestCaseError {
    let text = panic.downcast_ref::<String>().cloned();
    TestCaseError::fail(text.unwrap_or_else(|| "a panic without a text".to_owned()))
}

/// A case: the steps, then everything is released.
fn run(steps: &[RawStep]) {
    thread_local! {
        static VALUES: Cell<u64> = const { Cell::new(0) };
    }
    // A case that failed has left something. The shorter ones start anew as well as they can.
    modules::set_faults(Vec::new());
    // Registered once more, because a registration that failed has left variables in the base instance.
    _ = vimage::module::register("late");
    // SAFETY: nothing of the module is used between cases.
    _ = unsafe { vimage::module::unregister("late") };
    lower::V_VALUE.of(&Vnet::base().unwrap()).store(0, Relaxed);
    let next = Vnet::new().unwrap().id() + 1;
    _ = (modules::events(), modules::reports());
    let values = VALUES.get();
    let mut case = Case {
        model: Model::new(next, values, FAILED_REGISTRATIONS.load(Relaxed)),
        threads: Threads::start(World::new(values)),
        done: Vec::new(),
    };
    let done = catch_unwind(AssertUnwindSafe(|| {
        for raw in steps {
            STEPS.fetch_add(1, Relaxed);
            let op = case.model.resolve(raw);
            case.step(raw.thread, op, raw);
        }
        case.release_all();
    }));
    VALUES.set(case.model.values());
    FAILED_REGISTRATIONS.store(case.model.failed_registrations, Relaxed);
    case.threads.stop();
    if let Err(panic) = done {
        let text = panic.downcast_ref::<String>().map_or("a panic without a text", String::as_str);
        panic!("{text}\nall operations:\n{}", case.done.join("\n"));
    }
    assert_eq!(modules::values(), 0, "values that were made and not dropped");
}

/// How often each operation had each outcome, and each step was taken, or went wrong.
static SEEN: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

fn seen(op: Op, outcome: &str, events: &[modules::Event]) {
    let first = |text: &str| text.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_owned();
    let of_op = format!("{} {}", first(&format!("{op:?}")), first(outcome));
    let of_events = events.iter().map(|event| format!("{:?} of {}", event.step, event.what));
    let mut seen = SEEN.lock().unwrap();
    of_events.chain([of_op]).for_each(|key| *seen.entry(key).or_default() += 1);
}

struct Case {
    model: Model,
    threads: Threads,
    done: Vec<String>,
}

impl Case {
    fn step(&mut self, thread: usize, op: Op, raw: &RawStep) {
        let faults: Vec<_> = raw.faults.iter().filter_map(|fault| fault.aim(op)).collect();
        modules::set_faults(faults.clone());
        let what = || format!("{op:?} by thread {thread} with {faults:?}");
        self.done.push(what());
        let expected = self.model.apply(thread, op, faults.clone());
        let returned = self.threads.execute(thread, op);
        modules::set_faults(Vec::new());
        seen(op, &expected, &self.model.events);
        assert_eq!(modules::events(), std::mem::take(&mut self.model.events), "the steps of {}", what());
        assert_eq!(returned, expected, "the result of {}", what());
        assert_eq!(modules::reports(), std::mem::take(&mut self.model.reports), "the reports of {}", what());
        let live: Vec<Vnet> = Vnet::all().collect();
        assert_eq!(live.iter().map(Vnet::id).collect::<Vec<_>>(), self.model.live(), "the instances after {}", what());
        for vnet in &live {
            let tag: &Tag = lower::V_TAG.of(vnet);
            assert_eq!(tag.instance.load(Relaxed), vnet.id());
            assert_eq!(lower::V_VALUE.of(vnet).load(Relaxed), self.model.value_of(vnet.id()), "after {}", what());
        }
    }

    fn release_all(&mut self) {
        while let Some((thread, op)) = self.model.next_release() {
            let raw = RawStep { thread, kind: 0, first: 0, second: 0, faults: Vec::new() };
            self.step(thread, op, &raw);
        }
        assert_eq!(self.model.ids(), [model::BASE], "all instances are destroyed");
    }
}
