//! Attempts of futures, threads and callbacks to run in a destroyed instance, or in another one than theirs.

#![cfg(feature = "vimage")]

mod support;

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use support::instances::{is_gone, wait_until};
use support::panics::panics;
use support::polls::{poll, step};
use vimage::prelude::*;
use vimage::{Contexts, DestroyError, isolated};

#[vnet_module]
mod counter {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    pub static COUNTER: AtomicU64 = AtomicU64::new(0);
    #[virtualized]
    pub static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    #[virtualized]
    pub static FUTURES: Mutex<Vec<super::Task>> = Mutex::new(Vec::new());

    pub fn count() -> u64 {
        V_COUNTER.fetch_add(1, Relaxed) + 1
    }

    /// Counts before each of its steps, wherever that is.
    pub async fn count_in_steps(steps: usize) -> u64 {
        let mut sum = V_COUNTER.fetch_add(1, Relaxed);
        for _ in 0..steps {
            super::step().await;
            sum += V_COUNTER.fetch_add(1, Relaxed);
            V_NAMES.lock().unwrap().push(format!("{}", V_COUNTER.load(Relaxed)));
        }
        sum
    }
}

type Task = Pin<Box<dyn Future<Output = u64> + Send>>;

fn counted(vnet: &Vnet) -> u64 {
    counter::V_COUNTER.of(vnet).load(SeqCst)
}

/// Counts where it is dropped.
struct CountsInDrop;

impl Drop for CountsInDrop {
    fn drop(&mut self) {
        counter::count();
    }
}

#[test]
fn a_future_polled_on_two_threads_counts_where_it_is_polled() {
    let vnets = [Vnet::new().unwrap(), Vnet::new().unwrap()];
    let (send, tasks) = mpsc::channel::<Task>();
    let tasks = Mutex::new(tasks);
    send.send(Box::pin(counter::count_in_steps(9))).unwrap();
    thread::scope(|scope| {
        for vnet in &vnets {
            let (send, tasks) = (send.clone(), &tasks);
            scope.spawn(move || {
                for _ in 0..5 {
                    let mut task = tasks.lock().unwrap().recv().unwrap();
                    vnet.enter(|| _ = poll(task.as_mut()).is_ready());
                    send.send(task).unwrap();
                    thread::yield_now();
                }
            });
        }
    });
    assert_eq!(vnets.iter().map(counted).sum::<u64>(), 10);
    assert_eq!(vnets.each_ref().map(counted), [5, 5]);
}

#[test]
fn a_future_started_in_an_instance_that_is_gone_finds_none() {
    let vnet = Vnet::new().unwrap();
    let mut future = pin!(counter::count_in_steps(2));
    assert!(vnet.enter(|| poll(future.as_mut())).is_pending());
    vnet.destroy().unwrap();
    assert!(panics(|| _ = poll(future.as_mut()).is_ready()));
}

#[test]
fn futures_within_keep_their_instances_and_end_in_either_order() {
    for first_first in [true, false] {
        for polled in 0..3 {
            let (red, green) = (Vnet::new().unwrap(), Vnet::new().unwrap());
            let task = |vnet: &Vnet| -> Task {
                Box::pin(
                    async {
                        let _counts = CountsInDrop;
                        counter::count_in_steps(5).await
                    }
                    .within(vnet),
                )
            };
            let mut tasks = vec![task(&red), task(&green)];
            for _ in 0..polled {
                tasks.iter_mut().for_each(|task| assert!(poll(task.as_mut()).is_pending()));
            }
            let red = red.destroy().unwrap_err().into_instance().unwrap();
            let expected = if polled > 0 { polled + 1 } else { 0 };
            drop(tasks.remove(usize::from(!first_first)));
            drop(tasks);
            assert_eq!([&red, &green].map(counted), [expected; 2], "what was started was dropped in its instance");
            red.destroy().unwrap();
            green.destroy().unwrap();
        }
    }
}

#[test]
fn a_future_may_hold_the_last_handle() {
    let vnet = Vnet::new().unwrap();
    let weak = vnet.downgrade();
    let mut future = Box::pin(counter::count_in_steps(1).within(&vnet));
    drop(vnet);
    assert!(poll(future.as_mut()).is_pending());
    assert_eq!(poll(future.as_mut()), Poll::Ready(1));
    assert!(!is_gone(weak));
    drop(future);
    assert!(is_gone(weak));
}

#[test]
fn a_future_in_a_variable_of_its_own_instance_keeps_it() {
    let vnet = Vnet::new().unwrap();
    let weak = vnet.downgrade();
    let task: Task = Box::pin(counter::count_in_steps(1).within(&vnet));
    counter::V_FUTURES.of(&vnet).lock().unwrap().push(task);
    drop(vnet);
    let vnet = weak.upgrade().expect("it keeps itself");
    let mut task = counter::V_FUTURES.of(&vnet).lock().unwrap().pop().unwrap();
    assert!(isolated(|| poll(task.as_mut())).is_pending());
    drop(vnet);
    drop(task);
    assert!(is_gone(weak));
}

