//! What is not part of an instance but should know when it shuts down: ends of links, values lent to it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Weak;

use super::header::{Header, Phase};
use super::teardown::inside;
use crate::failure::{self, TeardownFailure};

/// Told once when its instance shuts down, after the quiesce hooks have agreed.
pub(crate) trait Companion: Send + Sync {
    /// Lets go of the instance with this header. Runs in the instance, under no lock of the runtime.
    fn part(&self, from: &Header);
}

/// Those that stay with one instance. They keep it from nothing, and it does not keep them.
#[derive(Debug, Default)]
pub(crate) struct Companions {
    next: u64,
    present: BTreeMap<u64, Weak<dyn Companion>>,
}

/// Names one companion of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

impl Header {
    /// Adds a companion, unless the instance is shutting down.
    pub(crate) fn add_companion(&self, companion: Weak<dyn Companion>) -> Option<Ticket> {
        let mut late = self.late();
        // Under the lock: what is added before `dismiss` looks is seen by it, and afterwards the phase says no.
        if !matches!(self.phase(), Phase::Creating | Phase::Live) {
            return None;
        }
        let companions = late.companions.get_or_insert_default();
        let ticket = companions.next;
        companions.next += 1;
        companions.present.insert(ticket, companion);
        Some(Ticket(ticket))
    }

    /// Takes a companion away; it may be gone already.
    pub(crate) fn remove_companion(&self, ticket: Ticket) {
        let companion = self.late().companions.as_mut().and_then(|companions| companions.present.remove(&ticket.0));
        // Not under the lock.
        drop(companion);
    }
}

/// Tells all companions. A panic of one is reported and does not stop the others.
///
/// The caller keeps the instance, and has set a phase in which none can be added.
pub(crate) fn dismiss(header: NonNull<Header>) {
    // SAFETY: the caller keeps the block.
    let head = unsafe { header.as_ref() };
    loop {
        let next = head.late().companions.as_mut().and_then(|companions| companions.present.pop_first());
        let Some((_, companion)) = next else { return };
        let Some(companion) = companion.upgrade() else { continue };
        let parted = inside(header, || {
            let parted = catch_unwind(AssertUnwindSafe(|| companion.part(head)));
            // It may be the last reference, whose values belong here too.
            parted.and_then(|()| catch_unwind(AssertUnwindSafe(|| drop(companion))))
        });
        if let Err(panic) = parted {
            failure::report(vec![TeardownFailure::in_companion(head.label(), failure::message(panic))]);
        }
    }
}
