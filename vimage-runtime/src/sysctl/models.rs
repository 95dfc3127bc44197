//! A model of a key that is used while the module of its sysctl goes, and comes back.

use std::convert::Infallible;
use std::sync::Arc;

use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicU64, Ordering::SeqCst};
use shuttle::thread;

use super::seen::Seen;
use crate::models::check;

/// Whether the module is registered, and the count of changes.
struct Registry {
    is_there: Mutex<bool>,
    changes: AtomicU64,
}

impl Registry {
    /// As modules are registered and unregistered.
    fn set(&self, is_there: bool) {
        *self.is_there.lock().unwrap() = is_there;
        self.changes.fetch_add(1, SeqCst);
    }

    fn finds(&self, seen: &Seen) -> bool {
        let look = || Ok::<_, Infallible>(*self.is_there.lock().unwrap());
        seen.check(|| self.changes.load(SeqCst), look).unwrap()
    }
}

/// What uses the key after the module has gone, or has come back, finds that, whatever others found meanwhile.
#[test]
fn a_key_while_its_module_goes_and_comes_back() {
    check(|| {
        let shared = Arc::new((Registry { is_there: Mutex::new(true), changes: AtomicU64::new(0) }, Seen::at(0)));
        let users: Vec<_> = (0..2)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || (0..2).for_each(|_| _ = shared.0.finds(&shared.1)))
            })
            .collect();
        let (registry, seen) = &*shared;
        registry.set(false);
        assert!(!registry.finds(seen), "it has gone");
        registry.set(true);
        assert!(registry.finds(seen), "it is there");
        registry.set(false);
        users.into_iter().for_each(|user| user.join().unwrap());
        assert!(!registry.finds(seen) && !registry.finds(&seen.clone()), "it has gone");
    });
}
