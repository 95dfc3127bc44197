//! Attach and detach: order, arguments, and what a hook that panics is reported as. What fails where is in
//! `fault_injection/`.

#![cfg(feature = "vimage")]

mod support;

use std::sync::MutexGuard;

use support::drops::drops;
use support::log::{log, note};
use support::reports;
use vimage::InstanceState;
use vimage::prelude::*;

/// The tests of this file look at what is global, so they take turns.
fn turn() -> MutexGuard<'static, ()> {
    let turn = support::instances::turn();
    vimage::boot().unwrap();
    log();
    drops();
    turn
}

/// Which detach hooks panic.
struct PanicInDetach(Vec<usize>);

fn attach(number: usize) {
    note(format!("attach {number}"));
}

fn detach(number: usize) {
    note(format!("detach {number}"));
    // No handle can be made, so a detach hook cannot keep its instance.
    assert!(Vnet::current().is_none());
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
                use super::PanicInDetach;
                use super::support::drops::Counted;

                #[virtualized]
                static FIRST: Counted = Counted;
                #[virtualized]
                static SECOND: [Counted; 1] = [Counted];
                #[virtualized]
                static PANICS: AtomicBool = AtomicBool::new(false);

                #[attach]
                fn iattach(arguments: &Arguments) {
                    if let Some(PanicInDetach(numbers)) = arguments.get() {
                        V_PANICS.store(numbers.contains(&$number), Relaxed);
                    }
                    // They are there, and of this instance.
                    let _: (&Counted, &[Counted]) = (&V_FIRST, &V_SECOND);
                    super::attach($number);
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

/// Asks its hook to note the other arguments.
struct NoteArguments;

#[vnet_module(depends_on = "four")]
mod arguments {
    use super::NoteArguments;
    use super::support::log::note;
    use vimage::Arguments;
    use vimage::prelude::*;

    #[attach]
    fn iattach(arguments: &Arguments) {
        if arguments.get::<NoteArguments>().is_some() {
            let (number, text) = (arguments.get::<u8>(), arguments.get::<&str>());
            note(format!("{number:?} {text:?} {:?}", arguments.get::<u16>()));
        }
    }
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
    assert_eq!(vnet.state(), InstanceState::Live);
    vnet.destroy().unwrap();
    assert_eq!(log(), numbered("detach", (0..MODULES).rev()));
    assert_eq!(drops(), VALUES);
}

#[test]
fn the_last_handle_reports_to_the_handler() {
    let _turn = turn();
    reports::listen();
    let vnet = Vnet::builder().name("red").arg(PanicInDetach(vec![2])).create().unwrap();
    let id = vnet.id();
    drop(vnet);
    assert_eq!(
        reports::reports(),
        [format!("Net#{id} \"red\": the detach hook of module `two` panicked: detach 2 was told to panic")]
    );
    assert_eq!(drops(), VALUES);
}

#[test]
fn arguments_are_found_by_type() {
    let _turn = turn();
    let vnet = Vnet::builder().arg(7_u8).arg(8_u8).arg("text").arg(NoteArguments).create().unwrap();
    assert_eq!(log().last().unwrap(), "Some(8) Some(\"text\") None", "the later one of a type, and none of another");
    vnet.destroy().unwrap();
}
