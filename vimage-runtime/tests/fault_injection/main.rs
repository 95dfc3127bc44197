//! A hook or a `Drop` fails or panics: each one of each stage, and whatever is made or attached is counted.
//!
//! Boot happens once per process, and is in `boot_fails.rs`.

#![cfg(feature = "vimage")]

mod movables;
#[path = "../support/mod.rs"]
mod support;
mod vimages;

use std::fmt;
use std::sync::{Mutex, MutexGuard};

use vimage::module::{RegisterError, register, unregister};
use vimage::prelude::*;
use vimage::{CreateError, DestroyError, InstanceState, ShutdownError, TeardownFailure};

/// The steps of a module, each of which a test can make fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Attach,
    Quiesce,
    Detach,
    Drop,
}
use Step::{Attach, Detach, Drop as Dropped, Quiesce};

#[derive(Clone, Copy, Debug)]
enum How {
    Fails,
    Panics,
}
use How::{Fails, Panics};

/// The step of a module that goes wrong when it comes for the `nth` time, counted from 0.
#[derive(Clone, Copy, Debug)]
struct Fault {
    step: Step,
    module: usize,
    nth: usize,
    how: How,
}

/// It says of itself who it is, to be found in the errors.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {} {:?}", self.step, NAMES[self.module], self.how)
    }
}

/// Each with how often its step has come.
static FAULTS: Mutex<Vec<(Fault, usize)>> = Mutex::new(Vec::new());
/// The steps so far: attach hooks that succeeded, all other steps that began.
static LOG: Mutex<Vec<(Step, usize)>> = Mutex::new(Vec::new());
/// The calls of the failure handler.
static REPORTED: Mutex<Vec<TeardownFailure>> = Mutex::new(Vec::new());

/// The faults are global, so the tests take turns.
fn turn() -> MutexGuard<'static, ()> {
    let turn = support::instances::turn();
    // For modules whose registration fails: in the base they keep their places for good. Only the first one can do it.
    _ = vimage::BootOptions::new().reserve(1 << 16).boot();
    vimage::boot().unwrap();
    vimage::set_failure_handler(|failure| REPORTED.lock().unwrap().push(failure.clone()));
    set([]);
    turn
}

/// The text of what an error comes from.
fn cause(error: &dyn std::error::Error) -> String {
    error.source().expect("it has a cause").to_string()
}

/// Sets the faults, and clears the log.
fn set(faults: impl IntoIterator<Item = Fault>) {
    *FAULTS.lock().unwrap() = faults.into_iter().map(|fault| (fault, 0)).collect();
    LOG.lock().unwrap().clear();
    REPORTED.lock().unwrap().clear();
}

fn log() -> Vec<(Step, usize)> {
    std::mem::take(&mut LOG.lock().unwrap())
}

fn reported() -> Vec<TeardownFailure> {
    std::mem::take(&mut REPORTED.lock().unwrap())
}

fn trip(step: Step, module: usize) -> Result<(), String> {
    let mut hit = None;
    for (fault, times) in FAULTS.lock().unwrap().iter_mut() {
        if (fault.step, fault.module) == (step, module) {
            if *times == fault.nth {
                hit = Some(*fault);
            }
            *times += 1;
        }
    }
    match hit {
        None => Ok(()),
        Some(fault @ Fault { how: Fails, .. }) => Err(fault.to_string()),
        Some(fault) => panic!("{fault}"),
    }
}

fn run(step: Step, module: usize) -> Result<(), String> {
    if step == Attach {
        trip(step, module)?;
    }
    LOG.lock().unwrap().push((step, module));
    if step == Attach { Ok(()) } else { trip(step, module) }
}

struct Counted(usize);

impl Drop for Counted {
    fn drop(&mut self) {
        run(Dropped, self.0).unwrap();
    }
}

macro_rules! modules {
    ($($declare:ident($($option:tt)*) $module:ident $number:literal;)*) => {
        $(
            #[$declare($($option)*)]
            mod $module {
                use super::{Attach, Counted, Detach, Quiesce, run};
                use vimage::prelude::*;

                #[virtualized]
                static FIRST: Counted = Counted($number);
                #[virtualized]
                static SECOND: Counted = Counted($number);

                #[attach]
                fn iattach() -> Result<(), String> {
                    // They are there, and of this module.
                    assert_eq!([V_FIRST.0, V_SECOND.0], [$number; 2]);
                    run(Attach, $number)
                }

                #[quiesce]
                fn can_go() -> Result<(), String> {
                    run(Quiesce, $number)
                }

                #[detach]
                fn idetach() {
                    assert_eq!([V_FIRST.0, V_SECOND.0], [$number; 2]);
                    run(Detach, $number).unwrap();
                }
            }
        )*
        const NAMES: &[&str] = &[$(stringify!($module)),*];
    };
}

modules! {
    vnet_module() net0 0;
    vnet_module(depends_on = "net0") net1 1;
    vnet_module(depends_on = "net1") net2 2;
    vnet_module(depends_on = "net2") net3 3;
    vnet_module(register = "manual") late 4;
    vcpu_module() cpu 5;
    vprocg_module() procg 6;
}

