//! Attempts to break thread-locals of instances: values that must not change threads, and ends in any order.

#![cfg(feature = "vimage")]

mod support;

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, ThreadId};

use support::panics::panics;
use vimage::prelude::*;

/// Must be dropped where it was made. Says what it found then.
struct Homesick {
    home: ThreadId,
    tell: Option<mpsc::Sender<Ended>>,
    /// Neither `Send` nor `Sync`.
    own: Rc<Cell<u32>>,
}

#[derive(Debug, PartialEq)]
struct Ended {
    at_home: bool,
    current: Option<u64>,
    reached: bool,
}

impl Homesick {
    fn new() -> Self {
        Self { home: thread::current().id(), tell: None, own: Rc::new(Cell::new(0)) }
    }
}

impl Drop for Homesick {
    fn drop(&mut self) {
        let reached = || locals::V_NAME.with_current(|name| name.lock().unwrap().clone());
        let ended = Ended {
            at_home: self.home == thread::current().id(),
            current: Vnet::current().map(|vnet| vnet.id()),
            reached: !panics(reached),
        };
        if let Some(tell) = &self.tell {
            tell.send(ended).unwrap();
        }
    }
}

#[vnet_module]
mod locals {
    use super::Homesick;
    use std::cell::{Cell, RefCell};
    use std::sync::Mutex;
    use std::sync::mpsc::Sender;
    use vimage::prelude::*;

    #[virtualized]
    pub static NAME: Mutex<String> = Mutex::new(String::new());

    #[virtualized]
    thread_local! {
        pub static HOMESICK: RefCell<Homesick> = RefCell::new(Homesick::new());
        pub static DEPTH: Cell<u32> = const { Cell::new(0) };
        pub static RECURSIVE: u32 = recurse();
        pub static OF_ANOTHER: RefCell<Option<Vnet>> = const { RefCell::new(None) };
    }

    /// The initializer uses the variable that it makes, twice.
    fn recurse() -> u32 {
        V_DEPTH.set(V_DEPTH.get() + 1);
        if V_DEPTH.get() < 3 { V_RECURSIVE.with(|inner| inner + 1) } else { 0 }
    }

    pub fn recursive() -> u32 {
        V_RECURSIVE.with(|value| *value)
    }

    pub fn report_to(tell: Sender<super::Ended>) {
        V_HOMESICK.with_borrow_mut(|value| value.tell = Some(tell));
    }

    pub fn count() -> u32 {
        V_HOMESICK.with_borrow(|value| {
            value.own.set(value.own.get() + 1);
            value.own.get()
        })
    }
}

const NOTHING_CURRENT: Ended = Ended { at_home: true, current: None, reached: false };

#[test]
fn a_value_stays_on_its_thread_and_in_its_instance() {
    let (red, green) = (Vnet::new().unwrap(), Vnet::new().unwrap());
    assert_eq!([&red, &green, &red].map(|vnet| vnet.enter(locals::count)), [1, 1, 2]);
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!([&red, &green, &red].map(|vnet| vnet.enter(locals::count)), [1, 1, 2]));
    });
    assert_eq!(red.enter(locals::count), 3);
}

#[test]
fn the_instance_ends_on_the_thread_of_the_value() {
    let (tell, told) = mpsc::channel();
    let vnet = Vnet::new().unwrap();
    vnet.enter(|| locals::report_to(tell));
    Vnet::new().unwrap().enter(|| vnet.destroy().unwrap());
    assert_eq!(told.recv().unwrap(), NOTHING_CURRENT);
}

#[test]
fn the_instance_ends_on_another_thread_and_the_value_with_its_own() {
    let (tell, told) = mpsc::channel();
    let vnet = Vnet::new().unwrap();
    let inside = vnet.clone();
    let (go, wait) = mpsc::channel::<()>();
    let owner = thread::spawn(move || {
        inside.enter(|| locals::report_to(tell));
        drop(inside);
        wait.recv().unwrap();
    });
    let Ok(()) = vnet.destroy_within(std::time::Duration::from_secs(60)) else { panic!("it was let go") };
    assert!(told.try_recv().is_err(), "nobody else may drop it");
    go.send(()).unwrap();
    owner.join().unwrap();
    assert_eq!(told.recv().unwrap(), NOTHING_CURRENT);
}

#[test]
fn values_of_gone_instances_are_dropped_in_no_instance_while_others_go_on() {
    thread::spawn(|| {
        let (tell, told) = mpsc::channel();
        let vnet = Vnet::new().unwrap();
        vnet.enter(|| locals::report_to(tell));
        thread::spawn(move || vnet.destroy().unwrap()).join().unwrap();
        // The thread finds it when it makes further values, in the midst of other instances.
        let others: Vec<_> = (0..20).map(|_| Vnet::new().unwrap()).collect();
        let ended = others.iter().find_map(|other| {
            other.enter(|| {
                locals::count();
                told.try_recv().ok()
            })
        });
        assert_eq!(ended, Some(NOTHING_CURRENT));
        assert!(others.iter().all(|other| other.enter(locals::count) >= 1));
    })
    .join()
    .unwrap();
}

