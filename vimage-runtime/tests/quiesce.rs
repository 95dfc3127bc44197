//! Shutting down: refusals, waiting for others, and what the last drop reports.

#![cfg(feature = "vimage")]

mod support;

use std::sync::{MutexGuard, mpsc};
use std::thread;
use std::time::Duration;

use support::instances::wait_until;
use support::log::log;
use support::reports;
use vimage::prelude::*;
use vimage::{DestroyError, InstanceState, ShutdownError};

/// The tests of this file read one log, so they take turns.
fn turn() -> MutexGuard<'static, ()> {
    let turn = support::instances::turn();
    log();
    turn
}

#[vnet_module]
mod sockets {
    use super::support::log::note;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use vimage::prelude::*;

    /// Handles to this very network, as sockets have them.
    #[virtualized]
    pub static OPEN: Mutex<Vec<Vnet>> = Mutex::new(Vec::new());

    #[virtualized]
    pub static HANDS_ONE_OUT: AtomicBool = AtomicBool::new(false);

    #[shared]
    pub static HANDED_OUT: Mutex<Vec<Vnet>> = Mutex::new(Vec::new());

    #[quiesce]
    fn close_all() {
        note("close all");
        let open = std::mem::take(&mut *V_OPEN.lock().unwrap());
        drop(open);
        if V_HANDS_ONE_OUT.swap(false, Relaxed) {
            HANDED_OUT.lock().unwrap().extend(Vnet::current());
        }
    }

    #[detach]
    fn idetach() {
        note("detach sockets");
    }
}

#[vnet_module(depends_on = crate::sockets)]
mod transfers {
    use super::support::log::note;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    pub static RUNNING: AtomicU64 = AtomicU64::new(0);

    #[quiesce]
    fn can_go() -> Result<(), String> {
        note("can go?");
        match V_RUNNING.load(Relaxed) {
            0 => Ok(()),
            n if n > 100 => panic!("{n} is too many"),
            n => Err(format!("{n} are running")),
        }
    }
}

use std::sync::atomic::Ordering::Relaxed;

#[test]
fn a_quiesce_hook_lets_go_of_handles_in_variables() {
    let _turn = turn();
    let red = Vnet::new().unwrap();
    sockets::V_OPEN.of(&red).lock().unwrap().push(red.clone());
    red.destroy().unwrap();
    assert_eq!(log(), ["can go?", "close all", "detach sockets"]);
}

#[test]
fn a_refusal_leaves_everything_as_it_was() {
    let _turn = turn();
    let red = Vnet::builder().name("red").create().unwrap();
    for (running, text) in [(3, "3 are running"), (101, "panicked: 101 is too many")] {
        transfers::V_RUNNING.of(&red).store(running, Relaxed);
        let Err(ShutdownError::Refused { module: "transfers", source }) = red.shutdown() else { panic!("it refuses") };
        assert_eq!(source.to_string(), text);
        assert_eq!(red.state(), InstanceState::Live);
    }
    let Err(error) = red.destroy() else { panic!("it refuses") };
    assert!(error.to_string().ends_with("\"red\": module `transfers` refused"), "{error}");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "panicked: 101 is too many");
    let red = error.into_instance().unwrap();
    assert_eq!(red.state(), InstanceState::Live);
    assert!(Vnet::all().any(|vnet| vnet == red));
    assert_eq!(log(), ["can go?"; 3], "the module below was not asked, nothing was torn down");

    transfers::V_RUNNING.of(&red).store(0, Relaxed);
    red.destroy().unwrap();
}

#[test]
fn busy_leaves_it_live() {
    let _turn = turn();
    let red = Vnet::new().unwrap();
    let other = red.clone();
    let Err(DestroyError::Busy { instance: red, .. }) = red.destroy() else { panic!("there is another handle") };
    assert_eq!(red.state(), InstanceState::Live);
    assert!(red.downgrade().upgrade().is_some());
    drop(other);
    red.destroy().unwrap();
}

#[test]
fn what_is_shut_down_stays_so_and_is_not_found() {
    let _turn = turn();
    let red = Vnet::new().unwrap();
    let other = red.clone();
    red.shutdown().unwrap();
    red.shutdown().unwrap();
    assert_eq!(log(), ["can go?", "close all"], "once");
    assert_eq!(red.state(), InstanceState::ShuttingDown);
    assert!(red.downgrade().upgrade().is_none());
    assert!(Vnet::all().all(|vnet| vnet != red));
    // Code inside the instance continues.
    red.enter(|| assert_eq!(Vnet::current().as_ref(), Some(&other)));
    let Err(DestroyError::Busy { instance: red, .. }) = red.destroy() else { panic!("there is another handle") };
    assert_eq!(red.state(), InstanceState::ShuttingDown, "as it was before");
    drop(red);
    drop(other);
    assert_eq!(log(), ["detach sockets"]);
}

