//! Messages between instances.

mod support;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use support::instances::{current, vnet};
use vimage::link::{self, RecvError, SendError, TryRecvError, TrySendError};
use vimage::prelude::*;

#[test]
fn messages_arrive_in_order_in_both_directions() {
    let (a, b) = (vnet(), vnet());
    let (left, right) = link::pair::<u32>(&a, &b).unwrap();
    for n in 0..10 {
        left.send(n).unwrap();
        right.try_send(100 + n).unwrap();
    }
    for n in 0..10 {
        assert_eq!((right.recv(), left.try_recv()), (Ok(n), Ok(100 + n)));
    }
    assert_eq!(left.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn a_full_link_is_an_error_or_a_wait_and_never_a_loss() {
    let (a, b) = (vnet(), vnet());
    let (left, right) = link::with_capacity::<u32>(2, &a, &b).unwrap();
    left.send(1).unwrap();
    left.send(2).unwrap();
    assert_eq!(left.try_send(3), Err(TrySendError::Full(3)));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| left.send(3));
        thread::sleep(Duration::from_millis(20));
        assert!(!waiting.is_finished());
        assert_eq!([right.recv(), right.recv(), right.recv()], [Ok(1), Ok(2), Ok(3)]);
        waiting.join().unwrap().unwrap();
    });
}

#[test]
fn a_dropped_end_closes_after_what_it_has_sent() {
    let (a, b) = (vnet(), vnet());
    let (left, right) = link::pair::<u32>(&a, &b).unwrap();
    left.send(1).unwrap();
    right.send(2).unwrap();
    right.send(3).unwrap();
    drop(left);
    assert!(right.is_closed());
    assert_eq!(right.recv(), Ok(1));
    assert_eq!((right.recv(), right.try_recv()), (Err(RecvError), Err(TryRecvError::Closed)));
    assert_eq!((right.send(4), right.try_send(5)), (Err(SendError(4)), Err(TrySendError::Closed(5))));
    // Messages that were not received are returned.
    assert_eq!(right.take_back(), [2, 3]);
    assert_eq!(right.take_back(), [0; 0]);
}

#[test]
fn who_waits_is_told_when_the_link_closes() {
    let (a, b) = (vnet(), vnet());
    let (left, right) = link::with_capacity::<u32>(1, &a, &b).unwrap();
    right.send(1).unwrap();
    thread::scope(|scope| {
        let (sender, receiver) = (scope.spawn(|| right.send(2)), scope.spawn(|| right.recv()));
        thread::sleep(Duration::from_millis(20));
        left.close();
        assert_eq!((sender.join().unwrap(), receiver.join().unwrap()), (Err(SendError(2)), Err(RecvError)));
    });
    assert_eq!(left.recv(), Err(RecvError));
    assert_eq!(right.take_back(), [1]);
}

#[test]
fn a_handler_runs_in_the_receivers_instance() {
    let (a, b) = (vnet(), vnet());
    let (left, right) = link::pair::<u32>(&a, &b).unwrap();
    let (told, heard) = mpsc::channel();
    let server = thread::spawn(move || right.serve(|message| told.send((message, current())).unwrap()));
    for n in 0..5 {
        a.enter(|| left.send(n)).unwrap();
    }
    drop(left);
    server.join().unwrap();
    assert_eq!(heard.iter().collect::<Vec<_>>(), (0..5).map(|n| (n, Some(b.id()))).collect::<Vec<_>>());

    let (left, right) = link::pair::<u32>(&a, &b).unwrap();
    assert_eq!(left.serve_pending(|_| panic!("there is nothing")), 0);
    right.send(1).unwrap();
    right.send(2).unwrap();
    assert_eq!(left.serve_pending(|_| assert_eq!(current(), Some(a.id()))), 2);
}

#[tokio::test]
async fn async_ends_wait_too() {
    let (a, b) = (vnet(), vnet());
    let (left, right) = link::with_capacity::<u32>(1, &a, &b).unwrap();
    let id = b.id();
    let server = tokio::spawn(async move {
        let mut sum = 0;
        right
            .serve_async(|message| {
                sum += message;
                async move {
                    assert_eq!(current(), Some(id));
                    tokio::task::yield_now().await;
                    assert_eq!(current(), Some(id));
                }
            })
            .await;
        sum
    });
    for n in 1..=100 {
        left.send_async(n).await.unwrap();
    }
    left.close();
    assert_eq!(left.recv_async().await, Err(RecvError));
    assert_eq!(server.await.unwrap(), 5050);
}

#[tokio::test]
async fn a_receiver_that_gives_up_loses_nothing() {
    let (a, b) = (vnet(), vnet());
    let (left, right) = link::pair::<u32>(&a, &b).unwrap();
    for n in 0..50 {
        let gave_up = tokio::time::timeout(Duration::from_micros(100), right.recv_async()).await;
        assert!(gave_up.is_err());
        left.send(n).unwrap();
        assert_eq!(right.recv_async().await, Ok(n));
    }
}

#[test]
fn ends_may_be_shared_between_threads_and_be_of_different_classes() {
    fn needs<T: Send + Sync + 'static>(_: &T) {}
    let a = vnet();
    let (left, right) = link::pair::<std::cell::Cell<u32>>(&a, &Vcpu::base().unwrap()).unwrap();
    needs(&left);
    assert_eq!(format!("{right:?}"), "Endpoint(Cpu#0, Live, open)");
}

#[cfg(feature = "vimage")]
mod instances {
    use super::*;
    use crate::support::drops::DropsIn;
    use std::sync::Mutex;

