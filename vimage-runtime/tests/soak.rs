//! Rounds in which everything comes and goes: instances, vimages, tasks, links, lent values, sysctls, a module, clients of the
//! inspect server. After each round nothing is left, and the program has no more memory than after the first rounds.
//!
//! `VIMAGE_SOAK_SECONDS` makes it run so long instead of a few rounds; `cargo xtask deep soak` runs it for an hour.

#![cfg(feature = "vimage")]

#[cfg(all(feature = "inspect", unix))]
#[path = "support/inspect_client.rs"]
mod inspect_client;
mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use support::instances::wait_until;
use support::random::Random;
use tokio::runtime::Runtime;
use tokio::task::{JoinHandle, yield_now};
use vimage::prelude::*;
use vimage::{Bound, Contexts, Movable, Transfer, link, module, sysctl};

/// What is allocated now.
static BLOCKS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: it is the system's, and counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BLOCKS.fetch_add(1, Relaxed);
        BYTES.fetch_add(layout.size(), Relaxed);
        // SAFETY: by contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        BLOCKS.fetch_sub(1, Relaxed);
        BYTES.fetch_sub(layout.size(), Relaxed);
        // SAFETY: by contract.
        unsafe { System.dealloc(at, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[vnet_module]
mod network {
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized(sysctl("soak.packets", rw, tunable))]
    pub static PACKETS: AtomicU64 = AtomicU64::new(0);
    #[virtualized(sysctl("soak.refuse", rw, tunable))]
    static REFUSE: AtomicBool = AtomicBool::new(false);
    #[virtualized]
    static TABLE: Mutex<BTreeMap<u64, Vec<u8>>> = Mutex::new(BTreeMap::new());
    /// A handle to the instance itself, which the quiesce hook releases.
    #[virtualized]
    static OWN: Mutex<Option<Vnet>> = Mutex::new(None);

    #[virtualized]
    thread_local! {
        static SCRATCH: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    }

    pub fn receive(packet: u64) {
        V_PACKETS.fetch_add(1, Relaxed);
        V_TABLE.lock().unwrap().insert(packet % 64, vec![0; 100]);
        V_SCRATCH.with_borrow_mut(|scratch| scratch.push(packet));
    }

    /// From now on only `shutdown` or `destroy` ends the instance.
    pub fn hold_itself() {
        *V_OWN.lock().unwrap() = Vnet::current();
    }

    #[attach]
    fn iattach() -> Result<(), String> {
        receive(1);
        if V_REFUSE.load(Relaxed) { Err("it was told to".to_owned()) } else { Ok(()) }
    }

    #[quiesce]
    fn can_go() {
        drop(V_OWN.lock().unwrap().take());
    }
}

#[vnet_module(register = "manual", depends_on = "network")]
mod late {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized(sysctl("soak.late", ro))]
    static LOG: Mutex<String> = Mutex::new(String::new());

    #[attach]
    fn iattach() {
        V_LOG.lock().unwrap().push_str("attached, and here for the time being");
    }

    #[detach]
    fn idetach() {
        V_LOG.lock().unwrap().clear();
    }
}

struct Interface(Vec<u64>);

impl Transfer for Interface {
    type Error = String;
    fn leave(&mut self) {
        self.0.clear();
    }
    fn join(&mut self) -> Result<(), String> {
        self.0.push(1);
        Ok(())
    }
}

const THREADS: u64 = 3;
const WORKERS: usize = 2;

/// All of a round. What the tasks that are not awaited hold is released when they are dropped, soon.
fn round(runtime: &Runtime, seed: u64, steps: u64) {
    module::register("late").unwrap();
    let tasks: Mutex<Vec<JoinHandle<()>>> = Mutex::default();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (runtime, tasks) = (runtime, &tasks);
            scope.spawn(move || {
                let mut random = Random(seed ^ thread << 48);
                (0..steps).for_each(|_| step(runtime, tasks, &mut random));
            });
        }
    });
    for task in tasks.into_inner().unwrap() {
        _ = runtime.block_on(task);
    }
    wait_until(|| Vnet::all().count() == 1 && Vcpu::all().count() == 1);
    // SAFETY: no thread runs code of it, and nothing of it is borrowed.
    unsafe { module::unregister("late") }.unwrap();
}

