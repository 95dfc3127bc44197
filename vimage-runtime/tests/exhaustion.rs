//! What happens where memory, the stack or threads run out: the process ends with a message, or an error is returned and
//! nothing stays behind. Each of it in a process of its own.

#![cfg(all(feature = "vimage", unix, not(miri)))]

#[cfg(all(feature = "inspect", target_os = "linux"))]
#[path = "support/inspect_client.rs"]
mod inspect_client;
mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use support::reruns::rerun;
use vimage::prelude::*;

/// Fails at the allocation with this number; allocations are counted from when it was set. 0 for never.
static FAIL_AT: AtomicUsize = AtomicUsize::new(0);

struct Failing;

thread_local! {
    /// Only allocations of the thread that creates are counted.
    static COUNTS: Cell<bool> = const { Cell::new(false) };
}

fn has_room() -> bool {
    !COUNTS.with(Cell::get) || FAIL_AT.load(Relaxed) == 0 || FAIL_AT.fetch_sub(1, Relaxed) > 1
}

// SAFETY: it is the system's, which may fail at any time.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by contract.
        if has_room() { unsafe { System.alloc(layout) } } else { std::ptr::null_mut() }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: by contract.
        if has_room() { unsafe { System.realloc(at, layout, size) } } else { std::ptr::null_mut() }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: by contract.
        unsafe { System.dealloc(at, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Failing = Failing;

#[vnet_module]
mod deep {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized(sysctl("exhaustion.depth", rw, tunable))]
    pub static DEPTH: AtomicU64 = AtomicU64::new(0);

    fn recurse(left: u64) -> u64 {
        let frame = std::hint::black_box([left; 64]);
        if left == 0 { frame[0] } else { recurse(left - 1) + frame[63] }
    }

    #[attach]
    fn iattach() {
        recurse(V_DEPTH.load(Relaxed));
    }

    #[quiesce]
    fn can_go() -> Result<(), String> {
        recurse(V_DEPTH.load(Relaxed));
        Ok(())
    }

    #[detach]
    fn idetach() {
        recurse(V_DEPTH.load(Relaxed));
    }
}

#[vnet_module(register = "manual")]
mod late {
    #[virtualized]
    pub static LIST: std::sync::Mutex<Vec<u64>> = std::sync::Mutex::new(Vec::new());
}

const PART: &str = "VIMAGE_TEST_EXHAUSTION";

/// The number that a test was run again with.
fn part() -> Option<u64> {
    std::env::var(PART).ok().map(|part| part.parse().unwrap())
}

fn again(test: &str, part: u64) -> (ExitStatus, String) {
    rerun(&["--exact", test, "--nocapture"], &[(PART, &part.to_string())])
}

fn is_aborted(status: ExitStatus) -> bool {
    const SIGABRT: i32 = 6;
    status.signal() == Some(SIGABRT)
}

#[test]
fn an_allocation_that_fails_in_a_creation_aborts() {
    let Some(part) = part() else {
        let mut aborted = 0;
        loop {
            let (status, printed) = again("an_allocation_that_fails_in_a_creation_aborts", aborted + 1);
            if status.success() {
                assert!(printed.contains("created"), "{printed}");
                break;
            }
            assert!(is_aborted(status), "allocation {}: {status}: {printed}", aborted + 1);
            assert!(printed.contains("memory allocation of "), "{printed}");
            assert!(!printed.contains("panicked"), "{printed}");
            aborted += 1;
        }
        // The name, the arguments, the block and what the run-time module adds at least.
        assert!(aborted >= 4, "{aborted} allocations");
        return;
    };
    vimage::module::register("late").unwrap();
    COUNTS.set(true);
    FAIL_AT.store(usize::try_from(part).unwrap(), Relaxed);
    let created = Vnet::builder().name("red").arg(7_u32).sysctl("exhaustion.depth", 1_u64).create();
    FAIL_AT.store(0, Relaxed);
    created.unwrap().destroy().unwrap();
    println!("created");
}

#[test]
fn a_stack_that_overflows_in_a_hook_aborts() {
    const DEEP: u64 = 1 << 40;
    let Some(part) = part() else {
        for part in 1..=3 {
            let (status, printed) = again("a_stack_that_overflows_in_a_hook_aborts", part);
            assert!(is_aborted(status), "{status}: {printed}");
            assert!(printed.contains("overflowed its stack"), "{printed}");
        }
        return;
    };
    if part == 1 {
        _ = Vnet::builder().sysctl("exhaustion.depth", DEEP).create();
    }
    let red = Vnet::new().unwrap();
    if part == 3 {
        red.shutdown().unwrap();
    }
    deep::V_DEPTH.of(&red).store(DEEP, Relaxed);
    _ = red.destroy();
    println!("the stack was deep enough");
}

/// A size that no system with 64-bit addresses maps. With 32 bits the largest size that musl takes can be mapped.
#[cfg(target_pointer_width = "64")]
const STACK: usize = usize::MAX / 8;

#[cfg(target_pointer_width = "64")]
#[test]
fn a_thread_that_does_not_start_keeps_nothing() {
    let red = Vnet::new().unwrap();
    let (send, dropped_in) = std::sync::mpsc::channel();
    let value = || support::drops::DropsIn(send.clone());
    let builder = || vimage::thread::Builder::new().stack_size(STACK);
    red.enter(|| {
        let (first, second, third) = (value(), value(), value());
        assert!(builder().spawn(move || drop(first)).is_err());
        assert!(builder().spawn_weak(move |_| drop(second)).is_err());
        vimage::thread::scope(|scope| {
            assert!(builder().spawn_scoped(scope, move || drop(third)).is_err());
        });
    });
    // The captures are dropped where they belong, and the handles are released.
    assert_eq!([(); 3].map(|()| dropped_in.try_recv().unwrap()), [Some(red.id()); 3]);
    red.destroy().unwrap();
}

/// The inspect server, whose threads do not start while there is no room for their stacks.
#[cfg(all(feature = "inspect", target_os = "linux"))]
#[test]
fn a_server_without_threads_says_so() {
    use crate::inspect_client::Client;
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use vimage::inspect::Server;

    let Some(_) = part() else {
        let (status, printed) = again("a_server_without_threads_says_so", 0);
        assert!(status.success() && printed.contains("it serves again"), "{status}: {printed}");
        return;
    };
    vimage::boot().unwrap();
    let before = getrlimit(Resource::As);
    let without_threads = || {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
        let room = 128 << 10;
        setrlimit(Resource::As, Rlimit { current: Some((pages << 12) + room), ..before }).unwrap();
    };
    let with_threads = || setrlimit(Resource::As, before).unwrap();

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    without_threads();
    let started = Server::builder(&path).start();
    with_threads();
    started.unwrap_err();
    assert!(!path.exists(), "nothing listens there");

    let server = Server::builder(&path).max_connections(1).start().unwrap();
    for _ in 0..3 {
        without_threads();
        let mut client = Client::of(&server);
        let reply = client.reply();
        with_threads();
        assert_eq!(reply["error"]["kind"], "busy", "{reply}");
        assert!(client.is_closed());
    }
    // Those that were refused do not count.
    let mut client = Client::of(&server);
    client.ok(serde_json::json!({"op": "instances"}));
    println!("it serves again");
}