const LATE: usize = 4;
/// Modules of a network, where the late one is registered.
const NET: usize = 5;

/// Each of the first `modules` fails, and each panics.
fn faults(step: Step, modules: usize) -> impl Iterator<Item = Fault> {
    (0..modules).flat_map(move |module| [Fails, Panics].map(|how| Fault { step, module, nth: 0, how }))
}

/// Each one panics; both values of each, where it is about those.
fn panics(step: Step, modules: usize) -> impl Iterator<Item = Fault> {
    let times = if step == Dropped { 2 } else { 1 };
    (0..modules).flat_map(move |module| (0..times).map(move |nth| Fault { step, module, nth, how: Panics }))
}

/// Modules in the order they are attached, backwards for all other steps; two values are dropped of each.
fn steps(step: Step, modules: std::ops::Range<usize>) -> Vec<(Step, usize)> {
    let times = if step == Dropped { 2 } else { 1 };
    let forwards = modules.flat_map(|module| vec![(step, module); times]);
    if step == Attach { forwards.collect() } else { forwards.rev().collect() }
}

fn count(log: &[(Step, usize)], step: Step, module: usize) -> usize {
    log.iter().filter(|&&entry| entry == (step, module)).count()
}

/// The text of a hook's error.
fn text(fault: Fault) -> String {
    match fault.how {
        Fails => fault.to_string(),
        Panics => format!("panicked: {fault}"),
    }
}

fn assert_only_base(case: &dyn fmt::Display) {
    let all = (Vnet::all().count(), Vcpu::all().count(), Vprocg::all().count());
    assert_eq!(all, (1, 1, 1), "{case}: something is left over");
}

/// The one that is expected, and where it comes from.
fn assert_failure(failures: &[TeardownFailure], fault: Fault) {
    let [failure] = failures else { panic!("{fault}: {failures:?}") };
    // The value that was made last is dropped first.
    let variable = (fault.step == Dropped).then(|| ["V_SECOND", "V_FIRST"][fault.nth]);
    assert_eq!((failure.module, failure.variable), (Some(NAMES[fault.module]), variable), "{fault}");
    assert!(failure.message.contains(&fault.to_string()), "{failure}");
}

fn unregister_late() {
    // SAFETY: no code of it runs, and nothing of it is borrowed or held.
    unsafe { unregister("late") }.unwrap();
}

#[test]
fn creation() {
    let _turn = turn();
    register("late").unwrap();
    for fault in faults(Attach, NET) {
        set([fault]);
        let created = Vnet::builder().name("red").create();
        let Err(CreateError::Attach(error)) = created else { panic!("{fault}: {created:?}") };
        assert_eq!(error.module(), NAMES[fault.module]);
        let message = error.to_string();
        assert!(message.starts_with(&format!("module `{}` did not attach to Net#", error.module())), "{message}");
        assert!(message.ends_with(" \"red\""), "{message}");
        assert_eq!(cause(&error), text(fault));
        let attached = 0..fault.module;
        let expected = [steps(Attach, attached.clone()), steps(Detach, attached), steps(Dropped, 0..NET)].concat();
        assert_eq!(log(), expected, "{fault}");
        assert_only_base(&fault);
    }
    // The steps that undo the creation fail as well.
    for attach in faults(Attach, NET) {
        for detach in panics(Detach, attach.module).chain(panics(Dropped, NET)) {
            set([attach, detach]);
            assert!(Vnet::new().is_err());
            let log = log();
            let attached = 0..attach.module;
            let expected = [steps(Attach, attached.clone()), steps(Detach, attached), steps(Dropped, 0..NET)].concat();
            assert_eq!(log, expected, "{attach}, {detach}");
            assert_failure(&reported(), detach);
        }
    }
    set([]);
    unregister_late();
}

#[test]
fn the_end_of_an_instance_is_refused() {
    let _turn = turn();
    register("late").unwrap();
    let end = [steps(Detach, 0..NET), steps(Dropped, 0..NET)].concat();
    for fault in faults(Quiesce, NET) {
        let mut red = Vnet::new().unwrap();
        set([fault]);
        let shut = red.shutdown();
        let Err(ShutdownError::Refused { module, source }) = shut else { panic!("{fault}: {shut:?}") };
        assert_eq!((module, source.to_string()), (NAMES[fault.module], text(fault)));
        assert_eq!(red.state(), InstanceState::Live);
        assert_eq!(log(), steps(Quiesce, fault.module..NET), "{fault}: those below are not asked, none is detached");

        set([fault]);
        let destroyed = red.destroy();
        let Err(DestroyError::Refused { instance, module, source }) = destroyed else {
            panic!("{fault}: {destroyed:?}")
        };
        assert_eq!((module, source.to_string()), (NAMES[fault.module], text(fault)));
        red = instance;
        assert_eq!(red.state(), InstanceState::Live);
        assert_eq!(log(), steps(Quiesce, fault.module..NET), "{fault}");

        // No handle is left.
        set([fault]);
        drop(red);
        assert_eq!(log(), [steps(Quiesce, fault.module..NET), end.clone()].concat(), "{fault}");
        let [failure] = &reported()[..] else { panic!("{fault}: one is reported") };
        assert_eq!((failure.module, &failure.message), (Some(NAMES[fault.module]), &text(fault)));
        assert_only_base(&fault);
    }
    set([]);
    unregister_late();
}

