//! Instances do not see each other's values, and without a context there is no access.

mod support;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

#[cfg(feature = "vimage")]
use support::panics::{panic_of, panics};
use vimage::prelude::*;

#[vnet_module]
mod counter {
    use std::sync::atomic::AtomicU64;
    #[cfg(feature = "vimage")]
    use std::sync::atomic::Ordering::Relaxed;
    use vimage::prelude::*;

    #[virtualized]
    pub static COUNTER: AtomicU64 = AtomicU64::new(100);

    #[cfg(feature = "vimage")]
    pub fn count() -> u64 {
        V_COUNTER.fetch_add(1, Relaxed)
    }
}

#[vcpu_module]
mod scheduler {
    use std::sync::atomic::AtomicU64;
    use vimage::prelude::*;

    #[virtualized]
    pub static RUNNING: AtomicU64 = AtomicU64::new(1);
}

vimage::class! {
    /// A class whose code may run without a context.
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
        V_REQUESTS.fetch_add(1, Relaxed)
    }
}

type Vtenant = vimage::Instance<Tenant>;

#[cfg(feature = "vimage")]
#[test]
fn threads_in_different_instances_do_not_see_each_other() {
    let vnets = [Vnet::new().unwrap(), Vnet::new().unwrap()];
    let together = std::sync::Barrier::new(2);
    thread::scope(|scope| {
        for (vnet, steps) in vnets.iter().zip([1_000, 2_000]) {
            let together = &together;
            scope.spawn(move || {
                vnet.enter(|| {
                    together.wait();
                    for step in 0..steps {
                        assert_eq!(counter::count(), 100 + step);
                    }
                });
            });
        }
    });
    assert_eq!(counter::V_COUNTER.of(&vnets[0]).load(Relaxed), 1_100);
    assert_eq!(counter::V_COUNTER.of(&vnets[1]).load(Relaxed), 2_100);
}

#[cfg(feature = "vimage")]
#[test]
fn a_thread_without_a_context_panics_and_says_what_to_do() {
    vimage::boot().unwrap();
    let expected = "`V_COUNTER` of module `counter`: no Net instance is current on this thread\nhelp: enter one with \
                    `instance.enter(|| …)`, the base one with `vimage::boot()?.enter(|| …)`, or name one with \
                    `V_COUNTER.of(&instance)`\nhelp: tasks and threads do not inherit one: \
                    `spawn(task.within_current())`, `vimage::thread::spawn(…)`\nnote: there are instances because the feature `vimage` is on: `cargo \
                    tree -e features -i vimage` shows which package enables it";
    assert_eq!(panic_of(|| _ = counter::count()), expected);
    assert_eq!(panic_of(|| counter::V_COUNTER.with_current(|_| ())), expected);
    assert_eq!(panic_of(|| drop(counter::V_COUNTER.held())), expected);
}

#[cfg(feature = "vimage")]
#[test]
fn contexts_nest_and_come_back_after_a_panic() {
    let (red, green) = (Vnet::new().unwrap(), Vnet::new().unwrap());
    red.enter(|| {
        counter::count();
        assert!(panics(|| {
            green.enter(|| {
                counter::count();
                red.enter(|| {
                    counter::count();
                    panic!("on purpose");
                })
            })
        }));
        assert_eq!(Vnet::current().as_ref(), Some(&red));
        assert_eq!(counter::count(), 102);
    });
    assert_eq!(Vnet::current(), None);
    assert_eq!(counter::V_COUNTER.of(&green).load(Relaxed), 101);
}

#[cfg(feature = "vimage")]
#[test]
fn classes_have_contexts_of_their_own() {
    let (vnet, vcpu) = (Vnet::new().unwrap(), Vcpu::new().unwrap());
    vnet.enter(|| {
        assert!(Vcpu::current().is_none());
        vcpu.enter(|| {
            assert_eq!(Vnet::current().as_ref(), Some(&vnet));
            assert_eq!(Vcpu::current().as_ref(), Some(&vcpu));
            scheduler::V_RUNNING.with_current(|running| running.store(5, Relaxed));
        });
    });
    assert_eq!(scheduler::V_RUNNING.of(&vcpu).load(Relaxed), 5);
    assert_eq!(scheduler::V_RUNNING.of(&Vcpu::base().unwrap()).load(Relaxed), 1);
}

#[test]
fn the_base_vimage_enters_every_class() {
    let base = vimage::boot().unwrap();
    base.enter(|| {
        assert!(Vnet::current().unwrap().is_base());
        assert!(Vcpu::current().unwrap().is_base());
        assert!(Vprocg::current().unwrap().is_base());
        assert_eq!(Vtenant::current().unwrap(), base.instance::<Tenant>());
    });
}

/// In a thread of its own, because the first access makes the base instance current for good.
#[test]
fn a_class_may_fall_back_on_the_base_instance() {
    thread::spawn(|| {
        let before = tenant::request();
        assert_eq!(tenant::request(), before + 1);
        assert_eq!(tenant::V_REQUESTS.of(&Vtenant::base().unwrap()).load(Relaxed), before + 2);
        #[cfg(feature = "vimage")]
        {
            let other = Vtenant::new().unwrap();
            assert_eq!(other.enter(tenant::request), 0);
            assert_eq!(tenant::request(), before + 2);
        }
    })
    .join()
    .unwrap();
}

#[test]
fn held_keeps_what_it_points_at() {
    let base = vimage::boot().unwrap();
    let held = base.enter(|| counter::V_COUNTER.held());
    let seen = thread::spawn(move || held.load(Relaxed)).join().unwrap();
    assert!(seen >= 100);
    #[cfg(feature = "vimage")]
    {
        let red = Vnet::new().unwrap();
        let held = counter::V_COUNTER.held_of(&red);
        held.store(7, Relaxed);
        let Err(vimage::DestroyError::Busy { instance: red, .. }) = red.destroy() else { panic!("it is held") };
        assert_eq!(red.enter(counter::count), 7);
        drop(red);
        assert_eq!(held.load(Relaxed), 8);
    }
}

/// The budget of this test is that it compiles: any code may name an instance.
#[test]
fn of_borrows_the_handle() {
    fn counter_of(vnet: &Vnet) -> &AtomicU64 {
        counter::V_COUNTER.of(vnet)
    }
    let base = Vnet::base().unwrap();
    assert!(counter_of(&base).load(Relaxed) >= 100);
}
