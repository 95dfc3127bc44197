//! Contexts that travel with futures.

mod support;

use std::pin::pin;
use std::task::Poll;

use support::instances::{current, vnet};
use support::polls::{poll, step};
use vimage::prelude::*;

async fn seen() -> [Option<u64>; 3] {
    let first = current();
    step().await;
    let second = current();
    step().await;
    [first, second, current()]
}

#[test]
fn each_poll_is_in_the_instance_and_nothing_between() {
    let (red, green) = (vnet(), vnet());
    let mut future = pin!(seen().within(&red));
    assert!(poll(future.as_mut()).is_pending());
    assert_eq!(current(), if cfg!(feature = "vimage") { None } else { Some(0) });
    assert!(green.enter(|| poll(future.as_mut())).is_pending());
    assert_eq!(poll(future.as_mut()), Poll::Ready([Some(red.id()); 3]));
}

#[test]
fn futures_interleave() {
    let (red, green) = (vnet(), vnet());
    let (mut a, mut b) = (pin!(seen().within(&red)), pin!(seen().within(&green)));
    for _ in 0..2 {
        assert!(poll(a.as_mut()).is_pending() && poll(b.as_mut()).is_pending());
    }
    assert_eq!(poll(b.as_mut()), Poll::Ready([Some(green.id()); 3]));
    assert_eq!(poll(a.as_mut()), Poll::Ready([Some(red.id()); 3]));
}

#[test]
fn a_vimage_and_the_contexts_of_a_thread_work_too() {
    let base = vimage::boot().unwrap();
    let future = pin!(async { (Vnet::current().is_some(), Vcpu::current().is_some()) }.within(&base));
    assert_eq!(poll(future), Poll::Ready((true, true)));
    let red = vnet();
    let future = pin!(red.enter(|| async { current() }.within_current()));
    assert_eq!(poll(future), Poll::Ready(Some(red.id())));
}

#[test]
fn what_is_no_future_is_used_in_the_instance_too() {
    let red = vnet();
    let mut ids = pin!(vimage::future::Within::new(Vec::new(), &red));
    ids.as_mut().with_pin_mut(|mut ids| ids.push(current()));
    vnet().enter(|| ids.as_mut().with_pin_mut(|mut ids| ids.push(current())));
    assert_eq!(ids.with(|ids| (ids.clone(), current())), (vec![Some(red.id()); 2], Some(red.id())));
    assert_eq!(ids.context(), &red);
}

