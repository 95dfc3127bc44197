//! The standard library: threads, channels and timers.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use vimage::Contexts;
use vimage::prelude::*;

use crate::traffic;

/// A job, which brings its own context.
pub type Job = Box<dyn FnOnce() + Send>;

/// A worker for all instances: its thread is in none, and each job brings its own context.
#[derive(Debug)]
pub struct Worker {
    jobs: Sender<Job>,
    thread: thread::JoinHandle<()>,
}

impl Worker {
    /// Starts the thread. Std's `spawn` does not inherit contexts, as intended here.
    pub fn start() -> Self {
        let (jobs, todo) = channel::<Job>();
        let thread = thread::spawn(move || todo.into_iter().for_each(|job| job()));
        Self { jobs, thread }
    }

    /// Runs `job` on the worker, in the context of the caller.
    pub fn submit(&self, job: impl FnOnce() + Send + 'static) {
        let job = Contexts::current().bind(job);
        self.jobs.send(Box::new(job)).expect("the worker runs until it is stopped");
    }

    /// Waits until all jobs are done, and stops the thread.
    pub fn stop(self) {
        drop(self.jobs);
        self.thread.join().expect("jobs do not panic");
    }
}

/// A thread that inherits the context, and keeps a handle to the instance until it ends.
pub fn consume(packets: Receiver<u32>) -> thread::JoinHandle<u64> {
    vimage::thread::spawn(move || {
        packets.into_iter().for_each(|_| _ = traffic::input());
        traffic::packets()
    })
}

/// A timer that does not keep its instance alive: it ends when the instance is destroyed, or when the sender is
/// dropped.
pub fn every(period: Duration, vnet: &Vnet) -> (Sender<()>, thread::JoinHandle<u64>) {
    let mut tick = vnet.downgrade().bind_mut(traffic::input);
    let (stop, stopped) = channel();
    let timer = thread::spawn(move || {
        let mut ticks = 0;
        while stopped.recv_timeout(period) == Err(RecvTimeoutError::Timeout) && tick().is_some() {
            ticks += 1;
        }
        ticks
    });
    (stop, timer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vnet() -> Vnet {
        if cfg!(feature = "vimage") { Vnet::new().unwrap() } else { Vnet::base().unwrap() }
    }

    #[vimage::test]
    fn a_worker_of_all() {
        let (red, green) = (vnet(), vnet());
        let before = green.enter(traffic::packets);
        let worker = Worker::start();
        for _ in 0..10 {
            green.enter(|| worker.submit(|| _ = traffic::input()));
        }
        let unchanged = red.enter(traffic::packets);
        worker.stop();
        assert_eq!(green.enter(traffic::packets), before + 10);
        assert!(!cfg!(feature = "vimage") || unchanged == 0 && red.enter(traffic::packets) == 0);
    }

    #[vimage::test]
    fn a_consumer_of_an_instance() {
        let red = vnet();
        let before = red.enter(traffic::packets);
        let (packets, arriving) = channel();
        let consumer = red.enter(|| consume(arriving));
        (0..10).for_each(|packet| packets.send(packet).unwrap());
        drop(packets);
        assert_eq!(consumer.join().unwrap(), before + 10);
    }

    #[vimage::test]
    fn a_timer_ticks_until_it_is_stopped() {
        let red = vnet();
        let before = red.enter(traffic::packets);
        let (stop, timer) = every(Duration::from_millis(1), &red);
        while red.enter(traffic::packets) < before + 3 {
            thread::yield_now();
        }
        drop(stop);
        assert!(timer.join().unwrap() >= 3);
    }

    #[cfg(feature = "vimage")]
    #[vimage::test]
    fn a_timer_ends_with_its_instance() {
        let red = vnet();
        let (_stop, timer) = every(Duration::from_millis(1), &red);
        while red.enter(traffic::packets) < 2 {
            thread::yield_now();
        }
        // The timer may be in the instance at this moment.
        red.destroy_within(Duration::from_secs(10)).unwrap();
        assert!(timer.join().unwrap() >= 2);
    }
}
