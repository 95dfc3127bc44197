//! Threads that do the tasks of a round together, and then those of the next round.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize};
use std::sync::atomic::{Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed, Ordering::Release, Ordering::SeqCst};
use std::sync::{Condvar, Mutex};
use std::thread;

use crate::hardware::Time;

/// A thread looks so often for a new round before it sleeps: for some hundred microseconds, which most rounds do not
/// take. Waking it may take longer than a round.
const LOOKS: u32 = 4_000;
/// Instead of the time of a round: there is none.
const REST: Time = Time::MIN;

/// What threads need to know to share the tasks of a round.
///
/// A task is not tied to a thread: who has nothing left to do takes what nobody has begun. So nobody waits for a thread
/// that the system lets wait, unless it is in the middle of a task. [`std::sync::Barrier`] would put all threads to
/// sleep in each round, and each round would wait for the last one to wake up.
#[derive(Debug)]
pub struct Crew {
    /// For each task the first round in which nobody has taken it.
    free: Box<[AtomicU64]>,
    finished: AtomicUsize,
    /// The number of this round.
    round: AtomicU64,
    /// Until when the tasks of this round run, or [`REST`]. It is written before the number of its round, and after all
    /// tasks of the round before were taken: a thread that read the number first and sees the time of a later round
    /// finds no free task.
    time: AtomicI64,
    /// The crew is dismissed, or one of it has panicked.
    is_over: AtomicBool,
    looks: u32,
    sleepers: AtomicUsize,
    bed: Mutex<()>,
    bell: Condvar,
}

/// Dismisses the crew when it is dropped.
#[derive(Debug)]
struct Dismiss<'c>(&'c Crew);

impl Drop for Dismiss<'_> {
    fn drop(&mut self) {
        self.0.dismiss();
    }
}

impl Crew {
    /// For so many tasks in each round, and as many threads.
    pub fn new(tasks: usize) -> Self {
        // With more threads than processors, the one that is waited for may need this one's processor.
        let fits = thread::available_parallelism().is_ok_and(|processors| tasks <= processors.get());
        Self {
            free: (0..tasks).map(|_| AtomicU64::new(0)).collect(),
            finished: AtomicUsize::new(0),
            round: AtomicU64::new(0),
            time: AtomicI64::new(REST),
            is_over: AtomicBool::new(false),
            looks: if fits { LOOKS } else { 0 },
            sleepers: AtomicUsize::new(0),
            bed: Mutex::new(()),
            bell: Condvar::new(),
        }
    }

    /// Ends `help`.
    pub fn dismiss(&self) {
        self.is_over.store(true, SeqCst);
        self.wake();
    }

    /// Helps in all rounds until the crew is dismissed; begins with this task. `run` gets a task and the time of the
    /// round. `next` is called when all tasks of a round are finished, and returns the time of the next round, or `None`
    /// if there is none now.
    pub fn help(&self, own: usize, run: impl Fn(usize, Time), next: impl Fn() -> Option<Time>) {
        let _dismiss = Dismiss(self);
        loop {
            let round = self.round.load(Acquire);
            if self.is_over.load(SeqCst) {
                return;
            }
            self.work(round, own, &run, &next);
            self.wait(round);
        }
    }

    /// Starts rounds and works in them until there is none. One thread of the crew calls it.
    ///
    /// # Panics
    ///
    /// If another thread of the crew has panicked.
    pub fn lead(&self, own: usize, run: impl Fn(usize, Time), next: impl Fn() -> Option<Time>) {
        let round = self.round.load(Acquire);
        // It is a rest, in which nobody has taken a task.
        self.free.iter().for_each(|free| free.store(round + 1, Relaxed));
        self.begin(round + 1, next());
        loop {
            let round = self.round.load(Acquire);
            assert!(!self.is_over.load(SeqCst), "a thread of the simulation has panicked");
            // In a rest nobody takes a task. In another round all were taken before the rest was written.
            if self.time.load(Acquire) == REST && self.free.iter().all(|free| free.load(Relaxed) == round) {
                return;
            }
            self.work(round, own, &run, &next);
            self.wait(round);
        }
    }

