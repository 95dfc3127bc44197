//! Values that report their drops.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;

use super::instances::current;

/// Sends the id of the instance in which it is dropped.
#[derive(Debug)]
pub(crate) struct DropsIn(pub(crate) mpsc::Sender<Option<u64>>);

impl Drop for DropsIn {
    fn drop(&mut self) {
        self.0.send(current()).unwrap();
    }
}

static DROPS: AtomicUsize = AtomicUsize::new(0);

/// Counts its drops, all of the process together.
pub(crate) struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        DROPS.fetch_add(1, SeqCst);
    }
}

/// The number of [`Counted`] that were dropped since the last call.
pub(crate) fn drops() -> usize {
    DROPS.swap(0, SeqCst)
}
