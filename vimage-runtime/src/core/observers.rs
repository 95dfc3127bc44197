//! What is not part of an instance but must know when it shuts down: ends of links, values lent to it.

use std::collections::BTreeMap;
use std::sync::Weak;

/// Notified once when its instance shuts down, after the quiesce hooks have agreed.
pub(crate) trait Observer: Send + Sync {
    /// Releases the instance with this id. Runs in the instance, under no lock of the runtime.
    fn shut_down(&self, id: u64);
}

/// The observers of one instance. Weak both ways: neither keeps the other alive.
#[derive(Debug, Default)]
pub(crate) struct Observers {
    next: u64,
    present: BTreeMap<u64, Weak<dyn Observer>>,
}

/// Names one observer of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ObserverTicket(u64);

impl Observers {
    pub(super) fn add(&mut self, observer: Weak<dyn Observer>) -> ObserverTicket {
        let ticket = self.next;
        self.next += 1;
        self.present.insert(ticket, observer);
        ObserverTicket(ticket)
    }

    pub(super) fn remove(&mut self, ticket: ObserverTicket) -> Option<Weak<dyn Observer>> {
        self.present.remove(&ticket.0)
    }

    pub(super) fn take_first(&mut self) -> Option<Weak<dyn Observer>> {
        self.present.pop_first().map(|(_, observer)| observer)
    }
}