    /// Does the tasks of a round that nobody has taken.
    fn work(&self, round: u64, own: usize, run: &impl Fn(usize, Time), next: &impl Fn() -> Option<Time>) {
        let time = self.time.load(Acquire);
        if time == REST {
            return;
        }
        let tasks = self.free.len();
        for task in (own..tasks).chain(0..own) {
            if self.free[task].compare_exchange(round, round + 1, Acquire, Relaxed).is_err() {
                continue;
            }
            run(task, time);
            if self.finished.fetch_add(1, AcqRel) + 1 == tasks {
                self.finished.store(0, Relaxed);
                self.begin(round + 1, next());
            }
        }
    }

    fn begin(&self, round: u64, time: Option<Time>) {
        self.time.store(time.unwrap_or(REST), Release);
        self.round.store(round, SeqCst);
        self.wake();
    }

    fn is_past(&self, round: u64) -> bool {
        self.round.load(SeqCst) != round || self.is_over.load(SeqCst)
    }

    fn wait(&self, round: u64) {
        for _ in 0..self.looks {
            if self.is_past(round) {
                return;
            }
            std::hint::spin_loop();
        }
        // Either this thread sees the new round, or the one that begins it sees a sleeper, and then gets the lock only
        // when this one waits for the bell.
        let mut bed = self.bed.lock().unwrap();
        loop {
            self.sleepers.fetch_add(1, SeqCst);
            if self.is_past(round) {
                return;
            }
            bed = self.bell.wait(bed).unwrap();
        }
    }

    fn wake(&self) {
        // Those who are on their way out of bed need no second bell.
        if self.sleepers.load(SeqCst) > 0 && self.sleepers.swap(0, SeqCst) > 0 {
            drop(self.bed.lock());
            self.bell.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    /// Does `rounds` rounds three times on so many threads; returns the number of tasks that were done.
    fn count(threads: usize, rounds: i64) -> i64 {
        let crew = Crew::new(threads);
        let (done, started) = (AtomicI64::new(0), AtomicI64::new(0));
        // Not atomic as a whole: it relies on being alone, and on that no task is left.
        let next = || {
            let round = started.load(Relaxed);
            assert_eq!(done.load(Relaxed), round * threads as i64);
            if round > 0 && round % rounds == 0 && crew.time.load(Relaxed) != REST {
                return None;
            }
            started.store(round + 1, Relaxed);
            Some(round + 1)
        };
        let run = |_: usize, time: Time| {
            assert_eq!(time, started.load(Relaxed));
            done.fetch_add(1, Relaxed);
        };
        thread::scope(|scope| {
            let _dismiss = Dismiss(&crew);
            for own in 1..threads {
                let (crew, run, next) = (&crew, &run, &next);
                scope.spawn(move || crew.help(own, run, next));
            }
            (0..3).for_each(|_| crew.lead(0, run, next));
        });
        done.into_inner()
    }

    #[test]
    fn each_task_is_done_once_in_each_round() {
        // More threads than a machine has processors sleep.
        for threads in [1, 2, 3, 2 * thread::available_parallelism().map_or(1, usize::from) + 1] {
            assert_eq!(count(threads, 100), 3 * 100 * threads as i64);
        }
    }

    #[test]
    fn nobody_waits_for_a_thread_that_panicked() {
        let crew = Crew::new(2);
        let begun = AtomicBool::new(false);
        let run = |task: usize, _: Time| {
            begun.fetch_or(task == 1, SeqCst);
            while !begun.load(SeqCst) {
                thread::yield_now();
            }
            if task == 1 {
                std::panic::resume_unwind(Box::new("expected"));
            }
        };
        thread::scope(|scope| {
            let helper = scope.spawn(|| crew.help(1, run, || Some(1)));
            // Either of the two has the task that panics.
            assert!(
                catch_unwind(AssertUnwindSafe(|| {
                    let _dismiss = Dismiss(&crew);
                    crew.lead(0, run, || Some(1));
                }))
                .is_err()
            );
            _ = helper.join();
        });
    }
}
