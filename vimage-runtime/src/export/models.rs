//! A model of tables that are replaced while a reader outside of the process reads them.

use std::sync::Arc;

use shuttle::sync::atomic::{AtomicU64, Ordering::SeqCst};
use shuttle::thread;

use super::current::Current;
use crate::models::check;

/// Memory for tables: the number of those that are there, 0 for none, in two words that are not read at one time.
#[derive(Default)]
struct Place([AtomicU64; 2]);

impl Place {
    fn fill(&self, number: u64) {
        self.0.iter().for_each(|word| word.store(number, SeqCst));
    }

    fn read(&self) -> [u64; 2] {
        [self.0[0].load(SeqCst), self.0[1].load(SeqCst)]
    }
}

/// Tables, which are freed when they are dropped.
struct Tables<'p>(&'p Place);

impl Drop for Tables<'_> {
    fn drop(&mut self) {
        self.0.fill(0);
    }
}

/// The root as `vimage-inspect` reads it.
fn root(current: &Current) -> Option<(u64, u64)> {
    let (itself, generation) = (current.itself.load(SeqCst), current.generation.load(SeqCst));
    let tables = current.tables.load(SeqCst);
    (itself != 0 && tables != 0).then_some((generation, tables))
}

/// A reader that finds the same root before and after has read tables that existed, although the same memory is used again.
#[test]
fn tables_are_replaced_while_they_are_read() {
    check(|| {
        let shared = Arc::new((Current::new(), [Place::default(), Place::default()]));
        let reader = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let (current, places) = &*shared;
                let before = root(current)?;
                let [first, second] = places[before.1 as usize - 1].read();
                if root(current) == Some(before) {
                    assert!(first == second && first != 0, "tables {first} and {second}");
                }
                Some(())
            })
        };
        let (current, places) = &*shared;
        let mut published = None;
        for number in 1..=3 {
            let place = number as usize % 2;
            places[place].fill(number);
            let old = published.replace(Tables(&places[place]));
            current.replace(1, place as u64 + 1, old);
        }
        reader.join().unwrap();
        drop(published);
    });
}
