//! What generated programs are made of. Everything that happens is printed, so that a difference is seen.

use std::fmt::Display;
use std::future::Future;
use std::ops::{AddAssign, Deref, DerefMut};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

fn record(what: impl Display) {
    println!("  {what}");
}

pub struct Number(AtomicU64);

impl Number {
    pub const fn new(n: u64) -> Self {
        Self(AtomicU64::new(n))
    }
    pub fn get(&self) -> u64 {
        let n = self.0.load(Relaxed);
        record(format_args!("get {n}"));
        n
    }
    pub fn put(&self, n: u64) -> u64 {
        record(format_args!("put {n}"));
        self.0.swap(n, Relaxed)
    }
    pub fn add(&self, a: u64, b: u64) -> u64 {
        record(format_args!("add {a} {b}"));
        self.0.fetch_add(a, Relaxed).wrapping_add(b)
    }
}

/// A list whose guards say when they come and go.
pub struct Lock(Mutex<Vec<u64>>);
pub struct Guard<'l>(&'l Lock);

impl Lock {
    pub const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }
    pub fn reset(&self) {
        self.0.clear_poison();
        *self.0.lock().unwrap() = vec![3, 5, 7];
    }
    pub fn lock(&self) -> Guard<'_> {
        record("lock");
        Guard(self)
    }
    pub fn peek(&self) -> Option<u64> {
        record("peek");
        self.0.lock().unwrap().first().copied()
    }
}

impl Guard<'_> {
    pub fn len(&self) -> u64 {
        self.0.0.lock().unwrap().len() as u64
    }
    pub fn push(&self, n: u64) -> u64 {
        record(format_args!("push {n}"));
        self.0.0.lock().unwrap().push(n);
        n
    }
    pub fn pop(&self) -> Option<u64> {
        record("pop");
        self.0.0.lock().unwrap().pop()
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        record("unlock");
    }
}

/// Places behind a guard: one whose `+=` is the primitive one, and some whose `+=` is a function.
pub struct Sums(Mutex<(u64, [Sum; 2])>);
#[derive(Clone, Copy)]
pub struct Sum(pub u64);
pub struct AllSums<'s>(MutexGuard<'s, (u64, [Sum; 2])>);
pub struct FirstSum<'s>(MutexGuard<'s, (u64, [Sum; 2])>);

impl Sums {
    pub const fn new() -> Self {
        Self(Mutex::new((0, [Sum(0), Sum(0)])))
    }
    pub fn reset(&self) {
        self.0.clear_poison();
        *self.0.lock().unwrap() = (1, [Sum(1), Sum(2)]);
    }
    fn guard(&self) -> MutexGuard<'_, (u64, [Sum; 2])> {
        match self.0.try_lock() {
            Ok(guard) => {
                record("sums");
                guard
            }
            Err(_) => {
                record("busy sums");
                Box::leak(Box::new(Mutex::new((100, [Sum(100), Sum(200)])))).lock().unwrap()
            }
        }
    }
    pub fn one(&self) -> FirstSum<'_> {
        FirstSum(self.guard())
    }
    pub fn all(&self) -> AllSums<'_> {
        AllSums(self.guard())
    }
}

impl Deref for FirstSum<'_> {
    type Target = u64;
    fn deref(&self) -> &u64 {
        &self.0.0
    }
}
impl DerefMut for FirstSum<'_> {
    fn deref_mut(&mut self) -> &mut u64 {
        &mut self.0.0
    }
}
impl Drop for FirstSum<'_> {
    fn drop(&mut self) {
        record(format_args!("one is {}", self.0.0));
    }
}
impl Deref for AllSums<'_> {
    type Target = [Sum; 2];
    fn deref(&self) -> &[Sum; 2] {
        &self.0.1
    }
}
impl DerefMut for AllSums<'_> {
    fn deref_mut(&mut self) -> &mut [Sum; 2] {
        &mut self.0.1
    }
}
impl Drop for AllSums<'_> {
    fn drop(&mut self) {
        record(format_args!("all are {} {}", self.0.1[0].0, self.0.1[1].0));
    }
}
impl AddAssign<u64> for Sum {
    fn add_assign(&mut self, other: u64) {
        record(format_args!("sum {other}"));
        self.0 = self.0.wrapping_add(other);
    }
}