#[test]
fn the_next_value_drops_those_of_a_crowd_that_is_gone() {
    const CROWD: usize = 40;
    thread::spawn(|| {
        let (tell, told) = mpsc::channel();
        let crowd: Vec<Vnet> = (0..CROWD).map(|_| Vnet::new().unwrap()).collect();
        crowd.iter().for_each(|vnet| vnet.enter(|| locals::report_to(tell.clone())));
        thread::spawn(move || drop(crowd)).join().unwrap();
        Vnet::new().unwrap().enter(locals::count);
        assert_eq!(told.try_iter().count(), CROWD);
    })
    .join()
    .unwrap();
}

#[test]
fn the_thread_ends_in_an_instance() {
    let vnet = Arc::new(Vnet::new().unwrap());
    let (tell, told) = mpsc::channel();
    let inside = Arc::clone(&vnet);
    thread::spawn(move || inside.enter(|| locals::report_to(tell))).join().unwrap();
    let in_its_own = Ended { at_home: true, current: Some(vnet.id()), reached: true };
    assert_eq!(told.recv().unwrap(), in_its_own, "as if the thread still ran there");
    assert_eq!(vnet.enter(locals::count), 1);
}

#[test]
fn an_initializer_may_use_the_variable_that_it_makes() {
    let vnet = Vnet::new().unwrap();
    let made = vnet.enter(locals::recursive);
    // As with std's: who asks first is answered last, and every answer is a value that was made.
    assert_eq!(made, 2);
    assert_eq!(vnet.enter(locals::recursive), 2);
    vnet.destroy().unwrap();
}

#[test]
fn other_instances_end_while_a_value_is_borrowed() {
    let red = Vnet::new().unwrap();
    red.enter(|| {
        locals::V_HOMESICK.with_current(|key| {
            key.with_borrow(|value| {
                let before = value.own.get();
                let others: Vec<_> = (0..50).map(|_| Vnet::new().unwrap()).collect();
                others.iter().for_each(|other| _ = other.enter(locals::count));
                others.into_iter().for_each(|other| other.destroy().unwrap());
                assert_eq!(value.own.get(), before);
            });
        });
    });
}

#[test]
fn a_value_may_hold_the_last_handle_to_another_instance() {
    let (red, green) = (Vnet::new().unwrap(), Vnet::new().unwrap());
    let (tell, told) = mpsc::channel();
    let weak = green.downgrade();
    green.enter(|| locals::report_to(tell));
    red.enter(|| locals::V_OF_ANOTHER.with_current(|key| key.set(Some(green))));
    assert!(weak.upgrade().is_some());
    red.destroy().unwrap();
    assert!(weak.upgrade().is_none());
    assert_eq!(told.recv().unwrap(), NOTHING_CURRENT);
}

#[test]
fn a_value_may_hold_the_last_handle_to_its_own_instance() {
    let weak = thread::spawn(|| {
        let vnet = Vnet::new().unwrap();
        let weak = vnet.downgrade();
        vnet.clone().enter(|| locals::V_OF_ANOTHER.with_current(|key| key.set(Some(vnet))));
        assert!(weak.upgrade().is_some());
        weak
    })
    .join()
    .unwrap();
    // The end of the thread was the end of the value, and that the end of the instance.
    assert!(weak.upgrade().is_none());
}

#[test]
fn what_is_held_reads_the_value_of_the_thread_it_is_on() {
    let vnet = Vnet::new().unwrap();
    let held = locals::V_HOMESICK.held_of(&vnet);
    vnet.enter(locals::count);
    let elsewhere = held.clone();
    let seen = thread::spawn(move || elsewhere.with_borrow(|value| (value.home, value.own.get()))).join().unwrap();
    assert_ne!(seen.0, thread::current().id());
    assert_eq!(seen.1, 0);
    assert_eq!(held.with_borrow(|value| value.own.get()), 1);
}

#[test]
fn a_value_is_not_made_while_those_of_the_thread_are_dropped() {
    struct Late(Arc<Mutex<Option<bool>>>, Vnet);
    impl Drop for Late {
        fn drop(&mut self) {
            let made = catch_unwind(AssertUnwindSafe(|| self.1.enter(locals::count)));
            *self.0.lock().unwrap() = Some(made.is_ok());
        }
    }
    thread_local! {
        static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
    }
    for before in [true, false] {
        let seen = Arc::new(Mutex::new(None));
        let (place, vnet) = (Arc::clone(&seen), Vnet::new().unwrap());
        thread::spawn(move || {
            // Destructors run in one order or the other.
            let other = vnet.clone();
            if before {
                other.enter(locals::count);
            }
            LATE.with(|late| *late.borrow_mut() = Some(Late(place, vnet)));
            if !before {
                other.enter(locals::count);
            }
        })
        .join()
        .unwrap();
        assert!(seen.lock().unwrap().is_some(), "it works or it panics, and the thread ends");
    }
}
