//! Threads that carry out orders in turn, each inside of the instances that it has entered.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::modules::ON_PURPOSE;
use crate::ops::{Op, THREADS};
use crate::world::World;

type Outcome = Result<String, Box<dyn Any + Send>>;

pub struct Threads {
    threads: Vec<(Sender<Op>, Receiver<Outcome>, JoinHandle<()>)>,
}

struct Worker {
    world: Arc<Mutex<World>>,
    orders: Receiver<Op>,
    done: Sender<Outcome>,
}

impl Threads {
    pub fn start(world: World) -> Self {
        let world = Arc::new(Mutex::new(world));
        let start = |_| {
            let ((orders, todo), (done, outcomes)) = (channel(), channel());
            let worker = Worker { world: Arc::clone(&world), orders: todo, done };
            (orders, outcomes, std::thread::spawn(move || worker.serve()))
        };
        Self { threads: (0..THREADS).map(start).collect() }
    }

    /// Has a thread carry out an operation, and waits for it.
    pub fn execute(&self, thread: usize, op: Op) -> String {
        let (orders, outcomes, _) = &self.threads[thread];
        orders.send(op).expect("the threads run until they are stopped");
        let outcome = outcomes.recv().expect("each order has an outcome");
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Ends the threads, and drops the world.
    pub fn stop(self) {
        for (orders, _, thread) in self.threads {
            drop(orders);
            thread.join().expect("a thread passes its panics on");
        }
    }
}

impl Worker {
    /// Carries out orders until one is to leave the instance in which it does so.
    fn serve(&self) {
        while let Ok(op) = self.orders.recv() {
            let outcome = match op {
                Op::Enter(handle) => {
                    let vnet = self.world().handle(handle).clone();
                    let left = left(|| vnet.enter(|| self.entered()));
                    // Perhaps the last handle.
                    drop(vnet);
                    Ok(left)
                }
                Op::Isolate => Ok(left(|| vimage::isolated(|| self.entered()))),
                Op::Leave => return,
                Op::LeavePanicking => panic!("{ON_PURPOSE}"),
                op => catch_unwind(AssertUnwindSafe(|| self.world().execute(op))),
            };
            // Nobody listens any more after a test has failed.
            _ = self.done.send(outcome);
        }
    }

    fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn entered(&self) {
        _ = self.done.send(Ok("ok".to_owned()));
        self.serve();
    }
}

/// How an instance was left.
fn left(inside: impl FnOnce()) -> String {
    if catch_unwind(AssertUnwindSafe(inside)).is_ok() { "ok".to_owned() } else { "panicked".to_owned() }
}
