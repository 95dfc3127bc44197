//! Seeds are independent of one another, repeat, and find a fault.
#![cfg(feature = "vimage")]

use simulation::{Disk, simulate};

#[test]
fn a_seed_gives_the_same_whatever_runs_beside_and_before_it() {
    let alone = simulate(3, Disk::default);
    assert!(alone.terms > 0 && alone.crashes > 0, "{alone:?}");
    let again: Vec<_> = std::thread::scope(|scope| {
        let threads = [3, 4, 3, 5].map(|seed| scope.spawn(move || simulate(seed, Disk::default)));
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!((&again[0], &again[2]), (&alone, &alone));
    assert_ne!(again[1].trace, alone.trace);
}

#[test]
fn nobody_leads_beside_another_unless_disks_forget() {
    let mut seeds = 0..100;
    assert!(seeds.clone().take(10).all(|seed| simulate(seed, Disk::default).two_leaders.is_none()));
    let found = seeds.find(|seed| simulate(*seed, Disk::that_forgets).two_leaders.is_some());
    let found = found.expect("one of a hundred seeds shows what disks that forget do");
    // The same seed shows it again, and not with disks that keep.
    assert!(simulate(found, Disk::that_forgets).two_leaders.is_some());
    assert!(simulate(found, Disk::default).two_leaders.is_none());
}
