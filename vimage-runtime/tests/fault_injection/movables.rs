//! Values that are lent: each `leave` and each `join` of each of them goes wrong, where they are moved and where they are
//! sent home.

use std::sync::Mutex;

use vimage::prelude::*;
use vimage::{Movable, MoveError, Transfer};

use super::{How, assert_only_base, reported, set, turn};
use crate::support::panics::panic_of;
use How::{Fails, Panics};

const VALUES: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Leave,
    Join,
    Drop,
}
use Step::{Drop as Dropped, Join, Leave};

/// The step of a value that goes wrong, once.
type Fault = (usize, Step, How);

static FAULTS: Mutex<Vec<Fault>> = Mutex::new(Vec::new());
/// Value, step, instance.
static LOG: Mutex<Vec<(usize, Step, Option<u64>)>> = Mutex::new(Vec::new());

fn log() -> Vec<(usize, Step, Option<u64>)> {
    std::mem::take(&mut LOG.lock().unwrap())
}

struct Value(usize);

fn run(value: usize, step: Step) -> Result<(), &'static str> {
    LOG.lock().unwrap().push((value, step, Vnet::current().map(|vnet| vnet.id())));
    let mut faults = FAULTS.lock().unwrap();
    let Some(at) = faults.iter().position(|fault| (fault.0, fault.1) == (value, step)) else { return Ok(()) };
    let (.., how) = faults.remove(at);
    drop(faults);
    if matches!(how, Fails) { Err("on purpose") } else { panic!("on purpose") }
}

impl Transfer for Value {
    type Error = &'static str;

    fn leave(&mut self) {
        run(self.0, Leave).unwrap();
    }

    fn join(&mut self) -> Result<(), &'static str> {
        run(self.0, Join)
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        run(self.0, Dropped).unwrap();
    }
}

/// An instance, and values of another one that are lent to it; their steps so far are forgotten.
fn lent(home: &Vnet) -> (Vnet, Vec<Movable<Value>>) {
    FAULTS.lock().unwrap().clear();
    let red = Vnet::new().unwrap();
    let values = (0..VALUES).map(|value| {
        let mut movable = Movable::new_in(home, Value(value)).unwrap();
        movable.move_to(&red).unwrap();
        movable
    });
    let values = values.collect();
    _ = log();
    (red, values)
}

#[test]
fn values_are_sent_home() {
    let _turn = turn();
    let home = Vnet::new().unwrap();
    for value in 0..VALUES {
        for (step, how) in [(Leave, Panics), (Join, Fails), (Join, Panics)] {
            let case = format!("{step:?} of {value} {how:?}");
            let (red, mut values) = lent(&home);
            let (id, at_home) = (Some(red.id()), Some(home.id()));
            set([]);
            *FAULTS.lock().unwrap() = vec![(value, step, how)];
            // A value that does not behave does not stop the end of the instance, nor the other values.
            red.destroy().unwrap();
            let each = (0..VALUES).flat_map(|value| [(value, Leave, id), (value, Join, at_home)]);
            assert_eq!(log(), each.collect::<Vec<_>>(), "{case}");
            let [failure] = &reported()[..] else { panic!("{case}: one is reported") };
            assert!(failure.message.contains("on purpose"), "{case}: {failure}");
            for (number, movable) in values.iter_mut().enumerate() {
                assert_eq!(movable.instance(), home);
                // It could join although it could not leave.
                assert_eq!(movable.is_joined(), number != value || step == Leave, "{case}: {number}");
                movable.take_home().unwrap();
                assert!(movable.is_joined());
            }
            _ = log();
            drop(values);
            assert_eq!(log(), [0, 1, 2].map(|value| (value, Dropped, at_home)), "{case}");
        }
    }
    home.destroy().unwrap();
    assert_only_base(&"values that were sent home");
}

#[test]
fn values_are_moved() {
    let _turn = turn();
    let home = Vnet::new().unwrap();
    // From there to another instance: leave, join; then perhaps join at home.
    let first = [None, Some((Leave, Panics)), Some((Join, Fails)), Some((Join, Panics))];
    for (first, at_home) in
        first.into_iter().flat_map(|first| [(first, None), (first, Some(Fails)), (first, Some(Panics))])
    {
        let case = format!("{first:?}, at home {at_home:?}");
        let (red, mut values) = lent(&home);
        let blue = Vnet::new().unwrap();
        set([]);
        *FAULTS.lock().unwrap() = first.iter().map(|&(step, how)| (1, step, how)).collect();
        // The first fault is used up by then.
        if let (Some(_), Some(how)) = (first, at_home) {
            FAULTS.lock().unwrap().push((1, Join, how));
        }
        let movable = &mut values[1];
        let mut moved = None;
        let panics = matches!(first, Some((_, Panics))) || first.is_some() && matches!(at_home, Some(Panics));
        if panics {
            assert!(panic_of(|| moved = Some(movable.move_to(&blue))).contains("on purpose"), "{case}");
        } else {
            moved = Some(movable.move_to(&blue));
        }
        match (first, at_home, moved) {
            (None, _, Some(Ok(()))) => assert_eq!(movable.instance(), blue),
            (Some((_, Fails)), None, Some(Err(MoveError::Join { .. }))) => {}
            (Some((_, Fails)), Some(Fails), Some(Err(MoveError::Stranded { .. }))) => {}
            (.., None) if panics => {}
            (.., moved) => panic!("{case}: {moved:?}"),
        }
        if first.is_some() {
            assert_eq!(movable.instance(), home, "{case}");
            assert_eq!(movable.is_joined(), at_home.is_none(), "{case}");
        }
        FAULTS.lock().unwrap().clear();
        assert!(reported().is_empty(), "{case}: the caller knows");
        // Neither of them observes more than what is in it: the others return, and the one does so if it is there.
        red.destroy().unwrap();
        blue.destroy().unwrap();
        values.iter_mut().for_each(|movable| movable.take_home().unwrap());
        assert!(values.iter().all(|movable| movable.is_joined() && movable.instance() == home), "{case}");
        drop(values);
        _ = log();
    }
    home.destroy().unwrap();
    assert_only_base(&"values that were moved");
}

#[test]
fn values_are_dropped() {
    let _turn = turn();
    let home = Vnet::new().unwrap();
    for value in 0..VALUES {
        let (red, values) = lent(&home);
        set([]);
        *FAULTS.lock().unwrap() = vec![(value, Dropped, Panics)];
        drop(values);
        assert_eq!(log(), [0, 1, 2].map(|value| (value, Dropped, Some(red.id()))), "{value}");
        assert_eq!(reported().len(), 1, "{value}");
        red.destroy().unwrap();
    }
    home.destroy().unwrap();
    assert_only_base(&"values that were dropped");
}
