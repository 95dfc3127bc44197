//! Runs the parts of a network, each on a thread of its own, so that the result does not depend on their number.
//!
//! A packet needs at least the delay of its link from one part to another: the look-ahead. So all parts may run that far
//! from the first thing that any of them has to do, without looking at the others (conservative synchronization).

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Scope;

use crate::hardware::{Controller, Time};
use crate::lab::live::crew::{Crew, Dismiss};
use crate::lab::live::part::Part;

/// The parts of a network.
pub struct Clockwork<'n> {
    /// A thread locks a part for a window; nobody else wants it then.
    parts: Vec<Mutex<Part<'n>>>,
    controllers: Vec<Arc<Controller>>,
    look_ahead: Time,
    end: AtomicI64,
    crew: Crew,
}

impl<'n> Clockwork<'n> {
    /// `look_ahead` is the shortest delay of a link between two parts.
    pub fn new(parts: Vec<Part<'n>>, look_ahead: Time) -> Self {
        assert!(look_ahead > 0, "a link between two parts has a delay");
        Self {
            controllers: parts.iter().map(|part| Arc::clone(part.controller())).collect(),
            crew: Crew::new(parts.len()),
            parts: parts.into_iter().map(Mutex::new).collect(),
            look_ahead,
            end: AtomicI64::new(0),
        }
    }

    /// Starts a thread for each part but the first. They end when the result is dropped.
    pub fn start<'s>(&'s self, scope: &'s Scope<'s, '_>) -> Dismiss<'s> {
        let dismiss = Dismiss(&self.crew);
        for own in 1..self.parts.len() {
            scope.spawn(move || self.crew.help(own, |part, end| self.part(part).run_until(end), || self.window()));
        }
        dismiss
    }

    /// Runs everything that happens before `end`, with this thread and those that `start` has started.
    pub fn run_until(&self, end: Time) {
        if self.parts.len() == 1 {
            return self.part(0).run_until(end);
        }
        self.end.store(end, Relaxed);
        self.crew.lead(0, |part, end| self.part(part).run_until(end), || self.window());
    }

    /// The end of the next window. No part runs meanwhile, and all that they have sent is there.
    fn window(&self) -> Option<Time> {
        let end = self.end.load(Relaxed);
        let interrupts = self.controllers.iter().filter_map(|controller| controller.next_time());
        let first = self.parts().map(|part| part.due_time()).chain(interrupts).min()?;
        (first < end).then(|| first.saturating_add(self.look_ahead).min(end))
    }

    pub fn parts(&self) -> impl Iterator<Item = MutexGuard<'_, Part<'n>>> {
        (0..self.parts.len()).map(|part| self.part(part))
    }

    fn part(&self, part: usize) -> MutexGuard<'_, Part<'n>> {
        // After a panic nothing runs any more.
        self.parts[part].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
