//! Thousands of tasks in tens of instances on several threads, dropped and aborted at random, and links between the
//! instances meanwhile. The number of tasks, steps and messages is fixed, and what each task does follows from a seed.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use support::random::Random;
use tokio::task::{AbortHandle, JoinSet, yield_now};
use vimage::link::{self, Endpoint};
use vimage::prelude::*;

const SEED: u64 = 0x5eed_0ff1_ce00;
const INSTANCES: usize = 32;
const TASKS: usize = 4_000;
const STEPS: usize = 40;
const ABORTS: u64 = 1_000;
const STEPS_BETWEEN_ABORTS: u64 = 60;
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

/// The messages of the links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Message {
    link: usize,
    to: u64,
    number: u64,
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

async fn work(id: u64, steps: Arc<AtomicU64>, others: Arc<Vec<Vnet>>, mut random: Random) {
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
async fn send(end: Arc<Endpoint<Message>>, link: usize, to: u64, sender: u64, taken: Arc<AtomicU64>) {
    for n in 0..MESSAGES {
        let message = Message { link, to, number: sender * MESSAGES + n };
        end.send_async(message).await.unwrap();
        taken.fetch_add(1, Relaxed);
        if n % 8 == 0 {
            yield_now().await;
        }
    }
}

fn vnets() -> Arc<Vec<Vnet>> {
    let vnet = || if cfg!(feature = "vimage") { Vnet::new().unwrap() } else { Vnet::base().unwrap() };
    let vnets: Vec<Vnet> = (0..INSTANCES).map(|_| vnet()).collect();
    for vnet in &vnets {
        state::V_OWNER.of(vnet).store(vnet.id(), Relaxed);
    }
    Arc::new(vnets)
}

/// Without instances they are all the same one.
fn distinct(vnets: &[Vnet]) -> &[Vnet] {
    if cfg!(feature = "vimage") { vnets } else { &vnets[..1] }
}

/// Starts tasks, drops some before they start, and aborts some and some of the senders wherever they have got to.
async fn tasks(
    vnets: &Arc<Vec<Vnet>>,
    steps: &Arc<AtomicU64>,
    senders: &[AbortHandle],
    random: &mut Random,
) -> [usize; 3] {
    let (mut running, mut handles, mut dropped) = (JoinSet::new(), Vec::new(), 0);
    for n in 0..TASKS {
        let vnet = &vnets[n % INSTANCES];
        let random_of_task = Random(SEED ^ n as u64);
        let task = work(vnet.id(), Arc::clone(steps), Arc::clone(vnets), random_of_task).within(vnet);
        if random.below(8) == 0 {
            drop(task);
            dropped += 1;
        } else {
            handles.push(running.spawn(task));
        }
    }
    // Spread over the time in which they run: this many are aborted, some of which have ended by then.
    for n in 0..ABORTS {
        while steps.load(Relaxed) < n * STEPS_BETWEEN_ABORTS {
            yield_now().await;
        }
        handles[random.below(handles.len() as u64) as usize].abort();
        if n % 16 == 0 {
            senders[random.below(senders.len() as u64) as usize].abort();
        }
    }
    let (mut finished, mut aborted) = (0, 0);
    while let Some(task) = running.join_next().await {
        match task {
            Ok(()) => finished += 1,
            Err(error) if error.is_cancelled() => aborted += 1,
            Err(error) => panic!("{error}"),
        }
    }
    [dropped, aborted, finished]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[cfg_attr(miri, ignore = "thousands of tasks")]
async fn tasks_see_their_own_instance_and_messages_arrive_once() {
    let mut vnets = vnets();
    let steps = Arc::new(AtomicU64::new(0));
    let mut random = Random(SEED);

    let (mut servers, mut senders, mut ends) = (JoinSet::new(), JoinSet::new(), Vec::new());
    let (mut sender_handles, taken) = (Vec::new(), Arc::new(AtomicU64::new(0)));
    for n in 0..LINKS {
        let (from, to) = (&vnets[n], &vnets[n + LINKS]);
        let (left, right) = link::with_capacity(8, from, to).unwrap();
        let left = Arc::new(left);
        servers.spawn(async move { right.serve_async(async |message| state::receive(message)).await });
        for sender in 0..SENDERS {
            let sending = send(Arc::clone(&left), n, to.id(), sender as u64, Arc::clone(&taken));
            sender_handles.push(senders.spawn(sending.within(from)));
        }
        ends.push(left);
    }

    let [dropped, aborted, finished] = tasks(&vnets, &steps, &sender_handles, &mut random).await;
    assert_eq!(dropped + aborted + finished, TASKS);
    assert!(finished > TASKS / 4, "{finished}");
    let mut cut_off = 0;
    while let Some(sent) = senders.join_next().await {
        cut_off += usize::from(sent.inspect_err(|error| assert!(error.is_cancelled(), "{error}")).is_err());
    }
    // The servers receive what is there, and end.
    drop(ends);
    while let Some(served) = servers.join_next().await {
        served.unwrap();
    }

    // Child tasks that were not awaited run on.
    while Arc::strong_count(&steps) > 1 {
        yield_now().await;
    }
    let counted: u64 = distinct(&vnets).iter().map(|vnet| state::V_STEPS.of(vnet).load(Relaxed)).sum();
    assert_eq!(counted, steps.load(Relaxed), "a step was counted in another instance");

    let mut received = Vec::new();
    for vnet in distinct(&vnets) {
        received.append(&mut state::V_RECEIVED.of(vnet).lock().unwrap());
    }
    let all = received.len() as u64;
    received.sort_unstable();
    received.dedup();
    assert_eq!(received.len() as u64, all, "a message was handled twice");
    assert_eq!(all, taken.load(Relaxed), "a message was lost");
    assert!(all >= LINKS as u64 * MESSAGES);

    println!(
        "seed {SEED:#x}: {TASKS} tasks ({dropped} dropped, {aborted} aborted), {counted} steps; {all} messages of {} \
         senders ({cut_off} aborted)",
        LINKS * SENDERS,
    );
    if cfg!(feature = "vimage") {
        let vnets = loop {
            match Arc::get_mut(&mut vnets) {
                Some(vnets) => break std::mem::take(vnets),
                None => yield_now().await,
            }
        };
        // The last task of an instance drops the last handle to it.
        for vnet in vnets {
            vnet.destroy_within(Duration::from_secs(10)).unwrap();
        }
    }
}