/// A smart pointer that can tell when it is looked through.
pub struct Pointer(Number);

impl Pointer {
    pub const fn new() -> Self {
        Self(Number::new(2))
    }
}
impl Deref for Pointer {
    type Target = Number;
    fn deref(&self) -> &Number {
        record("look through");
        &self.0
    }
}

pub struct Fields {
    pub a: Number,
    pub b: Inner,
}
pub struct Inner {
    pub c: [Number; 2],
}

pub struct Log;

impl Log {
    pub fn pair(&self, a: u64, b: u64) -> u64 {
        record(format_args!("pair {a} {b}"));
        a ^ b
    }
    pub fn with(&self, noise: &Noise, n: u64) -> u64 {
        record(format_args!("with {} {n}", noise.0));
        n
    }
    pub fn apply(&self, n: u64, f: impl Fn(u64) -> u64) -> u64 {
        record(format_args!("apply {n}"));
        f(n)
    }
    pub fn fill(&self, to: &mut u64, n: u64) -> u64 {
        record(format_args!("fill {to} {n}"));
        *to = n;
        n
    }
    pub fn borrow(&self, n: u64) -> Borrow<'_> {
        record(format_args!("borrow {n}"));
        Borrow(self, n)
    }
    pub fn noise(&self, n: u64) -> Noise {
        Noise(n)
    }
    pub fn future(&self, n: u64) -> impl Future<Output = u64> + use<> {
        value(n)
    }
    pub async fn of_itself(&self, n: u64) -> u64 {
        record(format_args!("of itself {n}"));
        Yield(false).await;
        n
    }
}

/// Borrows, but is not missed when it ends.
pub struct Borrow<'b>(&'b Log, u64);

impl Borrow<'_> {
    pub fn n(&self) -> u64 {
        self.0.pair(self.1, 1)
    }
}

/// Tells when it is dropped, and borrows from nothing.
pub struct Noise(pub u64);

impl Noise {
    pub fn n(&self) -> u64 {
        self.0
    }
    pub fn both(&self, a: u64, b: u64) -> u64 {
        record(format_args!("both {} {a} {b}", self.0));
        a.wrapping_add(b)
    }
}
impl Drop for Noise {
    fn drop(&mut self) {
        record(format_args!("drop {}", self.0));
    }
}

pub struct Worker {
    pub count: u64,
}

impl Worker {
    pub fn work(&mut self) -> u64 {
        self.count = self.count.wrapping_add(10);
        self.count
    }
    pub async fn wait(&mut self) -> u64 {
        self.count = self.count.wrapping_add(100);
        Yield(false).await;
        self.count
    }
}

pub fn at(n: u64) -> u64 {
    record(format_args!("at {n}"));
    n
}
pub fn two(a: u64, b: u64) -> u64 {
    record(format_args!("two {a} {b}"));
    a.wrapping_mul(3).wrapping_add(b)
}
pub fn logged(log: &Log, a: u64, b: u64) -> u64 {
    log.pair(a, b)
}
pub fn kept(noise: &Noise, n: u64) -> u64 {
    record(format_args!("kept {} {n}", noise.0));
    n
}
pub fn held(guard: &Guard<'_>, n: u64) -> u64 {
    record(format_args!("held {} {n}", guard.len()));
    n
}
pub fn some(n: u64) -> Option<u64> {
    (n % 5 != 4).then_some(n)
}
pub struct Pair {
    pub a: u64,
    pub b: u64,
}

pub struct Yield(bool);

impl Future for Yield {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

pub async fn value(n: u64) -> u64 {
    record(format_args!("value {n}"));
    Yield(false).await;
    record(format_args!("value is {n}"));
    n
}
pub async fn maybe(n: u64) -> Option<u64> {
    Yield(false).await;
    some(n)
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
