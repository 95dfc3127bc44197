//! Attach and detach: order, failure at each position, panics, and what is left over.

#![cfg(feature = "vimage")]

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use vimage::prelude::*;
use vimage::{Arguments, CreateError, DestroyError, State};

/// What happened, in the order it happened.
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// How many values of instances were dropped.
static DROPPED: AtomicUsize = AtomicUsize::new(0);

/// The tests of this file look at what is global, so they take turns.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    vimage::boot().unwrap();
    LOG.lock().unwrap().clear();
    DROPPED.store(0, Relaxed);
    turn
}

fn log() -> Vec<String> {
    std::mem::take(&mut LOG.lock().unwrap())
}

/// What the creator tells the hooks of one instance to do.
#[derive(Clone, Copy, Debug)]
enum Fail {
    Return(usize),
    Panic(usize),
}

/// Which detach hooks panic.
struct PanicInDetach(Vec<usize>);

fn attach(number: usize, arguments: &Arguments) -> Result<(), String> {
    match arguments.get() {
        Some(Fail::Return(n)) if *n == number => return Err(format!("{number} does not want to")),
        Some(Fail::Panic(n)) if *n == number => panic!("{number} cannot"),
        _ => {}
    }
    LOG.lock().unwrap().push(format!("attach {number}"));
    Ok(())
}

fn detach(number: usize) {
    LOG.lock().unwrap().push(format!("detach {number}"));
    // No handle can be made, so nothing can hold on to an instance that is going.
    assert!(Vnet::current().is_none());
}

/// A value that counts how often it is dropped.
pub struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Relaxed);
    }
}

/// The modules 0 to 4; each depends on the one before and has two values.
macro_rules! modules {
    ($($module:ident $number:literal ($($needs:literal)?);)*) => {
        $(
            #[vnet_module($(depends_on = $needs)?)]
            mod $module {
                use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
                use vimage::Arguments;
                use vimage::prelude::*;
                use super::{Counted, PanicInDetach};

                #[virtualized]
                static FIRST: Counted = Counted;
                #[virtualized]
                static SECOND: [Counted; 1] = [Counted];
                #[virtualized]
                static PANICS: AtomicBool = AtomicBool::new(false);

                #[attach]
                fn iattach(arguments: &Arguments) -> Result<(), String> {
                    if let Some(PanicInDetach(numbers)) = arguments.get() {
                        V_PANICS.store(numbers.contains(&$number), Relaxed);
                    }
                    // They are there, and of this instance.
                    let _: (&Counted, &[Counted]) = (&V_FIRST, &V_SECOND);
                    super::attach($number, arguments)
                }

                #[detach]
                fn idetach() {
                    super::detach($number);
                    assert!(!V_PANICS.load(Relaxed), "detach {} was told to panic", $number);
                }
            }
        )*
    };
}

modules! {
    four 4 ("three");
    two 2 ("one");
    zero 0 ();
    three 3 ("two");
    one 1 ("zero");
}

const MODULES: usize = 5;
const VALUES: usize = 2 * MODULES;

fn numbered(what: &str, numbers: impl Iterator<Item = usize>) -> Vec<String> {
    numbers.map(|number| format!("{what} {number}")).collect()
}

#[test]
fn attach_follows_dependencies_and_detach_comes_back() {
    let _turn = turn();
    let vnet = Vnet::new().unwrap();
    assert_eq!(log(), numbered("attach", 0..MODULES));
    assert_eq!(vnet.state(), State::Live);
    vnet.destroy().unwrap();
    assert_eq!(log(), numbered("detach", (0..MODULES).rev()));
    assert_eq!(DROPPED.load(Relaxed), VALUES);
}

#[test]
fn a_hook_that_fails_at_any_position_leaves_nothing() {
    let _turn = turn();
    let live: Vec<_> = Vnet::all().map(|vnet| vnet.id()).collect();
    for position in 0..MODULES {
        for (fail, text) in [
            (Fail::Return(position), format!("{position} does not want to")),
            (Fail::Panic(position), format!("panicked: {position} cannot")),
        ] {
            DROPPED.store(0, Relaxed);
            let error = Vnet::builder().name("red").arg(fail).create().unwrap_err();

            let CreateError::Attach(error) = error else { panic!("{error}") };
            assert_eq!(error.module(), ["zero", "one", "two", "three", "four"][position]);
            let message = error.to_string();
            assert!(message.starts_with(&format!("module `{}` did not attach to Net#", error.module())), "{message}");
            assert!(message.ends_with(&format!(" \"red\": {text}")), "{message}");

            let attached = numbered("attach", 0..position);
            let detached = numbered("detach", (0..position).rev());
            assert_eq!(log(), [attached, detached].concat(), "{fail:?}");
            assert_eq!(DROPPED.load(Relaxed), VALUES, "{fail:?}");
            assert_eq!(Vnet::all().map(|vnet| vnet.id()).collect::<Vec<_>>(), live, "{fail:?}");
        }
    }
}

#[test]
fn a_detach_hook_that_panics_does_not_stop_the_others() {
    let _turn = turn();
    let vnet = Vnet::builder().name("red").arg(PanicInDetach(vec![1, 3])).create().unwrap();
    log();
    let Err(DestroyError::Panicked(failures)) = vnet.destroy() else { panic!("two hooks panic") };
    assert_eq!(failures.iter().map(|failure| failure.module.unwrap()).collect::<Vec<_>>(), ["three", "one"]);
    assert_eq!(failures[0].message, "detach 3 was told to panic");
    assert_eq!(log(), numbered("detach", (0..MODULES).rev()));
    assert_eq!(DROPPED.load(Relaxed), VALUES);
}

#[test]
fn the_last_handle_reports_to_the_handler() {
    let _turn = turn();
    static REPORTED: Mutex<Vec<String>> = Mutex::new(Vec::new());
    vimage::set_failure_handler(|failure| REPORTED.lock().unwrap().push(failure.to_string()));
    let vnet = Vnet::builder().name("red").arg(PanicInDetach(vec![2])).create().unwrap();
    let id = vnet.id();
    drop(vnet);
    assert_eq!(
        *REPORTED.lock().unwrap(),
        [format!("Net#{id} \"red\": the detach hook of module `two` panicked: detach 2 was told to panic")]
    );
    assert_eq!(DROPPED.load(Relaxed), VALUES);
}

#[test]
fn the_last_handle_may_go_while_a_panic_unwinds() {
    let _turn = turn();
    let vnet = Vnet::builder().arg(PanicInDetach(vec![2])).create().unwrap();
    log();
    let unwound = std::panic::catch_unwind(move || {
        let _vnet = vnet;
        panic!("on purpose");
    });
    assert!(unwound.is_err());
    assert_eq!(log(), numbered("detach", (0..MODULES).rev()));
    assert_eq!(DROPPED.load(Relaxed), VALUES);
}

#[test]
fn arguments_are_found_by_type() {
    let _turn = turn();
    let vnet = Vnet::builder().arg(7_u8).arg(8_u8).arg("text").create().unwrap();
    vnet.destroy().unwrap();
}
