//! A protocol with globals on the hosts of a simulated network ([turmoil]): one instance per host. A crash ends the
//! instance, and the host starts again in a new one, as a process would. Nothing is left from one seed for the next, so
//! that thousands run in one process, and each gives the same result whenever it runs.

mod disk;
mod election;
mod message;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use disk::Disk;
pub use election::daemon;
use vimage::prelude::*;

/// The hosts of each simulation.
pub const HOSTS: u64 = 5;
const STEPS: u32 = 4_000;

fn name(host: u64) -> String {
    format!("host{host}")
}

/// What one seed has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In how many terms somebody has led.
    pub terms: usize,
    /// How often a host has crashed.
    pub crashes: u32,
    /// All changes of leadership and their times, as a number: equal runs have equal traces.
    pub trace: u64,
    /// The term in which two hosts have led, which must not be.
    pub two_leaders: Option<u64>,
}

/// One host as the checker sees it.
struct Host {
    disk: Disk,
    /// The instance of its daemon, which the daemon's start replaces.
    vimage: Arc<Mutex<Option<Vimage>>>,
    up: bool,
}

/// Simulates four seconds of elections, with crashes and cut links that the seed chooses.
///
/// # Panics
///
/// In builds without instances: all hosts would be the same one.
pub fn simulate(seed: u64, disk: impl Fn() -> Disk) -> Outcome {
    let mut sim = turmoil::Builder::new()
        .rng_seed(seed)
        .enable_random_order()
        .tick_duration(Duration::from_millis(1))
        .simulation_duration(Duration::from_secs(60))
        .max_message_latency(Duration::from_millis(20))
        .build();
    let mut hosts: Vec<Host> = (0..HOSTS).map(|_| Host { disk: disk(), vimage: Arc::default(), up: true }).collect();
    for (number, host) in (0..).zip(&hosts) {
        let (disk, vimage) = (host.disk.clone(), Arc::clone(&host.vimage));
        let starts = AtomicU64::new(0);
        sim.host(name(number), move || {
            let start = starts.fetch_add(1, Relaxed);
            let new = Vimage::builder().name(name(number)).create().expect("this build has instances");
            let daemon = daemon::run(number, HOSTS, seed ^ (number << 32) ^ (start << 48), disk.mount());
            let daemon = async { Ok(daemon.await?) }.within(&new);
            *vimage.lock().unwrap() = Some(new);
            daemon
        });
    }
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut leaders = BTreeMap::new();
    let mut trace = DefaultHasher::new();
    let mut outcome = Outcome { terms: 0, crashes: 0, trace: 0, two_leaders: None };
    for step in 0..STEPS {
        disturb(&mut sim, &mut hosts, &mut chance, &mut outcome.crashes);
        sim.step().expect("no daemon ends");
        for (number, host) in (0..).zip(&hosts).filter(|(_, host)| host.up) {
            let leads = host.vimage.lock().unwrap().as_ref().and_then(|vimage| vimage.enter(daemon::leads));
            let Some(term) = leads else { continue };
            if *leaders.entry(term).or_insert_with(|| {
                (step, number, term).hash(&mut trace);
                number
            }) != number
            {
                outcome.two_leaders = Some(term);
            }
        }
    }
    outcome.terms = leaders.len();
    outcome.trace = trace.finish();
    outcome
}

/// Crashes or starts a host, cuts or repairs a link, now and then.
fn disturb(sim: &mut turmoil::Sim<'_>, hosts: &mut [Host], chance: &mut fastrand::Rng, crashes: &mut u32) {
    let (one, other) = (chance.u64(0..HOSTS), chance.u64(0..HOSTS));
    match chance.u32(0..400) {
        0 | 1 => {
            let host = &mut hosts[one as usize];
            if host.up {
                sim.crash(name(one));
                // What the process had in its memory is gone.
                *host.vimage.lock().unwrap() = None;
                *crashes += 1;
            } else {
                sim.bounce(name(one));
            }
            host.up = !host.up;
        }
        2 if one != other => sim.partition(name(one), name(other)),
        3 | 4 if one != other => sim.repair(name(one), name(other)),
        _ => {}
    }
}
