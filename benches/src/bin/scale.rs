//! Time and memory per instance, from one instance to a million.
//!
//! `cargo xtask bench scale` reads what this prints. Times are nanoseconds per instance, the least of several rounds;
//! what counts is how they grow. `bytes` is what the instances have allocated; `resident` is what the kernel says that
//! the process has more of in memory, where there are enough instances to tell.

use std::alloc::{GlobalAlloc, Layout, System};
use std::error::Error;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use vimage::prelude::*;

benches::modules!(Net: m0 m1 m2 m3 m4 m5 m6 m7 m8 m9);

const COLUMNS: [&str; 9] =
    ["create", "create-on-two-threads", "enter-and-use", "find", "list", "for_each", "destroy", "bytes", "resident"];
/// Of all rounds together.
const INSTANCES: u32 = 20_000;
const ROUNDS: u32 = 3;
/// So many instances can be seen in what the kernel says.
const SEEN: u32 = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    vimage::boot()?;
    println!("instances {}", COLUMNS.join(" "));
    for exponent in 0..=6 {
        let instances = 10_u32.pow(exponent);
        let [bytes, resident] = memory(instances)?;
        let mut least = times(instances)?;
        for _ in 1..ROUNDS.max(INSTANCES / instances) {
            for (least, now) in least.iter_mut().zip(times(instances)?) {
                *least = now.min(*least);
            }
        }
        let all = [&least[..], &[bytes, resident]].concat();
        println!("{instances} {}", all.iter().map(u128::to_string).collect::<Vec<_>>().join(" "));
    }
    Ok(())
}

/// Bytes per instance: allocated, and resident, which is 0 where there are too few instances to tell.
fn memory(instances: u32) -> Result<[u128; 2], Box<dyn Error>> {
    let each = |bytes: usize| (bytes / instances as usize) as u128;
    // The list of handles is this program's.
    let mut vnets = Vec::with_capacity(instances as usize);
    vnets.resize_with(instances as usize, || None);
    let before = resident();
    COUNTS.store(true, Relaxed);
    for place in &mut vnets {
        *place = Some(Vnet::new()?);
    }
    COUNTS.store(false, Relaxed);
    let pages = if instances < SEEN { 0 } else { resident().saturating_sub(before) };
    Ok([each(ALLOCATED.swap(0, Relaxed)), each(pages)])
}

/// Nanoseconds per instance.
fn times(instances: u32) -> Result<[u128; COLUMNS.len() - 2], Box<dyn Error>> {
    let (vnets, create) = timed(|| create(instances));
    let vnets = vnets?;
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
    let two_threads = create_on_two_threads(instances);
    let all = [create, two_threads, enter, find, list, for_each, destroy];
    Ok(all.map(|time| time.as_nanos() / u128::from(instances)))
}

fn create(instances: u32) -> Result<Vec<Vnet>, vimage::CreateError> {
    (0..instances).map(|_| Vnet::new()).collect()
}

/// The time from the common start of both threads to the end of the later one. One instance is made by one of them.
fn create_on_two_threads(instances: u32) -> Duration {
    let start = Barrier::new(2);
    let half = |instances| {
        start.wait();
        let start = Instant::now();
        let vnets = create(instances).expect("no hook fails");
        (start, Instant::now(), vnets)
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| half(instances / 2));
        let (start, end, _vnets) = half(instances - instances / 2);
        let (other_start, other_end, _other_vnets) = other.join().expect("it does not panic");
        end.max(other_end) - start.min(other_start)
    })
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

/// The allocator of the system, which counts bytes.
struct Counting;

/// Whether it counts: that takes time.
static COUNTS: AtomicBool = AtomicBool::new(false);
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: the system's allocator does it all.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if COUNTS.load(Relaxed) {
            ALLOCATED.fetch_add(layout.size(), Relaxed);
        }
        // SAFETY: the caller keeps to the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if COUNTS.load(Relaxed) {
            ALLOCATED.fetch_sub(layout.size(), Relaxed);
        }
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}
