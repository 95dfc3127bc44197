//! Thousands of tasks in tens of instances on several threads, dropped and aborted at random, and links between the
//! instances meanwhile. The number of tasks, steps and messages is fixed, and what each task does follows from a seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::task::{JoinSet, yield_now};
use vimage::link::{self, End};
use vimage::prelude::*;

const SEED: u64 = 0x5eed_0f_7ea5;
const INSTANCES: usize = 32;
const TASKS: usize = 4_000;
const STEPS: usize = 40;
const LINKS: usize = 16;
const SENDERS: usize = 20;
const MESSAGES: u64 = 200;

#[vnet_module]
mod state {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    /// The id of the instance, as its creator has written it there.
    #[virtualized]
    pub static OWNER: AtomicU64 = AtomicU64::new(0);

    #[virtualized]
    pub static STEPS: AtomicU64 = AtomicU64::new(0);

    #[virtualized]
    pub static RECEIVED: Mutex<Vec<super::Message>> = Mutex::new(Vec::new());

    pub fn step(id: u64) {
        assert_eq!(V_OWNER.load(Relaxed), id, "a task sees another instance");
        V_STEPS.fetch_add(1, Relaxed);
    }

    pub fn receive(message: super::Message) {
        assert_eq!(V_OWNER.load(Relaxed), message.to, "a message is handled in another instance");
        V_RECEIVED.lock().unwrap().push(message);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Message {
    link: usize,
    to: u64,
    number: u64,
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// Counts a step when it is dropped, wherever the task has got to by then.
struct LastStep<'a>(u64, &'a AtomicU64);

impl Drop for LastStep<'_> {
    fn drop(&mut self) {
        step(self.0, self.1);
    }
}

/// A step in the instance, and one in the books that the test keeps outside of it.
fn step(id: u64, steps: &AtomicU64) {
    state::step(id);
    steps.fetch_add(1, Relaxed);
}

async fn work(id: u64, steps: Arc<AtomicU64>, others: Arc<[Vnet]>, mut random: Random) {
    let _last = LastStep(id, &steps);
    for _ in 0..STEPS {
        step(id, &steps);
        match random.below(16) {
            0..6 => yield_now().await,
            6 => {
                let steps = Arc::clone(&steps);
                let child = tokio::spawn(
                    async move {
                        let _last = LastStep(id, &steps);
                        yield_now().await;
                        step(id, &steps);
                    }
                    .within_current(),
                );
                match random.below(3) {
                    0 => child.await.unwrap(),
                    1 => child.abort(),
                    _ => drop(child),
                }
            }
            7 => {
                let steps = Arc::clone(&steps);
                let job = vimage::Contexts::current().bind(move || step(id, &steps));
                tokio::task::spawn_blocking(job).await.unwrap();
            }
            8 => {
                let other = &others[random.below(others.len() as u64) as usize];
                other.enter(|| assert_eq!(Vnet::current().as_ref(), Some(other)));
            }
            9 => vimage::isolated(|| assert_eq!(Vnet::current().is_some(), !cfg!(feature = "vimage"))),
            _ => {}
        }
    }
}

/// Sends its messages unless it is aborted; those that the link took are in the books.
async fn send(end: Arc<End<Message>>, link: usize, to: u64, sender: u64, taken: Arc<AtomicU64>) {
    for n in 0..MESSAGES {
        let message = Message { link, to, number: sender * MESSAGES + n };
        end.send_async(message).await.unwrap();
        taken.fetch_add(1, Relaxed);
        if n % 8 == 0 {
            yield_now().await;
        }
    }
}

fn vnets() -> Arc<[Vnet]> {
    let vnet = || if cfg!(feature = "vimage") { Vnet::new().unwrap() } else { Vnet::base().unwrap() };
    let vnets: Arc<[Vnet]> = (0..INSTANCES).map(|_| vnet()).collect();
    for vnet in &*vnets {
        state::V_OWNER.of(vnet).store(vnet.id(), Relaxed);
    }
    vnets
}

/// Starts tasks, and aborts some, drops some before they start.
async fn tasks(vnets: &Arc<[Vnet]>, steps: &Arc<AtomicU64>, random: &mut Random) -> [usize; 3] {
    let (mut running, mut dropped, mut aborted) = (JoinSet::new(), 0, 0);
    for n in 0..TASKS {
        let vnet = &vnets[n % INSTANCES];
        let random_of_task = Random(SEED ^ n as u64);
        let task = work(vnet.id(), Arc::clone(steps), Arc::clone(vnets), random_of_task).within(vnet);
        match random.below(8) {
            0 => {
                drop(task);
                dropped += 1;
            }
            1 => {
                let handle = running.spawn(task);
                for _ in 0..random.below(4) {
                    yield_now().await;
                }
                handle.abort();
                aborted += 1;
            }
            _ => _ = running.spawn(task),
        }
    }
    let mut finished = 0;
    while let Some(task) = running.join_next().await {
        match task {
            Ok(()) => finished += 1,
            Err(error) => assert!(error.is_cancelled(), "{error}"),
        }
    }
    [dropped, aborted, finished]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_see_their_own_instance_and_messages_arrive_once() {
    let vnets = vnets();
    let steps = Arc::new(AtomicU64::new(0));
    let mut random = Random(SEED);

    let (mut servers, mut senders, mut ends) = (JoinSet::new(), JoinSet::new(), Vec::new());
    let taken = Arc::new(AtomicU64::new(0));
    for n in 0..LINKS {
        let (from, to) = (&vnets[n], &vnets[n + LINKS]);
        let (left, right) = link::with_capacity(8, from, to).unwrap();
        let left = Arc::new(left);
        servers.spawn(async move { right.serve_async(async |message| state::receive(message)).await });
        for sender in 0..SENDERS {
            let sending = send(Arc::clone(&left), n, to.id(), sender as u64, Arc::clone(&taken));
            let handle = senders.spawn(sending.within(from));
            if random.below(5) == 0 {
                yield_now().await;
                handle.abort();
            }
        }
        ends.push(left);
    }

    let [dropped, aborted, finished] = tasks(&vnets, &steps, &mut random).await;
    assert!(dropped > TASKS / 10 && aborted > TASKS / 10 && finished > TASKS / 2, "{dropped} {aborted} {finished}");
    while let Some(sent) = senders.join_next().await {
        assert!(sent.map_or_else(|error| error.is_cancelled(), |()| true));
    }
    // The servers receive what is there, and end.
    drop(ends);
    while let Some(served) = servers.join_next().await {
        served.unwrap();
    }

    let mut received = Vec::new();
    let mut unique: Vec<&Vnet> = vnets.iter().collect();
    unique.dedup();
    for vnet in unique {
        received.append(&mut state::V_RECEIVED.of(vnet).lock().unwrap());
    }
    let all = received.len() as u64;
    received.sort_unstable();
    received.dedup();
    assert_eq!(received.len() as u64, all, "a message was handled twice");
    assert_eq!(all, taken.load(Relaxed), "a message was lost");
    assert!(all >= LINKS as u64 * MESSAGES);

    println!("seed {SEED:#x}: {} steps of {TASKS} tasks ({dropped} dropped, {aborted} aborted), {all} messages", steps.load(Relaxed));
    #[cfg(feature = "vimage")]
    destroy(vnets, &steps).await;
}

/// Nothing holds an instance when its last task is gone.
#[cfg(feature = "vimage")]
async fn destroy(mut vnets: Arc<[Vnet]>, steps: &AtomicU64) {
    // Children that nobody has waited for run on.
    let mut counted = loop {
        let counted: u64 = vnets.iter().map(|vnet| state::V_STEPS.of(vnet).load(Relaxed)).sum();
        match Arc::get_mut(&mut vnets) {
            Some(_) => break counted,
            None => yield_now().await,
        }
    };
    for vnet in vnets.iter() {
        let weak = vnet.downgrade();
        assert!(weak.upgrade().is_some());
    }
    let ids: Vec<_> = vnets.iter().map(Vnet::downgrade).collect();
    let held: Vec<_> = vnets.iter().map(|vnet| state::V_STEPS.held_of(vnet)).collect();
    drop(vnets);
    counted = counted.max(held.iter().map(|steps| steps.load(Relaxed)).sum());
    drop(held);
    for _ in 0..10_000 {
        if ids.iter().all(|weak| weak.upgrade().is_none()) {
            assert!(counted <= steps.load(Relaxed));
            return;
        }
        yield_now().await;
    }
    panic!("a task that is gone holds its instance");
}
