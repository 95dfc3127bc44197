//! What a test does, step by step.

use std::fmt;

use proptest::prelude::*;

use crate::modules::{Fault, MODULES, Step};

/// An operation. The numbers are positions in the tables of [`Model`](crate::model::Model), of which
/// [`World`](crate::world::World) has the same.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    Nothing,
    Create {
        tuned: Option<u64>,
    },
    Clone(usize),
    Drop(usize),
    Destroy(usize),
    Shutdown(usize),
    /// By id; of instances that exist or not.
    Find(u64),
    Upgrade(u64),
    /// Moves a handle into a variable of another instance, and back.
    Stash(usize, usize),
    Unstash(usize),
    Set(usize, u64),
    Get(usize),
    GetCurrent,
    SetLate(usize, u64),
    GetLate(usize),
    List,
    Register,
    Unregister,
    NewMovable(usize),
    MoveTo(usize, usize),
    TakeHome(usize),
    UseMovable(usize),
    DropMovable(usize),
    Link(usize, usize),
    Send(usize),
    Receive(usize),
    TakeBack(usize),
    Close(usize),
    DropEnd(usize),
    /// Closures and values that are bound to an instance, or to what is current.
    Bind(usize),
    BindWeak(usize),
    Capture,
    CaptureWeak,
    NewBound(usize),
    Call(usize),
    DropBound(usize),
    Enter(usize),
    Isolate,
    Leave,
    LeavePanicking,
}

/// A step before the numbers are known to be of something: they are taken modulo the length of the table. So each part of
/// a list of steps is a list of steps, and proptest can leave out what a failure does not need.
#[derive(Clone)]
pub struct RawStep {
    pub thread: usize,
    pub kind: u8,
    pub first: u8,
    pub second: u8,
    pub faults: Vec<RawFault>,
}

/// A line for each.
impl fmt::Debug for RawStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { thread, kind, first, second, faults } = self;
        write!(f, "{thread} {kind} {first} {second} {}", faults.len())
    }
}

/// A fault before it is known which steps there may be.
#[derive(Clone, Debug)]
pub struct RawFault {
    choice: u8,
    nth: u8,
    panics: bool,
}

pub const THREADS: usize = 3;

pub fn steps(most: usize) -> impl Strategy<Value = Vec<RawStep>> {
    prop::collection::vec(step(), 1..most)
}

fn step() -> impl Strategy<Value = RawStep> {
    let count = prop_oneof![6 => 0..=0_usize, 3 => 1..=1_usize, 1 => 2..=2_usize];
    let faults = count.prop_flat_map(|count| prop::collection::vec(fault(), count));
    (0..THREADS, any::<u8>(), any::<u8>(), any::<u8>(), faults)
        .prop_map(|(thread, kind, first, second, faults)| RawStep { thread, kind, first, second, faults })
}

fn fault() -> impl Strategy<Value = RawFault> {
    let nth = prop_oneof![3 => Just(0_u8), 1 => 1..3_u8];
    (any::<u8>(), nth, any::<bool>()).prop_map(|(choice, nth, panics)| RawFault { choice, nth, panics })
}

impl RawFault {
    /// The fault of a step that this operation may take; none if there is none.
    pub fn aim(&self, op: Op) -> Option<Fault> {
        const ALL: &[&str] = &MODULES;
        const LATE: &[&str] = &["late"];
        const VALUE: &[&str] = &["movable"];
        let destroys =
            [(Step::Quiesce, ALL), (Step::Detach, ALL), (Step::Drop, ALL), (Step::Leave, VALUE), (Step::Join, VALUE)];
        let steps: Vec<(Step, &[&'static str])> = match op {
            Op::Create { .. } => vec![(Step::Attach, ALL), (Step::Detach, ALL), (Step::Drop, ALL)],
            Op::Drop(_) | Op::Destroy(_) | Op::Leave | Op::LeavePanicking | Op::DropBound(_) => destroys.to_vec(),
            Op::Shutdown(_) => vec![(Step::Quiesce, ALL), (Step::Leave, VALUE), (Step::Join, VALUE)],
            Op::Register => vec![(Step::Attach, LATE), (Step::Detach, LATE)],
            Op::Unregister => vec![(Step::Quiesce, LATE), (Step::Detach, LATE), (Step::Drop, LATE)],
            Op::MoveTo(..) | Op::TakeHome(_) => vec![(Step::Leave, VALUE), (Step::Join, VALUE)],
            Op::NewMovable(_) | Op::DropMovable(_) => vec![(Step::Drop, VALUE)],
            _ => Vec::new(),
        };
        let steps: Vec<_> = steps.into_iter().flat_map(|(step, of)| of.iter().map(move |what| (step, *what))).collect();
        let &(step, what) = steps.get(usize::from(self.choice) % steps.len().max(1))?;
        Some(Fault { step, what, nth: self.nth, panics: self.panics })
    }
}
