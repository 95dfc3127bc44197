//! Boot that fails, at each position: it happens once per process, so each case is a process of its own.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use support::reruns::rerun;
use vimage::prelude::*;
use vimage::{BootError, CreateError};

static ATTACHED: AtomicUsize = AtomicUsize::new(0);
static DETACHED: AtomicUsize = AtomicUsize::new(0);
static REPORTED: AtomicUsize = AtomicUsize::new(0);

fn attach(number: usize) -> Result<(), String> {
    match std::env::var("FAIL_AT") {
        Ok(position) if position == number.to_string() => Err(format!("{number} was told to fail")),
        Ok(position) if position == format!("panic {number}") => panic!("{number} was told to panic"),
        _ => {
            // Order, and that nothing is attached twice.
            assert_eq!(ATTACHED.fetch_add(1, Relaxed), number);
            Ok(())
        }
    }
}

macro_rules! modules {
    ($($declare:ident $module:ident $number:literal;)*) => {
        $(
            #[$declare]
            mod $module {
                use vimage::prelude::*;

                #[attach]
                fn iattach() -> Result<(), String> {
                    super::attach($number)
                }

                #[detach]
                fn idetach() {
                    // In reverse, over all classes.
                    assert_eq!(super::ATTACHED.load(super::Relaxed) - super::DETACHED.fetch_add(1, super::Relaxed), $number + 1);
                    assert!(std::env::var("DETACH").is_err(), "what is undone was told to panic");
                }
            }
        )*
    };
}

// Classes boot in the order of their names, modules of one class here in that of theirs.
modules! {
    vcpu_module a 0;
    vcpu_module b 1;
    vnet_module c 2;
    vnet_module d 3;
    vprocg_module e 4;
}

const MODULES: usize = 5;

/// The part of the test that a child process runs.
#[test]
fn one_boot() {
    let Ok(position) = std::env::var("FAIL_AT") else {
        vimage::boot().unwrap();
        assert_eq!(ATTACHED.load(Relaxed), MODULES);
        return;
    };
    vimage::set_failure_handler(|_| _ = REPORTED.fetch_add(1, Relaxed));
    let error = vimage::boot().unwrap_err();
    let BootError::Attach(attach) = &error else { panic!("{error}") };
    let number: usize = position.trim_start_matches("panic ").parse().unwrap();
    assert_eq!(attach.module(), ["a", "b", "c", "d", "e"][number]);
    assert_eq!(ATTACHED.load(Relaxed), number);
    assert_eq!(DETACHED.load(Relaxed), number, "attached = detached");
    let panics = if std::env::var("DETACH").is_ok() { number } else { 0 };
    assert_eq!(REPORTED.load(Relaxed), panics, "each panic is reported, and stops none of the others");

    // It is returned again, by whatever implies boot, and nothing runs twice.
    assert_eq!(vimage::boot().unwrap_err().to_string(), error.to_string());
    assert_eq!(Vnet::base().unwrap_err().to_string(), error.to_string());
    let created = Vnet::new().unwrap_err();
    assert!(matches!(created, CreateError::Boot(_) | CreateError::NotVirtualized));
    assert!(std::panic::catch_unwind(|| Vnet::list().count()).is_err());
    assert!(Vnet::current().is_none());
    assert_eq!(ATTACHED.load(Relaxed), number);
}

#[test]
#[cfg_attr(miri, ignore = "starts processes")]
fn a_hook_that_fails_or_panics_at_any_position_undoes_boot() {
    if std::env::var("FAIL_AT").is_ok() {
        return;
    }
    for position in (0..MODULES).flat_map(|number| [number.to_string(), format!("panic {number}")]) {
        for undo_panics in [false, true] {
            let variables = [("FAIL_AT", position.as_str()), ("DETACH", "panics")];
            let (status, printed) = rerun(&["--exact", "one_boot"], &variables[..if undo_panics { 2 } else { 1 }]);
            assert!(status.success() && printed.contains("1 passed"), "{position}, {undo_panics}: {printed}");
        }
    }
}
