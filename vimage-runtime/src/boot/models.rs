//! Models of what is done once per process, by threads that come at the same time.

use std::sync::Arc;
// Counters are not part of the model.
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use shuttle::thread;

use super::once::{Found, Once};
use crate::models::check;

/// What is done, and how often it was.
#[derive(Default)]
struct Work {
    began: AtomicUsize,
    ended: AtomicUsize,
}

impl Work {
    /// Takes a while, and asks for itself meanwhile.
    fn run(&self, once: &Once<()>, result: Result<(), ()>) -> Result<(), ()> {
        assert_eq!(self.began.fetch_add(1, Relaxed), 0, "done once");
        thread::yield_now();
        assert_eq!(once.once(|| unreachable!("it is being done")), Found::InProgress);
        assert!(!once.is_up());
        thread::yield_now();
        self.ended.fetch_add(1, Relaxed);
        result
    }
}

fn threads(result: Result<(), ()>) {
    let (once, work) = (Arc::new(Once::new()), Arc::new(Work::default()));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let (once, work) = (Arc::clone(&once), Arc::clone(&work));
            thread::spawn(move || {
                if once.is_up() {
                    assert_eq!(work.ended.load(Relaxed), 1, "what is up is done");
                }
                let found = once.once(|| work.run(&once, result));
                assert_eq!(work.ended.load(Relaxed), 1, "nobody goes on before it is done");
                assert_eq!(once.is_up(), result.is_ok());
                matches!(found, Found::Done(_))
            })
        })
        .collect();
    let done = threads.into_iter().map(|thread| thread.join().unwrap()).filter(|done| *done).count();
    assert_eq!(done, 1);
    assert_eq!(once.once(|| unreachable!("it is over")), Found::Over(&result));
}

#[test]
fn boot_on_three_threads() {
    check(|| threads(Ok(())));
}

#[test]
fn boot_that_fails_on_three_threads() {
    check(|| threads(Err(())));
}