fn step(runtime: &Runtime, tasks: &Mutex<Vec<JoinHandle<()>>>, random: &mut Random) {
    let refused = Vnet::builder().name("refused").sysctl("soak.refuse", true).create();
    assert!(refused.is_err());
    let red = Vnet::builder().name("red").sysctl("soak.packets", 10_u64).arg(random.below(9)).create().unwrap();
    let blue = red.enter(|| Vimage::builder().fresh_all().create().unwrap());
    let net = blue.instance::<Net>();

    let (left, right) = link::with_capacity(4, &red, &blue).unwrap();
    for packet in 0..random.below(6) {
        _ = left.try_send(vec![packet; 50]);
    }
    right.serve_pending(|packet| network::receive(packet[0]));

    let mut interface: Movable<Interface> = Movable::new_in(&red, Interface(Vec::new())).unwrap();
    interface.move_to(&net).unwrap();
    let bound: Bound<Vec<u64>> = Bound::new_in(&red, vec![1; 30]).unwrap();
    bound.enter(|packets| packets.iter().for_each(|&packet| network::receive(packet)));

    let packets = sysctl::of(&red).key::<u64>("soak.packets").unwrap();
    packets.of(&red).set(random.below(1000)).unwrap();
    sysctl::of(&net).set("soak.packets", "7").unwrap();
    assert!(sysctl::of(&red).list("soak").unwrap().len() >= 3);

    let job: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async {
        for packet in 0..3 {
            network::receive(packet);
            yield_now().await;
        }
    });
    let task = runtime.spawn(job.within(&red));
    match random.below(3) {
        0 => task.abort(),
        1 => drop(runtime.spawn(async { yield_now().await }.within(&blue))),
        _ => {}
    }
    tasks.lock().unwrap().push(task);
    let weak = red.enter(|| Contexts::current().downgrade());
    let timer = weak.bind(|| network::receive(2));
    red.enter(|| vimage::thread::spawn(|| network::receive(3))).join().unwrap();
    assert!(timer().is_some());

    drop((bound, interface, left));
    drop(net);
    match random.below(3) {
        // The link is closed by the shutdown, and the task of the other instance may have to end.
        0 => drop((blue, right, red)),
        1 => {
            drop(red);
            blue.destroy_within(Duration::from_secs(60)).unwrap();
        }
        _ => {
            red.enter(network::hold_itself);
            red.shutdown().unwrap();
            red.destroy_within(Duration::from_secs(60)).unwrap();
        }
    }
}

/// Each worker makes a thread-local value, by which it drops those of the instances that other threads have destroyed.
fn forget(runtime: &Runtime) {
    let fresh = Vnet::new().unwrap();
    let all_at_once = Arc::new(Barrier::new(WORKERS));
    let task = |_| {
        let all_at_once = Arc::clone(&all_at_once);
        let job = async move {
            all_at_once.wait();
            network::receive(0);
        };
        runtime.spawn(job.within(&fresh))
    };
    for task in (0..WORKERS).map(task).collect::<Vec<_>>() {
        runtime.block_on(task).unwrap();
    }
}

/// In KiB, where the system tells.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|line| line.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or_default() * 4
}

#[cfg(all(feature = "inspect", unix))]
mod clients {
    use crate::inspect_client::{Client, serve};
    use serde_json::json;

    pub struct Server((vimage::inspect::Server, tempfile::TempDir));

    pub fn start() -> Server {
        Server(serve(|builder| builder))
    }

    /// Asks for tables while instances come and go.
    pub fn ask(server: &Server) {
        let mut client = Client::of(&server.0.0);
        client.ok(json!({ "op": "instances" }));
        client.ok(json!({ "op": "modules" }));
        client.ok(json!({ "op": "get", "name": "soak.packets" }));
        client.ok(json!({ "op": "list", "prefix": "soak" }));
    }
}

#[cfg(not(all(feature = "inspect", unix)))]
mod clients {
    pub struct Server;
    pub fn start() -> Server {
        Server
    }
    pub fn ask(_: &Server) {}
}

/// Rounds after which caches and tables have the size that they need.
const WARM_UP: u64 = 6;
/// A table may double once more where threads happen to meet; what leaks does so in each of a hundred steps.
const SLACK: (usize, usize) = (60, 64 << 10);
const SLACK_RESIDENT: u64 = 32 << 10;

#[test]
#[cfg_attr(miri, ignore = "it reads what the system says of memory")]
fn memory_stays_as_it_is() {
    let seconds: Option<u64> = std::env::var("VIMAGE_SOAK_SECONDS").ok().map(|seconds| seconds.parse().unwrap());
    let steps = if seconds.is_some() { 300 } else { 40 };
    vimage::boot().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).build().unwrap();
    let server = clients::start();
    let begin = Instant::now();
    let (mut first, mut printed, mut most_resident) = ((0, 0, 0), 0, 0);
    static INSTANCES: AtomicU64 = AtomicU64::new(0);
    for number in 0.. {
        std::thread::scope(|scope| {
            scope.spawn(|| (0..3).for_each(|_| clients::ask(&server)));
            round(&runtime, number, steps);
        });
        forget(&runtime);
        INSTANCES.fetch_add(3 * THREADS * steps, Relaxed);
        let now = || (BLOCKS.load(Relaxed), BYTES.load(Relaxed), resident());
        if number < WARM_UP {
            let (blocks, bytes, kib) = now();
            first = (first.0.max(blocks), first.1.max(bytes), first.2.max(kib));
            continue;
        }
        // Threads of connections and tasks that were aborted end soon.
        wait_until(|| {
            let (blocks, bytes, _) = now();
            (blocks <= first.0 + SLACK.0) && (bytes <= first.1 + SLACK.1)
        });
        most_resident = most_resident.max(resident());
        // An emulator keeps what it has translated.
        let is_flat = resident() <= first.2 + SLACK_RESIDENT || std::env::var_os("VIMAGE_TEST_EMULATOR").is_some();
        assert!(is_flat, "{} KiB, {} after the first rounds", resident(), first.2);
        let minutes = begin.elapsed().as_secs() / 60;
        if minutes > printed {
            printed = minutes;
            println!("{minutes} min, round {number}: {:?} blocks, bytes, KiB resident; at first {first:?}", now());
        }
        if begin.elapsed() >= Duration::from_secs(seconds.unwrap_or(0)) && number >= 2 * WARM_UP {
            println!(
                "{} instances in {} rounds, {:.0?}: {:?} blocks, bytes, KiB resident (at most {most_resident}); at first \
                 {first:?}",
                INSTANCES.load(Relaxed),
                number + 1,
                begin.elapsed(),
                now()
            );
            return;
        }
    }
}
