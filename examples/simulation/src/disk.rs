//! What a host keeps when it crashes.

use std::sync::{Arc, Mutex};

/// The term of a host, and for whom it has voted in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Saved {
    pub(crate) term: u64,
    pub(crate) vote: Option<u64>,
}

/// The disk of one host. Its instance ends with a crash; the disk does not.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    saved: Arc<Mutex<Saved>>,
    lost: bool,
}

impl Disk {
    /// A disk that keeps nothing over a crash: with it the protocol is wrong, and a test has to find that.
    pub fn that_forgets() -> Self {
        Self { lost: true, ..Self::default() }
    }

    pub(crate) fn load(&self) -> Saved {
        *self.saved.lock().unwrap()
    }

    pub(crate) fn save(&self, saved: Saved) {
        *self.saved.lock().unwrap() = saved;
    }

    /// The host starts again.
    pub(crate) fn mount(&self) -> Self {
        if self.lost {
            self.save(Saved::default());
        }
        self.clone()
    }
}