#[test]
fn neither_the_base_nor_what_is_being_made_shuts_down() {
    let _turn = turn();
    assert!(matches!(Vnet::base().unwrap().shutdown(), Err(ShutdownError::Base)));
    assert!(matches!(Vnet::base().unwrap().destroy(), Err(DestroyError::Base(_))));

    let red = Vnet::builder().arg(hasty::ShutDown).create().unwrap();
    assert_eq!(red.state(), InstanceState::Live);
    assert_eq!(log(), ["creating"], "nobody was asked");
    red.destroy().unwrap();
}

#[vnet_module]
mod hasty {
    use super::support::log::note;
    use vimage::prelude::*;
    use vimage::{Arguments, InstanceState, ShutdownError};

    /// An argument that makes the attach hook try to shut its own instance down.
    pub struct ShutDown;

    #[attach]
    fn iattach(arguments: &Arguments) {
        let Some(ShutDown) = arguments.get() else { return };
        let own = Vnet::current().unwrap();
        assert!(matches!(own.shutdown(), Err(ShutdownError::Creating)));
        assert_eq!(own.state(), InstanceState::Creating);
        note("creating");
    }
}

#[test]
fn waiting_ends_when_the_others_go_or_with_the_time() {
    let _turn = turn();
    let red = Vnet::new().unwrap();
    let other = red.clone();
    let Err(DestroyError::Busy { instance: red, .. }) = red.destroy_within(Duration::from_millis(20)) else {
        panic!("the other one is still there")
    };
    assert_eq!(red.state(), InstanceState::Live);

    let weak = red.downgrade();
    let (asleep, wake) = mpsc::channel();
    let dropper = thread::spawn(move || {
        wake.recv().unwrap();
        wait_until(|| weak.upgrade().is_none());
        drop(other);
    });
    asleep.send(()).unwrap();
    red.destroy_within(Duration::MAX).unwrap();
    dropper.join().unwrap();
}

#[test]
fn the_last_drop_reports_a_refusal_and_goes_on() {
    let _turn = turn();
    reports::listen();
    let red = Vnet::builder().name("red").create().unwrap();
    let weak = red.downgrade();
    transfers::V_RUNNING.of(&red).store(1, Relaxed);
    drop(red);
    assert!(weak.upgrade().is_none());
    assert_eq!(
        reports::reports(),
        [format!("Net#{} \"red\" went although module `transfers` refused: 1 are running", weak.id())]
    );
    assert_eq!(log(), ["can go?", "detach sockets"]);
}

#[test]
fn a_quiesce_hook_may_save_the_instance_from_the_last_drop() {
    let _turn = turn();
    let red = Vnet::new().unwrap();
    let weak = red.downgrade();
    sockets::V_HANDS_ONE_OUT.of(&red).store(true, Relaxed);
    drop(red);
    let red = sockets::HANDED_OUT.lock().unwrap().pop().expect("the hook kept one");
    assert_eq!(red.state(), InstanceState::Live);
    assert_eq!(weak.upgrade(), Some(red.clone()));
    log();
    red.destroy().unwrap();
    assert_eq!(log(), ["can go?", "close all", "detach sockets"]);
}

#[test]
fn a_chain_of_instances_ends_without_a_deep_stack() {
    let _turn = turn();
    // One that ends inside the other would need some hundred bytes of stack each, many times over.
    let small_stack = thread::Builder::new().stack_size(256 * 1024);
    let chain = small_stack.spawn(|| {
        let mut first = Vnet::new().unwrap();
        let last = first.downgrade();
        for _ in 0..support::rounds(20_000) {
            let next = Vnet::new().unwrap();
            // In the shared place of another module's variable, which `close_all` does not empty.
            chain::V_NEXT.of(&next).lock().unwrap().push(first);
            first = next;
        }
        drop(first);
        assert!(last.upgrade().is_none());
    });
    chain.unwrap().join().unwrap();
}

#[vnet_module]
mod chain {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    pub static NEXT: Mutex<Vec<Vnet>> = Mutex::new(Vec::new());
}