#[test]
fn the_end_of_an_instance_panics() {
    let _turn = turn();
    register("late").unwrap();
    let end = [steps(Quiesce, 0..NET), steps(Detach, 0..NET), steps(Dropped, 0..NET)].concat();
    for fault in panics(Detach, NET).chain(panics(Dropped, NET)) {
        let red = Vnet::new().unwrap();
        set([fault]);
        let destroyed = red.destroy();
        let Err(DestroyError::Panicked(failures)) = destroyed else { panic!("{fault}: {destroyed:?}") };
        assert_failure(&failures, fault);
        assert_eq!(log(), end, "{fault}: all the others run");

        let red = Vnet::new().unwrap();
        set([fault]);
        drop(red);
        assert_failure(&reported(), fault);
        assert_eq!(log(), end, "{fault}");

        // A second panic while one unwinds would abort.
        let red = Vnet::new().unwrap();
        set([fault]);
        let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _red = red;
            panic!("on purpose");
        }));
        assert!(unwound.is_err());
        assert_failure(&reported(), fault);
        assert_eq!(log(), end, "{fault}");
        assert_only_base(&fault);
    }
    let red = Vnet::new().unwrap();
    set(panics(Detach, NET).chain(panics(Dropped, NET)));
    let Err(DestroyError::Panicked(failures)) = red.destroy() else { panic!("all panic") };
    assert_eq!((failures.len(), log()), (3 * NET, end));
    set([]);
    unregister_late();
}

#[test]
fn late_registration() {
    const INSTANCES: usize = 4;
    let _turn = turn();
    // The base comes first; then each in the order it was made.
    for nth in 0..=INSTANCES {
        for how in [Fails, Panics] {
            let fault = Fault { step: Attach, module: LATE, nth, how };
            let undone = (0..nth).map(|nth| Fault { step: Detach, module: LATE, nth, how: Panics });
            for undo in [None].into_iter().chain(undone.map(Some)) {
                let vnets: Vec<_> = (0..INSTANCES).map(|_| Vnet::new().unwrap()).collect();
                set([fault].into_iter().chain(undo));
                let registered = register("late");
                let Err(RegisterError::Attach(error)) = registered else { panic!("{fault}: {registered:?}") };
                assert_eq!(error.module(), "late");
                assert_eq!(cause(&error), text(fault));
                let expected = [vec![(Attach, LATE); nth], vec![(Detach, LATE); nth]].concat();
                assert_eq!(log(), expected, "{fault} in instance {nth}: what was attached is detached");
                match undo {
                    None => assert!(reported().is_empty()),
                    Some(undo) => assert_failure(&reported(), undo),
                }
                // One that is made now does not have it.
                Vnet::new().unwrap().destroy().unwrap();
                let made = log();
                assert_eq!((count(&made, Attach, LATE), count(&made, Dropped, LATE)), (0, 0));
                for vnet in vnets {
                    vnet.destroy().unwrap();
                    let end = log();
                    // The module is not attached, so no quiesce or detach hook runs; but its variables exist and are dropped.
                    let of_late = [Quiesce, Detach, Dropped].map(|step| count(&end, step, LATE));
                    assert_eq!(of_late, [0, 0, 2], "{fault} in instance {nth}");
                }
                assert_only_base(&fault);
            }
        }
    }
    set([]);
    register("late").unwrap();
    unregister_late();
}

#[test]
fn the_end_of_a_late_module() {
    let _turn = turn();
    let end = [(Quiesce, LATE), (Detach, LATE), (Dropped, LATE), (Dropped, LATE)];
    let all = faults(Quiesce, NET).chain(panics(Detach, NET)).chain(panics(Dropped, NET));
    for fault in all.filter(|fault| fault.module == LATE) {
        set([]);
        register("late").unwrap();
        assert_eq!(log(), [(Attach, LATE)], "in the base, which is the only one");
        set([fault]);
        if fault.step == Quiesce {
            // SAFETY: as in `unregister_late`.
            let refused = unsafe { unregister("late") };
            let Err(RegisterError::Refused { module, source }) = refused else { panic!("{fault}: {refused:?}") };
            assert_eq!((module, source.to_string()), ("late", text(fault)));
            assert_eq!(log(), [(Quiesce, LATE)], "{fault}: it stays as it was");
            unregister_late();
            assert_eq!(log(), end, "{fault}");
        } else {
            unregister_late();
            assert_eq!(log(), end, "{fault}");
            assert_failure(&reported(), fault);
        }
    }
}
