//! Contexts that travel with closures and threads.

mod support;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use support::instances::{current, vnet};
use vimage::prelude::*;
use vimage::{Contexts, isolated};

#[vnet_module]
mod counter {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    pub static COUNTER: AtomicU64 = AtomicU64::new(0);

    pub fn count() -> u64 {
        V_COUNTER.fetch_add(1, Relaxed) + 1
    }
}

vimage::class! {
    /// Falls back on its base instance.
    pub struct Tenant;
    no_context = base
}

#[vimage::module(class = crate::Tenant)]
mod tenant {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    pub static REQUESTS: AtomicU64 = AtomicU64::new(0);

    pub fn request() -> u64 {
        V_REQUESTS.fetch_add(1, Relaxed) + 1
    }
}

#[test]
fn a_bound_closure_runs_there_on_any_thread() {
    let red = vnet();
    let job = red.bind(current);
    assert_eq!(thread::spawn(job).join().unwrap(), Some(red.id()));
    let mut ticks = 0;
    let mut tick = red.bind_mut(|| {
        ticks += 1;
        current()
    });
    assert_eq!((tick(), tick()), (Some(red.id()), Some(red.id())));
    drop(tick);
    assert_eq!(ticks, 2);
    let callback = red.bind_fn(current);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert_eq!(callback(), Some(red.id())));
        }
    });
}

#[test]
fn a_bound_closure_is_send_and_static_when_the_closure_is() {
    fn needs<F: Send + Sync + 'static>(_: F) {}
    let red = vnet();
    needs(red.bind(|| ()));
    needs(red.bind_weak(|| ()));
    needs(red.downgrade().bind_fn(|| ()));
    needs(vimage::boot().unwrap().bind(|| ()));
}

#[test]
fn a_vimage_binds_every_class() {
    let base = vimage::boot().unwrap();
    let job = base.bind(|| (Vnet::current().is_some(), Vcpu::current().is_some(), Vprocg::current().is_some()));
    assert_eq!(thread::spawn(job).join().unwrap(), (true, true, true));
}

#[test]
fn a_weak_closure_runs_while_the_instance_lives() {
    let red = vnet();
    let mut tick = red.downgrade().bind_mut(current);
    assert_eq!(tick(), Some(Some(red.id())));
    assert_eq!(red.bind_weak(current)(), Some(Some(red.id())));
    #[cfg(feature = "vimage")]
    {
        let once = red.bind_weak(current);
        red.destroy().unwrap();
        assert_eq!((tick(), once()), (None, None));
    }
}

#[test]
fn a_child_inherits_each_class_and_nothing_else() {
    let red = vnet();
    red.enter(|| {
        let child = vimage::thread::spawn(|| (current(), Vcpu::current().is_some()));
        // A partial context: there is no current `Vcpu` here.
        assert_eq!(child.join().unwrap(), (Some(red.id()), !cfg!(feature = "vimage")));
        let named = vimage::thread::Builder::new().name("worker".to_owned()).stack_size(1 << 20);
        let seen = named.spawn(|| (thread::current().name().map(str::to_owned), current())).unwrap().join().unwrap();
        assert_eq!(seen, (Some("worker".to_owned()), Some(red.id())));
    });
}

#[test]
fn grandchildren_inherit_too() {
    let red = vnet();
    let child = red.enter(|| vimage::thread::spawn(|| vimage::thread::spawn(current).join().unwrap()));
    assert_eq!(child.join().unwrap(), Some(red.id()));
}

#[test]
fn isolated_work_has_no_context_and_leaves_it_as_it_was() {
    let red = vnet();
    red.enter(|| {
        let inside = isolated(current);
        assert_eq!(inside, if cfg!(feature = "vimage") { None } else { Some(0) });
        assert_eq!(isolated(|| red.enter(current)), Some(red.id()));
        assert_eq!(current(), Some(red.id()));
    });
}

#[test]
fn contexts_are_restored_exactly() {
    let (red, green) = (vnet(), vnet());
    let (here, nowhere) = (red.enter(Contexts::current), Contexts::current());
    green.enter(|| {
        assert_eq!(here.enter(current), Some(red.id()));
        assert_eq!(nowhere.enter(current), if cfg!(feature = "vimage") { None } else { Some(0) });
        assert_eq!(current(), Some(green.id()));
    });
}

#[test]
fn scoped_threads_borrow_and_inherit() {
    let red = vnet();
    let before = counter::V_COUNTER.of(&red).load(Relaxed);
    let seen = AtomicU64::new(0);
    vimage::thread::scope(|scope| {
        // References to the scope work as with std's.
        let handles: Vec<_> = (0..4)
            .map(|_| {
                red.enter(|| {
                    scope.spawn(|| {
                        seen.fetch_add(1, Relaxed);
                        scope.spawn(counter::count).join().unwrap()
                    })
                })
            })
            .collect();
        assert!(handles.into_iter().all(|handle| handle.join().unwrap() > before));
    });
    assert_eq!(seen.into_inner(), 4);
    assert_eq!(counter::V_COUNTER.of(&red).load(Relaxed), before + 4);
}

