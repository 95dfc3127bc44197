//! Wake-ups, cancellation and closing of the queues of a link.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use super::error::{RecvError, SendError, TryRecvError, TrySendError};
use super::queue::{Queues, Side};

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl Woken {
    fn times(&self) -> usize {
        self.0.load(SeqCst)
    }
}

fn poll<F: Future>(future: Pin<&mut F>, woken: &Arc<Woken>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&Waker::from(Arc::clone(woken))))
}

fn wakers<const N: usize>() -> [Arc<Woken>; N] {
    std::array::from_fn(|_| Arc::default())
}

#[test]
fn a_receiver_that_gives_up_passes_its_wake_up_on() {
    let queues = Queues::new(4);
    let [first, second] = wakers();
    let mut waits = Box::pin(queues.recv(Side::A));
    let mut other = pin!(queues.recv(Side::A));
    assert!(poll(waits.as_mut(), &first).is_pending() && poll(other.as_mut(), &second).is_pending());
    queues.try_send(Side::A, 1).unwrap();
    assert_eq!((first.times(), second.times()), (1, 0), "the one that waits longest");
    drop(waits);
    assert_eq!((first.times(), second.times()), (1, 1));
    assert_eq!(poll(other, &second), Poll::Ready(Ok(1)));
}

#[test]
fn a_sender_that_gives_up_passes_its_wake_up_on() {
    let queues = Queues::new(1);
    let [first, second] = wakers();
    queues.try_send(Side::A, 0).unwrap();
    let mut waits = Box::pin(queues.send(Side::A, 1));
    let mut other = pin!(queues.send(Side::A, 2));
    assert!(poll(waits.as_mut(), &first).is_pending() && poll(other.as_mut(), &second).is_pending());
    assert_eq!(queues.try_recv(Side::A), Ok(0));
    assert_eq!((first.times(), second.times()), (1, 0));
    drop(waits);
    assert_eq!((first.times(), second.times()), (1, 1));
    assert_eq!(poll(other, &second), Poll::Ready(Ok(())));
    assert_eq!((queues.try_recv(Side::A), queues.try_recv(Side::A)), (Ok(2), Err(TryRecvError::Empty)));
}

#[test]
fn one_that_gives_up_before_it_was_chosen_is_forgotten() {
    let queues = Queues::new(4);
    let [first, second] = wakers();
    let mut waits = Box::pin(queues.recv(Side::A));
    let mut other = pin!(queues.recv(Side::A));
    assert!(poll(waits.as_mut(), &first).is_pending() && poll(other.as_mut(), &second).is_pending());
    drop(waits);
    assert_eq!((first.times(), second.times(), Arc::strong_count(&first)), (0, 0, 1));
    queues.try_send(Side::A, 1).unwrap();
    assert_eq!((first.times(), second.times()), (0, 1));
}

#[test]
fn one_that_was_woken_in_vain_keeps_its_place() {
    let queues = Queues::new(4);
    let [first, second] = wakers();
    let (mut waits, mut other) = (pin!(queues.recv(Side::A)), pin!(queues.recv(Side::A)));
    assert!(poll(waits.as_mut(), &first).is_pending() && poll(other.as_mut(), &second).is_pending());
    queues.try_send(Side::A, 1).unwrap();
    assert_eq!(queues.try_recv(Side::A), Ok(1), "another receiver was faster");
    assert!(poll(waits.as_mut(), &first).is_pending());
    queues.try_send(Side::A, 2).unwrap();
    assert_eq!((first.times(), second.times()), (2, 0));
    // One that was not chosen may be polled, and receive.
    assert_eq!(poll(other, &second), Poll::Ready(Ok(2)));
    queues.try_send(Side::A, 3).unwrap();
    assert_eq!(poll(waits, &first), Poll::Ready(Ok(3)));
}

#[test]
fn the_last_waker_counts() {
    let queues = Queues::<u32>::new(4);
    let [old, new] = wakers();
    let mut waits = pin!(queues.recv(Side::A));
    assert!(poll(waits.as_mut(), &old).is_pending() && poll(waits.as_mut(), &new).is_pending());
    assert_eq!(Arc::strong_count(&old), 1, "the waker before is dropped");
    queues.try_send(Side::A, 1).unwrap();
    assert_eq!((old.times(), new.times()), (0, 1));
}

