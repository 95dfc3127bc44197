//! Runs the parts of a network, each on a thread of its own, so that the result does not depend on their number.
//!
//! A packet needs at least the delay of its link from one part to another: the look-ahead. So all parts may run that far
//! from the first thing that any of them has to do, without looking at the others (conservative synchronization).

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::hardware::{Controller, Time};
use crate::lab::live::crew::Crew;
use crate::lab::live::part::Part;

/// The parts of a network, and a thread for each but the first, which the caller runs.
pub struct Clockwork {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    /// A thread locks a part for a window; nobody else wants it then.
    parts: Vec<Mutex<Part>>,
    controllers: Vec<Arc<Controller>>,
    look_ahead: Time,
    end: AtomicI64,
    crew: Crew,
}

impl Clockwork {
    /// `look_ahead` is the shortest delay of a link between two parts.
    pub fn new(parts: Vec<Part>, look_ahead: Time) -> Self {
        assert!(look_ahead > 0, "a link between two parts has a delay");
        let shared = Arc::new(Shared {
            controllers: parts.iter().map(|part| Arc::clone(part.controller())).collect(),
            crew: Crew::new(parts.len()),
            parts: parts.into_iter().map(Mutex::new).collect(),
            look_ahead,
            end: AtomicI64::new(0),
        });
        let start = |own: usize| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.crew.help(own, |part, end| shared.run(part, end), || shared.window()))
        };
        Self { threads: (1..shared.parts.len()).map(start).collect(), shared }
    }

    /// Runs everything that happens before `end`.
    pub fn run_until(&self, end: Time) {
        let Self { shared, .. } = self;
        if shared.parts.len() == 1 {
            return shared.run(0, end);
        }
        shared.end.store(end, Relaxed);
        shared.crew.lead(0, |part, end| shared.run(part, end), || shared.window());
    }

    pub fn parts(&self) -> impl Iterator<Item = MutexGuard<'_, Part>> {
        (0..self.shared.parts.len()).map(|part| self.shared.part(part))
    }
}

impl Drop for Clockwork {
    fn drop(&mut self) {
        self.shared.crew.dismiss();
        // One that has panicked has told so.
        self.threads.drain(..).for_each(|thread| _ = thread.join());
    }
}

impl Shared {
    fn run(&self, part: usize, end: Time) {
        self.part(part).run_until(end);
    }

    fn part(&self, part: usize) -> MutexGuard<'_, Part> {
        // After a panic nothing runs any more.
        self.parts[part].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The end of the next window. No part runs meanwhile, and all that they have sent is there.
    fn window(&self) -> Option<Time> {
        let end = self.end.load(Relaxed);
        let interrupts = self.controllers.iter().filter_map(|controller| controller.next_time());
        let sending = (0..self.parts.len()).map(|part| self.part(part).due_time());
        let first = sending.chain(interrupts).min()?;
        (first < end).then(|| first.saturating_add(self.look_ahead).min(end))
    }
}
