//! What the modules use. Everything that happens is recorded for the run that it happens in.

use std::fmt::Display;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Mutex;
pub use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::task::{Context, Poll, Waker};

/// The run whose calls are made now.
static RUN: AtomicU64 = AtomicU64::new(0);
/// How many more functions may be called.
static FUEL: AtomicU64 = AtomicU64::new(0);
/// All modules are registered.
pub static BOOTED: AtomicBool = AtomicBool::new(false);
/// Functions are called, and not hooks.
pub static CALLING: AtomicBool = AtomicBool::new(false);
static LATER: Mutex<Vec<Box<dyn FnOnce() + Send>>> = Mutex::new(Vec::new());
/// Run, program, what happened.
static LOG: Mutex<Vec<(u64, String, String)>> = Mutex::new(Vec::new());

pub fn switch(run: u64) {
    RUN.store(run, Relaxed);
}

pub fn refuel() {
    FUEL.store(200, Relaxed);
}

/// Whether one more function may be called: functions call one another, in loops.
pub fn fuel() -> bool {
    let left = FUEL.load(Relaxed);
    FUEL.store(left.saturating_sub(1), Relaxed);
    left > 0
}

/// Calls a closure when the call has returned, outside of its instance.
pub fn later(f: impl FnOnce() + Send + 'static) {
    if CALLING.load(Relaxed) {
        LATER.lock().unwrap().push(Box::new(bound(f)));
    }
}

/// Calls what was left for later, and what that leaves.
pub fn run_later() {
    loop {
        let all = std::mem::take(&mut *LATER.lock().unwrap());
        if all.is_empty() {
            return;
        }
        all.into_iter().for_each(|f| _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)));
    }
}

pub fn record(program: &str, what: impl Display) {
    LOG.lock().unwrap().push((RUN.load(Relaxed), program.to_owned(), what.to_string()));
}

/// Prints what happened in the runs from 0 on, by program.
pub fn print(programs: &[&str], runs: u64) {
    let log = LOG.lock().unwrap();
    for program in programs {
        for run in 0..runs {
            println!("#{program} {run}");
            for (_, _, what) in log.iter().filter(|(of, name, _)| *of == run && name == program) {
                println!("  {what}");
            }
        }
    }
}

/// Mixes numbers into one, the same in each form.
pub fn mix(a: u64, b: u64) -> u64 {
    let n = (a ^ b.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    n ^ (n >> 31)
}

pub fn plus_one(n: u64) -> u64 {
    n.wrapping_add(1)
}

pub fn some(n: u64) -> Option<u64> {
    (n % 5 != 4).then_some(n)
}

pub struct Counters<const N: usize>([AtomicU64; N]);

impl<const N: usize> Counters<N> {
    pub const fn new() -> Self {
        Self([const { AtomicU64::new(2) }; N])
    }
    pub fn each(&self, f: impl Fn(u64) -> u64) -> u64 {
        self.0.iter().fold(0, |sum, counter| mix(sum, counter.fetch_add(f(sum % 7), Relaxed)))
    }
    pub fn first(&self) -> &AtomicU64 {
        &self.0[0]
    }
}

/// Records when it is dropped.
pub struct Noise(pub &'static str, pub u64);

impl Drop for Noise {
    fn drop(&mut self) {
        record(self.0, format_args!("drop {}", self.1));
    }
}

pub trait Work {
    fn work(&mut self, n: u64) -> u64;
}

pub struct Yield(pub bool);

impl Future for Yield {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
