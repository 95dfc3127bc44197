//! Runs seeds on all processors and prints what they have shown: `simulation [SEEDS]`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Instant;

use simulation::{Disk, HOSTS, Outcome, simulate};

fn main() -> ExitCode {
    let seeds = match std::env::args().nth(1).map_or(Ok(1_000), |seeds| seeds.parse()) {
        Ok(seeds) => seeds,
        Err(error) => {
            eprintln!("usage: simulation [SEEDS]: {error}");
            return ExitCode::FAILURE;
        }
    };
    let begin = Instant::now();
    let outcomes = run(seeds, Disk::default);
    let sum = |of: fn(&Outcome) -> u64| outcomes.iter().map(|(_, outcome)| of(outcome)).sum::<u64>();
    println!(
        "{seeds} seeds, {HOSTS} hosts each, in {:.1} s: {} terms with a leader, {} crashes, {} terms with two leaders",
        begin.elapsed().as_secs_f64(),
        sum(|outcome| outcome.terms as u64),
        sum(|outcome| outcome.crashes.into()),
        sum(|outcome| outcome.two_leaders.is_some().into()),
    );
    let begin = Instant::now();
    let wrong = run(seeds, Disk::that_forgets);
    let found: Vec<u64> =
        wrong.iter().filter(|(_, outcome)| outcome.two_leaders.is_some()).map(|(seed, _)| *seed).collect();
    println!(
        "with disks that forget, in {:.1} s: two leaders in one term with {} seeds{}",
        begin.elapsed().as_secs_f64(),
        found.len(),
        found.first().map(|seed| format!(", the first is {seed}")).unwrap_or_default(),
    );
    if outcomes.iter().any(|(_, outcome)| outcome.two_leaders.is_some()) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Each thread takes the next seed that nobody has taken.
fn run(seeds: u64, disk: fn() -> Disk) -> Vec<(u64, Outcome)> {
    let next = &AtomicU64::new(0);
    let mut outcomes: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..thread::available_parallelism().map_or(1, Into::into))
            .map(|_| {
                let seeds = std::iter::from_fn(move || Some(next.fetch_add(1, Relaxed)).filter(|seed| *seed < seeds));
                scope.spawn(move || seeds.map(|seed| (seed, simulate(seed, disk))).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no simulation panics")).collect()
    });
    outcomes.sort_by_key(|(seed, _)| *seed);
    outcomes
}