#[test]
fn it_is_send_when_the_future_is() {
    fn needs<T: Send + Sync + 'static>(_: &T) {}
    let red = vnet();
    needs(&seen().within(&red));
    needs(&seen().within(&vimage::boot().unwrap()));
    needs(&seen().within_current());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_move_between_threads() {
    let vnets: Vec<Vnet> = (0..8).map(|_| vnet()).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for vnet in &vnets {
        let id = vnet.id();
        let task = async move {
            for _ in 0..50 {
                assert_eq!(current(), Some(id));
                tokio::task::yield_now().await;
            }
        };
        tasks.spawn(task.within(vnet));
    }
    assert_eq!(tasks.join_all().await.len(), 8);
}

#[cfg(feature = "vimage")]
mod instances {
    use super::*;
    use crate::support::drops::DropsIn;
    use crate::support::panics::panics;
    use std::sync::mpsc;
    use vimage::DestroyError;

    async fn wait_with(owned: DropsIn) {
        step().await;
        drop(owned);
    }

    #[test]
    fn a_future_is_dropped_in_its_instance_wherever_it_has_got_to() {
        let red = vnet();
        let (told, heard) = mpsc::channel();
        drop(wait_with(DropsIn(told.clone())).within(&red));
        assert_eq!(heard.recv().unwrap(), Some(red.id()));

        let mut suspended = Box::pin(wait_with(DropsIn(told.clone())).within(&red));
        assert!(poll(suspended.as_mut()).is_pending());
        vnet().enter(|| drop(suspended));
        assert_eq!(heard.recv().unwrap(), Some(red.id()));

        let mut done = Box::pin(wait_with(DropsIn(told)).within(&red));
        while poll(done.as_mut()).is_pending() {}
        drop(done);
        assert_eq!(heard.recv().unwrap(), Some(red.id()));
        red.destroy().unwrap();
    }

    #[test]
    fn what_is_no_future_is_dropped_in_its_instance_too() {
        let red = vnet();
        let (told, heard) = mpsc::channel();
        let owned = vimage::future::Within::new(DropsIn(told), &red);
        vnet().enter(|| drop(owned));
        assert_eq!(heard.recv().unwrap(), Some(red.id()));
        red.destroy().unwrap();
    }

    #[test]
    fn it_is_also_dropped_there_while_a_panic_unwinds() {
        let red = vnet();
        let (told, heard) = mpsc::channel();
        assert!(panics(|| {
            let mut future = pin!(wait_with(DropsIn(told)).within(&red));
            assert!(poll(future.as_mut()).is_pending());
            panic!("on purpose");
        }));
        assert_eq!(heard.recv().unwrap(), Some(red.id()));
        assert_eq!(current(), None);
        red.destroy().unwrap();
    }

    #[test]
    fn a_panic_in_a_poll_restores_the_context() {
        let (red, green) = (vnet(), vnet());
        green.enter(|| {
            let mut future = Box::pin(async { panic!("on purpose") }.within(&red));
            assert!(panics(|| _ = poll::<vimage::future::Within<_, _>>(future.as_mut())));
            assert_eq!(current(), Some(green.id()));
        });
    }

    #[vnet_module]
    mod tasks {
        use std::future::Future;
        use std::pin::Pin;
        use std::sync::Mutex;
        use vimage::prelude::*;

        type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

        /// The tasks of the instance, which may be bound to other instances.
        #[virtualized]
        pub static TASKS: Mutex<Vec<SyncTask>> = Mutex::new(Vec::new());

        pub struct SyncTask(#[expect(dead_code, reason = "kept until it is dropped")] pub Mutex<Task>);

        #[quiesce]
        fn iquiesce() {
            V_TASKS.lock().unwrap().retain(|_| !super::LETS_GO.with(std::cell::Cell::get));
        }
    }

    thread_local! {
        static LETS_GO: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }

    /// A future of one instance is kept in a variable of another, which is torn down: no context but its own.
    #[test]
    fn a_future_of_another_instance_is_dropped_there_during_teardown() {
        let (red, green) = (vnet(), vnet());
        let (told, heard) = mpsc::channel();
        let task = Box::pin(wait_with(DropsIn(told)).within(&red));
        tasks::V_TASKS.of(&green).lock().unwrap().push(tasks::SyncTask(std::sync::Mutex::new(task)));
        green.destroy().unwrap();
        assert_eq!(heard.recv().unwrap(), Some(red.id()));
        red.destroy().unwrap();
    }

    /// The last handle to an instance is in the future that is being dropped.
    #[test]
    fn a_future_may_hold_the_last_handle() {
        let red = vnet();
        let (weak, id) = (red.downgrade(), red.id());
        let (told, heard) = mpsc::channel();
        let future = wait_with(DropsIn(told)).within(&red);
        let Err(DestroyError::Busy { instance: red, .. }) = red.destroy() else { panic!("the future holds it") };
        drop(red);
        assert!(weak.upgrade().is_some());
        drop(future);
        assert_eq!(heard.recv().unwrap(), Some(id));
        assert!(weak.upgrade().is_none());
    }

    #[test]
    fn a_quiesce_hook_lets_go_of_tasks_of_its_own() {
        let red = vnet();
        let (told, heard) = mpsc::channel();
        let task = Box::pin(wait_with(DropsIn(told)).within(&red));
        tasks::V_TASKS.of(&red).lock().unwrap().push(tasks::SyncTask(std::sync::Mutex::new(task)));
        let Err(DestroyError::Busy { instance: red, .. }) = red.destroy() else { panic!("it holds itself") };
        LETS_GO.set(true);
        let id = red.id();
        red.destroy().unwrap();
        LETS_GO.set(false);
        assert_eq!(heard.recv().unwrap(), Some(id));
    }
}
