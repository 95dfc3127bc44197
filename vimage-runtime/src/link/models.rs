//! Models of the queues of a link: each message is received once, and no waiter is forgotten, whatever is cancelled or
//! closed when. A lost wake-up is a deadlock, which the checker reports.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use shuttle::thread;

use super::error::SendError;
use super::queue::{Queues, Side};
use crate::models::check;

/// Polls twice, and gives up if the future still waits.
fn try_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    // Another thread may choose this waiter between the two polls, or after them.
    for _ in 0..2 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Some(output);
        }
        thread::yield_now();
    }
    None
}

#[test]
fn blocked_senders_and_receivers() {
    check(|| {
        let queues = Arc::new(Queues::new(1));
        let senders = [1, 2].map(|n| {
            let queues = Arc::clone(&queues);
            thread::spawn(move || [n, 10 * n].map(|n| queues.send_blocking(Side::A, n).unwrap()))
        });
        let receivers = [(); 2].map(|()| {
            let queues = Arc::clone(&queues);
            thread::spawn(move || [(); 2].map(|()| queues.recv_blocking(Side::A).unwrap()))
        });
        let mut received: Vec<u32> = receivers.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        received.sort_unstable();
        assert_eq!(received, [1, 2, 10, 20]);
        senders.into_iter().for_each(|thread| _ = thread.join().unwrap());
    });
}

#[test]
fn a_receiver_is_cancelled_while_another_waits() {
    check(|| {
        let queues = Arc::new(Queues::new(1));
        let gives_up = {
            let queues = Arc::clone(&queues);
            thread::spawn(move || try_once(queues.recv(Side::A)))
        };
        let waits = {
            let queues = Arc::clone(&queues);
            thread::spawn(move || queues.recv_blocking(Side::A).unwrap())
        };
        queues.send_blocking(Side::A, 1).unwrap();
        match gives_up.join().unwrap() {
            // The other receiver needs a message of its own.
            Some(received) => {
                assert_eq!(received, Ok(1));
                queues.send_blocking(Side::A, 2).unwrap();
                assert_eq!(waits.join().unwrap(), 2);
            }
            None => assert_eq!(waits.join().unwrap(), 1),
        }
    });
}

#[test]
fn a_sender_is_cancelled_while_another_waits() {
    check(|| {
        let queues = Arc::new(Queues::new(1));
        queues.try_send(Side::A, 0).unwrap();
        let gives_up = {
            let queues = Arc::clone(&queues);
            thread::spawn(move || try_once(queues.send(Side::A, 1)))
        };
        let waits = {
            let queues = Arc::clone(&queues);
            thread::spawn(move || queues.send_blocking(Side::A, 2).unwrap())
        };
        assert_eq!(queues.recv_blocking(Side::A), Ok(0));
        let mut expected = vec![2];
        if let Some(sent) = gives_up.join().unwrap() {
            assert_eq!(sent, Ok(()));
            expected.insert(0, 1);
        }
        let mut received: Vec<u32> = expected.iter().map(|_| queues.recv_blocking(Side::A).unwrap()).collect();
        received.sort_unstable();
        assert_eq!(received, expected);
        waits.join().unwrap();
    });
}

#[test]
fn both_sides_close_while_others_wait() {
    check(|| {
        let queues = Arc::new(Queues::new(1));
        let sender = {
            let queues = Arc::clone(&queues);
            thread::spawn(move || [1, 2, 3].map(|n| queues.send_blocking(Side::A, n)))
        };
        let receiver = {
            let queues = Arc::clone(&queues);
            thread::spawn(move || queues.recv_blocking(Side::A))
        };
        let closer = {
            let queues = Arc::clone(&queues);
            thread::spawn(move || queues.close(Side::B))
        };
        let mut seen = queues.close(Side::A);
        seen.extend(closer.join().unwrap());
        if let Ok(received) = receiver.join().unwrap() {
            seen.insert(0, received);
        }
        // Accepted messages were received, or given to the side that closed second. The sender got back the others.
        let sent = sender.join().unwrap();
        let accepted: Vec<u32> = (1..).zip(&sent).filter(|(_, sent)| sent.is_ok()).map(|(n, _)| n).collect();
        assert_eq!(seen, accepted);
        let refused: Vec<u32> = sent.into_iter().filter_map(Result::err).map(SendError::into_inner).collect();
        assert_eq!([accepted, refused].concat(), [1, 2, 3]);
        assert_eq!(queues.take_back(Side::B), []);
    });
}
