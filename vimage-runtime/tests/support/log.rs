//! A log of the hooks that ran, in order.

use std::sync::Mutex;

static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

pub(crate) fn note(event: impl Into<String>) {
    LOG.lock().unwrap().push(event.into());
}

/// Everything since the last call.
pub(crate) fn log() -> Vec<String> {
    std::mem::take(&mut LOG.lock().unwrap())
}