#[test]
fn a_future_that_panics_leaves_its_instance_and_is_dropped_in_it() {
    let (red, green) = (Vnet::new().unwrap(), Vnet::new().unwrap());
    let mut future = Box::pin(
        async {
            let _counts = CountsInDrop;
            step().await;
            panic!("on purpose")
        }
        .within(&red),
    );
    green.enter(|| {
        assert!(poll(future.as_mut()).is_pending());
        assert!(panics(|| _ = poll(future.as_mut()).is_ready()));
        assert_eq!(Vnet::current().as_ref(), Some(&green));
        // A second poll of it panics as well, but not in another instance.
        assert!(panics(|| _ = poll(future.as_mut()).is_ready()));
        drop(future);
    });
    assert_eq!([&red, &green].map(counted), [1, 0]);
}

#[test]
fn a_waker_may_drop_the_last_handle_during_a_poll() {
    struct Owner(Mutex<Option<Vnet>>);
    impl Wake for Owner {
        fn wake(self: Arc<Self>) {
            drop(self.0.lock().unwrap().take());
        }
    }
    let vnet = Vnet::new().unwrap();
    let weak = vnet.downgrade();
    let waker = Waker::from(Arc::new(Owner(Mutex::new(Some(vnet.clone())))));
    let future = poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::Ready(counter::count())
    });
    let mut future = Box::pin(future.within(&vnet));
    drop(vnet);
    assert_eq!(future.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Ready(1));
    assert!(!is_gone(weak));
    drop(future);
    assert!(is_gone(weak));
}

#[test]
fn a_scoped_thread_outlives_the_enter_it_was_spawned_in_and_the_handle() {
    let go = Barrier::new(2);
    let weak = vimage::thread::scope(|scope| {
        let vnet = Vnet::new().unwrap();
        vnet.enter(|| {
            scope.spawn(|| {
                go.wait();
                assert_eq!(counter::count(), 1);
            });
        });
        let weak = vnet.downgrade();
        assert!(matches!(vnet.destroy(), Err(DestroyError::Busy { .. })));
        go.wait();
        weak
    });
    // The scope has waited for the thread, which may be about to drop its handle.
    wait_until(|| is_gone(weak));
}

#[test]
fn a_scoped_thread_of_std_inherits_nothing() {
    let vnet = Vnet::new().unwrap();
    vnet.enter(|| thread::scope(|scope| assert!(scope.spawn(counter::count).join().is_err())));
    // A reference may be lent to it for as long as the context lasts.
    vnet.enter(|| {
        counter::V_COUNTER
            .with_current(|counter| thread::scope(|scope| _ = scope.spawn(|| counter.fetch_add(1, Relaxed))));
    });
    assert_eq!(counted(&vnet), 1);
}

#[test]
fn a_bound_closure_may_hold_the_last_handle_and_what_it_owns_ends_in_it() {
    let ended = Arc::new(AtomicU64::new(0));
    struct Tells(Arc<AtomicU64>);
    impl Drop for Tells {
        fn drop(&mut self) {
            self.0.store(counter::count(), SeqCst);
        }
    }
    for called in [true, false] {
        let vnet = Vnet::new().unwrap();
        let weak = vnet.downgrade();
        let tells = Tells(Arc::clone(&ended));
        let bound = vnet.bind(move || {
            counter::count();
            drop(tells);
        });
        drop(vnet);
        if called {
            bound();
        } else {
            drop(bound);
        }
        assert_eq!(ended.load(SeqCst), if called { 2 } else { 1 });
        assert!(is_gone(weak));
    }
}

#[test]
fn contexts_are_held_by_whoever_has_them() {
    let (red, green) = (Vnet::new().unwrap(), Vnet::new().unwrap());
    let contexts = red.enter(Contexts::current);
    let weak = red.downgrade();
    drop(red);
    thread::spawn(move || {
        green.enter(|| contexts.enter(|| assert_eq!(counter::count(), 1)));
        assert_eq!(counted(&green), 0);
        drop(contexts);
    })
    .join()
    .unwrap();
    assert!(is_gone(weak));
}

#[test]
fn what_is_held_is_read_and_let_go_of_on_any_thread() {
    let vnet = Vnet::new().unwrap();
    let weak = vnet.downgrade();
    let held = vnet.enter(|| counter::V_NAMES.held());
    drop(vnet);
    thread::scope(|scope| {
        for name in ["a", "b", "c", "d"] {
            let held = held.clone();
            scope.spawn(move || held.lock().unwrap().push(name.to_owned()));
        }
    });
    held.lock().unwrap().sort_unstable();
    assert_eq!(*held.lock().unwrap(), ["a", "b", "c", "d"]);
    thread::spawn(move || drop(held)).join().unwrap();
    // The threads of the scope may be about to drop theirs.
    wait_until(|| is_gone(weak));
}

#[test]
fn an_iterator_that_is_returned_runs_elsewhere() {
    let vnet = Vnet::new().unwrap();
    let lazy = vnet.enter(|| (0..3).map(|_| counter::count()));
    vnet.destroy().unwrap();
    assert!(panics(|| _ = lazy.sum::<u64>()));
    let list = Vnet::new().unwrap().enter(Vnet::list);
    // Destroyed instances are not found.
    assert_eq!(list.count(), 0);
}