    #[test]
    fn it_keeps_neither_instance_and_closes_when_one_shuts_down() {
        for which in [0, 1] {
            let (a, b) = (vnet(), vnet());
            let (left, right) = link::pair::<u32>(&a, &b).unwrap();
            left.send(1).unwrap();
            right.send(2).unwrap();
            let (going, stays) = if which == 0 { (a, b) } else { (b, a) };
            going.destroy().unwrap();
            let (end, other, sent, arrived) = if which == 0 { (&right, &left, 2, 1) } else { (&left, &right, 1, 2) };
            assert_eq!(end.recv(), Ok(arrived));
            assert_eq!(end.recv(), Err(RecvError));
            assert_eq!(end.take_back(), [sent]);
            assert_eq!(other.try_recv(), Err(TryRecvError::Closed));
            stays.destroy().unwrap();
        }
    }

    #[test]
    fn a_link_between_vimages_runs_handlers_in_all_their_instances() {
        let fresh =
            || Vimage::builder().fresh::<vimage::kernel::Net>().fresh::<vimage::kernel::Cpu>().create().unwrap();
        let (red, blue) = (fresh(), fresh());
        let (left, right) = link::pair::<u32>(&red, &blue).unwrap();
        left.send(1).unwrap();
        let mut seen = Vec::new();
        assert_eq!(right.serve_pending(|n| seen.push((n, Vimage::current()))), 1);
        let [(1, Some(there))] = &seen[..] else { panic!("{seen:?}") };
        assert_eq!(format!("{there:?}"), format!("{blue:?}"));
        drop(seen);
        left.send(2).unwrap();
        // One instance is enough to close it.
        blue.destroy().unwrap();
        assert_eq!((left.recv(), right.recv(), left.take_back()), (Err(RecvError), Err(RecvError), vec![2]));
        red.destroy().unwrap();
        assert!(link::pair::<u32>(&Vnet::base().unwrap(), &Vimage::base().unwrap()).is_ok());
    }

    #[test]
    fn an_instance_that_is_shutting_down_gets_no_link() {
        let (a, b) = (vnet(), vnet());
        b.shutdown().unwrap();
        let error = link::pair::<u32>(&a, &b).unwrap_err();
        assert_eq!(error.to_string(), format!("Net#{} is shutting down: no value can be bound to it", b.id()));
        assert!(link::pair::<u32>(&b, &a).is_err());
        a.destroy().unwrap();
    }

    #[test]
    fn messages_that_nobody_wants_are_dropped_where_they_belong() {
        let (a, b) = (vnet(), vnet());
        let (told, heard) = mpsc::channel();
        let message = || DropsIn(told.clone());
        let (ids, all) = ((Some(a.id()), Some(b.id())), || heard.try_iter().collect::<Vec<_>>());

        // The last end drops them, in its instance.
        let (left, right) = link::pair(&a, &b).unwrap();
        left.send(message()).unwrap();
        right.send(message()).unwrap();
        drop(left);
        assert_eq!(all(), []);
        vnet().enter(|| drop(right));
        assert_eq!(all(), [ids.1; 2]);

        // The instance that shuts down last drops them.
        let (left, right) = link::pair(&a, &b).unwrap();
        left.send(message()).unwrap();
        right.send(message()).unwrap();
        b.destroy().unwrap();
        assert_eq!(all(), []);
        a.destroy().unwrap();
        assert_eq!(all(), [ids.0; 2]);
        drop((left, right));
        assert_eq!(all(), []);
    }

    #[test]
    fn a_server_goes_with_its_instance() {
        let (a, b) = (vnet(), vnet());
        let (left, right) = link::pair::<u32>(&a, &b).unwrap();
        let server = thread::spawn(move || right.serve(|_| ()));
        left.send(1).unwrap();
        b.destroy_within(Duration::from_secs(10)).unwrap();
        server.join().unwrap();
        assert!(left.is_closed());
    }

    #[vnet_module]
    mod epair {
        use std::sync::Mutex;
        use vimage::link::Endpoint;
        use vimage::prelude::*;

        /// An end that lives in its instance.
        #[virtualized]
        pub static END: Mutex<Option<Endpoint<u32>>> = Mutex::new(None);
    }

    #[test]
    fn an_end_may_live_in_a_variable_of_its_instance() {
        let (a, b) = (vnet(), vnet());
        let (left, right) = link::pair(&a, &b).unwrap();
        *epair::V_END.of(&a).lock().unwrap() = Some(left);
        right.send(1).unwrap();
        a.destroy().unwrap();
        assert_eq!((right.recv(), right.take_back()), (Err(RecvError), vec![1]));
        b.destroy().unwrap();
    }

    /// Every message is received, handed back, or back with its sender; none twice.
    #[test]
    fn nothing_is_lost_when_instances_go_in_the_middle() {
        for round in 0..support::rounds(200) {
            let (a, b) = (vnet(), vnet());
            let (left, right) = link::with_capacity::<u32>(4, &a, &b).unwrap();
            let handled = Mutex::new(Vec::new());
            let id = b.id();
            let mut accounted = thread::scope(|scope| {
                scope.spawn(|| {
                    right.serve(|message| {
                        assert_eq!(current(), Some(id));
                        handled.lock().unwrap().push(message);
                    });
                });
                let sender = scope.spawn(|| {
                    let mut unsent = Vec::new();
                    for n in 0..100 {
                        if let Err(SendError(message)) = left.send(n) {
                            unsent.push(message);
                        }
                    }
                    unsent
                });
                for _ in 0..round % 7 {
                    thread::yield_now();
                }
                b.destroy_within(Duration::from_secs(10)).unwrap();
                sender.join().unwrap()
            });
            accounted.extend(left.take_back());
            accounted.extend(handled.into_inner().unwrap());
            accounted.sort_unstable();
            assert_eq!(accounted, (0..100).collect::<Vec<_>>());
        }
    }
}
