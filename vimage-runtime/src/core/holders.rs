//! The places where the handles to an instance were made: remembered with the feature `invariants`, else nothing.

#[cfg(feature = "invariants")]
pub(crate) use tracked::{Holders, Ticket};
#[cfg(not(feature = "invariants"))]
pub(crate) use untracked::{Holders, Ticket};

#[cfg(feature = "invariants")]
mod tracked {
    use std::collections::BTreeMap;
    use std::panic::Location;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// The places where the handles that exist were made, by ticket.
    #[derive(Debug, Default)]
    pub(crate) struct Holders(Mutex<Places>);

    #[derive(Debug, Default)]
    struct Places {
        next: u64,
        places: BTreeMap<u64, &'static Location<'static>>,
    }

    /// Names one handle.
    #[derive(Debug)]
    pub(crate) struct Ticket(u64);

    impl Holders {
        fn lock(&self) -> MutexGuard<'_, Places> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        pub(crate) fn add(&self, place: &'static Location<'static>) -> Ticket {
            let mut places = self.lock();
            let ticket = places.next;
            places.next += 1;
            places.places.insert(ticket, place);
            Ticket(ticket)
        }

        pub(crate) fn remove(&self, ticket: &Ticket) {
            self.lock().places.remove(&ticket.0);
        }

        /// Where the handles were made, the oldest first.
        pub(crate) fn places(&self) -> Vec<&'static Location<'static>> {
            self.lock().places.values().copied().collect()
        }

        /// The same without the handle that asks.
        pub(crate) fn others(&self, own: &Ticket) -> Vec<&'static Location<'static>> {
            self.lock().places.iter().filter(|(ticket, _)| **ticket != own.0).map(|(_, place)| *place).collect()
        }
    }
}

#[cfg(not(feature = "invariants"))]
mod untracked {
    use std::panic::Location;

    #[derive(Debug, Default)]
    pub(crate) struct Holders {}

    #[derive(Debug)]
    pub(crate) struct Ticket;

    impl Holders {
        #[inline(always)]
        pub(crate) fn add(&self, _: &'static Location<'static>) -> Ticket {
            Ticket
        }

        #[inline(always)]
        pub(crate) fn remove(&self, _: &Ticket) {}

        pub(crate) fn places(&self) -> Vec<&'static Location<'static>> {
            Vec::new()
        }

        pub(crate) fn others(&self, _: &Ticket) -> Vec<&'static Location<'static>> {
            Vec::new()
        }
    }
}