#[test]
fn a_child_without_a_context_falls_back_as_its_class_says() {
    let base = vimage::Instance::<Tenant>::base().unwrap();
    let (before, after) = thread::spawn(move || {
        let before = tenant::V_REQUESTS.of(&base).load(Relaxed);
        vimage::thread::spawn(tenant::request).join().unwrap();
        (before, tenant::V_REQUESTS.of(&base).load(Relaxed))
    })
    .join()
    .unwrap();
    assert_eq!(after, before + 1);
}

#[cfg(feature = "vimage")]
mod instances {
    use super::*;
    use crate::support::drops::DropsIn;
    use crate::support::panics::panics;
    use std::sync::atomic::AtomicBool;
    use std::sync::{Mutex, mpsc};
    use vimage::DestroyError;

    #[test]
    fn what_a_closure_owns_is_dropped_in_its_instance() {
        let red = vnet();
        let (told, heard) = mpsc::channel();
        let owned = || DropsIn(told.clone());

        let (called, uncalled, weak) = (owned(), owned(), owned());
        red.bind(move || drop(called))();
        drop(red.bind(move || drop(uncalled)));
        drop(red.bind_weak(move || drop(weak)));
        let (repeated, shared) = (owned(), owned());
        drop(red.bind_mut(move || _ = &repeated));
        drop(red.bind_fn(move || _ = &shared));
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), [Some(red.id()); 5]);

        // A destroyed instance is not replaced by the current one.
        let late = owned();
        let orphan = red.bind_weak(move || drop(late));
        red.destroy().unwrap();
        vnet().enter(|| drop(orphan));
        assert_eq!(heard.try_recv().unwrap(), None);
    }

    #[test]
    fn a_bound_closure_holds_and_a_weak_one_does_not() {
        let red = vnet();
        let weak = red.bind_weak(|| ());
        let job = red.bind(current);
        let Err(DestroyError::Busy { instance: red, .. }) = red.destroy() else { panic!("the closure holds it") };
        drop(job);
        red.destroy().unwrap();
        assert_eq!(weak(), None);
    }

    /// The thread runs on after `enter` has returned and the handle was dropped.
    #[test]
    fn threads_may_outlive_the_enter_they_were_started_in() {
        let red = vnet();
        let weak = red.downgrade();
        let (go, gone) = mpsc::channel::<()>();
        vimage::thread::scope(|scope| {
            let child = red.enter(|| {
                scope.spawn(move || {
                    gone.recv().unwrap();
                    (0..support::rounds(1000)).map(|_| counter::count()).max()
                })
            });
            drop(red);
            assert!(weak.upgrade().is_some(), "the thread holds it");
            go.send(()).unwrap();
            assert_eq!(child.join().unwrap(), Some(support::rounds(1000) as u64));
            assert!(weak.upgrade().is_none(), "it went with the thread");
        });
    }

    #[test]
    fn a_thread_that_panics_lets_go() {
        let red = vnet();
        let child = red.enter(|| vimage::thread::spawn(|| panic!("on purpose")));
        assert!(child.join().is_err());
        red.destroy().unwrap();
    }

    type Child<T> = Mutex<Option<thread::JoinHandle<T>>>;

    static IN_DETACH: Child<(Option<u64>, bool)> = Mutex::new(None);
    static TENANT_IN_DETACH: Child<bool> = Mutex::new(None);
    static ARMED: AtomicBool = AtomicBool::new(false);

    #[vnet_module]
    mod starts_threads {
        use vimage::prelude::*;

        #[detach]
        fn idetach() {
            if super::ARMED.load(super::Relaxed) {
                // The thread outlives the instance.
                let child = vimage::thread::spawn(|| {
                    super::thread::sleep(std::time::Duration::from_millis(20));
                    (super::current(), super::panics(super::counter::count))
                });
                *super::IN_DETACH.lock().unwrap() = Some(child);
            }
        }
    }

    #[vimage::module(class = crate::Tenant)]
    mod starts_threads_of_a_tenant {
        use vimage::prelude::*;

        #[detach]
        fn idetach() {
            // The child must not end up in the base instance instead.
            let child = vimage::thread::spawn(|| super::panics(super::tenant::request));
            *super::TENANT_IN_DETACH.lock().unwrap() = Some(child);
        }
    }

    #[test]
    fn a_thread_from_a_detach_hook_has_no_context() {
        let red = vnet();
        ARMED.store(true, Relaxed);
        red.destroy().unwrap();
        ARMED.store(false, Relaxed);
        let child = IN_DETACH.lock().unwrap().take().unwrap();
        assert_eq!(child.join().unwrap(), (None, true));

        vimage::Instance::<Tenant>::new().unwrap().destroy().unwrap();
        let child = TENANT_IN_DETACH.lock().unwrap().take().unwrap();
        assert!(child.join().unwrap(), "it reached an instance");
    }
}
