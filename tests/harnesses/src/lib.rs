//! The code under test: something that a set-up makes in one instance, and a body uses in the same.

use vimage::{Instance, Program};

/// A counter, as programs have them.
#[vimage::module]
pub mod program {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use vimage::prelude::*;

    #[virtualized]
    static MADE: AtomicU64 = AtomicU64::new(0);

    pub(crate) fn make() -> u64 {
        V_MADE.fetch_add(1, Relaxed) + 1
    }

    /// How many there are in the current instance.
    pub fn made() -> u64 {
        V_MADE.load(Relaxed)
    }
}

/// What a set-up makes. It knows the instance that it was made in.
#[derive(Debug)]
pub struct Fixture {
    instance: u64,
    /// The number that it has in its instance.
    pub number: u64,
}

impl Fixture {
    /// Changes the current instance, as set-ups do.
    pub fn new() -> Self {
        let number = program::make();
        Self { instance: here(), number }
    }

    /// Panics unless it was made here, in an instance of this test alone.
    pub fn check(&self) {
        assert_eq!(here(), self.instance, "the set-up was in another instance");
        if cfg!(feature = "vimage") {
            assert_ne!(here(), 0, "the test is in the base instance");
            assert_eq!(program::made(), self.number, "something else was made meanwhile");
        }
    }
}

impl Default for Fixture {
    fn default() -> Self {
        Self::new()
    }
}

/// The id of the current instance.
pub fn here() -> u64 {
    Instance::<Program>::current().expect("the class falls back on the base instance").id()
}