#[test]
fn closing_wakes_all_and_leaves_what_is_queued() {
    let queues = Queues::new(1);
    let [receiver, sender] = wakers();
    queues.try_send(Side::A, 1).unwrap();
    let (mut receives, mut sends) = (pin!(queues.recv(Side::B)), pin!(queues.send(Side::A, 2)));
    assert!(poll(receives.as_mut(), &receiver).is_pending() && poll(sends.as_mut(), &sender).is_pending());
    assert!(queues.close(Side::B).is_empty());
    assert_eq!((receiver.times(), sender.times()), (1, 1));
    assert_eq!(poll(receives, &receiver), Poll::Ready(Err(RecvError)));
    assert_eq!(poll(sends, &sender), Poll::Ready(Err(SendError(2))));
    assert_eq!(queues.try_send(Side::B, 3), Err(TrySendError::Closed(3)));
    // `A` can still receive the messages that were sent before.
    assert_eq!(queues.recv_blocking(Side::A), Ok(1));
    assert_eq!(queues.recv_blocking(Side::A), Err(RecvError));
}

#[test]
fn what_waits_at_the_side_that_closes_goes_back() {
    let queues = Queues::new(4);
    [1, 2, 3].into_iter().for_each(|n| queues.try_send(Side::A, n).unwrap());
    let taken = queues.recv_blocking(Side::A).unwrap();
    assert!(queues.take_back(Side::B).is_empty(), "not before it has closed");
    assert!(queues.close(Side::A).is_empty());
    assert_eq!(queues.try_recv(Side::A), Err(TryRecvError::Closed));
    assert!(queues.give_back(Side::A, taken).is_empty());
    assert_eq!(queues.take_back(Side::B), [1, 2, 3]);
    assert!(queues.give_back(Side::A, 4).is_empty());
    assert_eq!(queues.close(Side::B), [4], "the second one to close gets the rest");
    assert_eq!(queues.give_back(Side::A, 5), [5]);
}

/// Uses the queue when it is woken, and when it is dropped.
struct Reentrant(Weak<Queues<u32>>);

impl Reentrant {
    fn look(&self) {
        assert!(self.0.upgrade().is_none_or(|queues| !queues.is_closed()));
    }
}

impl Wake for Reentrant {
    fn wake(self: Arc<Self>) {
        self.look();
    }
}

impl Drop for Reentrant {
    fn drop(&mut self) {
        self.look();
    }
}

#[test]
fn wakers_run_under_no_lock() {
    let queues = Arc::new(Queues::new(1));
    let waker = || Waker::from(Arc::new(Reentrant(Arc::downgrade(&queues))));
    let mut waits = Box::pin(queues.recv(Side::A));
    for _ in 0..2 {
        assert!(waits.as_mut().poll(&mut Context::from_waker(&waker())).is_pending());
    }
    queues.try_send(Side::A, 1).unwrap();
    drop(waits);
    let mut unserved = Box::pin(queues.send(Side::A, 2));
    assert!(unserved.as_mut().poll(&mut Context::from_waker(&waker())).is_pending());
    assert_eq!(queues.try_recv(Side::A), Ok(1));
    assert_eq!(unserved.as_mut().poll(&mut Context::from_waker(&waker())), Poll::Ready(Ok(())));
}

#[test]
fn blocking_takes_no_wake_up_of_the_thread() {
    let queues = Arc::new(Queues::new(1));
    thread::current().unpark();
    // Not a scope: it parks its thread while it waits for the others.
    let sender = thread::spawn({
        let queues = Arc::clone(&queues);
        move || {
            thread::sleep(Duration::from_millis(20));
            queues.try_send(Side::A, 1).unwrap();
        }
    });
    assert_eq!(queues.recv_blocking(Side::A), Ok(1));
    sender.join().unwrap();
    let begun = Instant::now();
    thread::park_timeout(Duration::from_secs(100));
    assert!(begun.elapsed() < Duration::from_secs(50), "the program's own wake-up is still there");
}
