//! Interrupt lines.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::hardware::units::Time;

/// The machines that have been interrupted, in this order.
#[derive(Debug)]
pub struct Controller {
    raised: Box<[AtomicBool]>,
    pending: Mutex<VecDeque<u32>>,
    /// Interrupts in the future, the first one on top.
    timers: Mutex<BinaryHeap<Reverse<(Time, u32)>>>,
}

impl Controller {
    pub fn new(machines: usize) -> Arc<Self> {
        let raised = (0..machines).map(|_| AtomicBool::new(false)).collect();
        Arc::new(Self { raised, pending: Mutex::default(), timers: Mutex::default() })
    }

    /// Takes the machine that has waited longest.
    pub fn next(&self) -> Option<usize> {
        let machine = self.pending.lock().unwrap().pop_front()? as usize;
        // Cleared before the machine polls, so that a packet that arrives during the poll raises the line again.
        self.raised[machine].store(false, Ordering::Release);
        Some(machine)
    }

    /// The time of the first interrupt in the future.
    pub fn next_time(&self) -> Option<Time> {
        self.timers.lock().unwrap().peek().map(|Reverse((time, _))| *time)
    }

    /// Takes the machines whose time has come, each once, by their numbers.
    pub fn take_due(&self, now: Time) -> Vec<u32> {
        let mut timers = self.timers.lock().unwrap();
        let mut due = Vec::new();
        while let Some(Reverse((time, machine))) = timers.peek().copied()
            && time <= now
        {
            timers.pop();
            due.push(machine);
        }
        due.sort_unstable();
        due.dedup();
        due
    }
}

/// The interrupt line of one machine.
#[derive(Clone, Debug)]
pub struct Line {
    controller: Arc<Controller>,
    machine: u32,
}

impl Line {
    pub fn new(controller: &Arc<Controller>, machine: usize) -> Self {
        assert!(machine < controller.raised.len(), "the controller has no such line");
        Self { controller: Arc::clone(controller), machine: machine as u32 }
    }

    pub fn raise(&self) {
        if !self.controller.raised[self.machine as usize].swap(true, Ordering::AcqRel) {
            self.controller.pending.lock().unwrap().push_back(self.machine);
        }
    }
    /// Interrupts the machine at a time in the future.
    pub fn raise_at(&self, time: Time) {
        self.controller.timers.lock().unwrap().push(Reverse((time, self.machine)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_interrupted_in_the_order_of_their_times() {
        let controller = Controller::new(3);
        for (machine, time) in [(2, 20), (0, 10), (2, 10), (2, 10)] {
            Line::new(&controller, machine).raise_at(time);
        }
        assert_eq!(controller.next_time(), Some(10));
        assert_eq!((controller.take_due(9), controller.take_due(10)), (vec![], vec![0, 2]));
        assert_eq!((controller.take_due(99), controller.next_time()), (vec![2], None));
    }
}
