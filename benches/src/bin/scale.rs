//! Time and memory per instance, from a thousand instances to a million.
//!
//! Times are of one run on one machine; what counts is that they do not grow from line to line. Memory is what the
//! kernel says is resident, over what there was before the first instance.

use std::time::{Duration, Instant};

use vimage::prelude::*;

benches::modules!(Net: m0 m1 m2 m3 m4 m5 m6 m7 m8 m9);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("ten modules, a hundred variables, hooks that do nothing; nanoseconds per instance");
    println!(
        "{:>9}  {:>7} {:>7} {:>7} {:>7} {:>9} {:>8}  {:>9}",
        "instances", "create", "enter", "find", "list", "for_each", "destroy", "bytes"
    );
    vimage::boot()?;
    let base = resident();
    for instances in [1_000, 10_000, 100_000, 1_000_000_u32] {
        let (vnets, create) = timed(|| (0..instances).map(|_| Vnet::new()).collect::<Result<Vec<_>, _>>());
        let vnets = vnets?;
        let bytes = resident().saturating_sub(base) / instances as usize;
        let (sum, enter) = timed(|| vnets.iter().map(|vnet| vnet.enter(m5::work)).sum::<u64>());
        assert_eq!(sum, 56 * u64::from(instances));
        let weak: Vec<_> = vnets.iter().map(Vnet::downgrade).collect();
        let (found, find) = timed(|| weak.iter().filter(|weak| weak.upgrade().is_some()).count());
        assert_eq!(found, vnets.len());
        let (listed, list) = timed(|| Vnet::list().count());
        assert_eq!(listed, vnets.len() + 1);
        let mut visited = 0;
        let ((), for_each) = timed(|| Vnet::for_each(|_| visited += 1));
        assert_eq!(visited, listed);
        let (destroyed, destroy) = timed(|| vnets.into_iter().try_for_each(Vnet::destroy));
        destroyed?;
        let each = |time: Duration| time.as_nanos() / u128::from(instances);
        println!(
            "{instances:>9}  {:>7} {:>7} {:>7} {:>7} {:>9} {:>8}  {bytes:>9}",
            each(create),
            each(enter),
            each(find),
            each(list),
            each(for_each),
            each(destroy)
        );
    }
    Ok(())
}

fn timed<R>(f: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    let result = f();
    (result, start.elapsed())
}

/// Bytes of this process in memory, 0 where the kernel does not say.
fn resident() -> usize {
    let pages =
        std::fs::read_to_string("/proc/self/statm").ok().and_then(|text| text.split(' ').nth(1)?.parse::<usize>().ok());
    pages.unwrap_or_default() * 4096
}
