//! Attempts to reach what is being torn down, or to keep it from the end of its instance.

#![cfg(feature = "vimage")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::panics::{message_of, panic_of, panics};
use vimage::prelude::*;
use vimage::{Contexts, DestroyError, TeardownFailure};

type Job = Box<dyn FnOnce() + Send>;

/// Runs a job when it is dropped.
struct Trap(Mutex<Option<Job>>);

impl Trap {
    const fn new() -> Self {
        Self(Mutex::new(None))
    }

    fn set(&self, job: impl FnOnce() + Send + 'static) {
        *self.0.lock().unwrap() = Some(Box::new(job));
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        if let Some(job) = self.0.get_mut().unwrap().take() {
            job();
        }
    }
}

#[vnet_module]
mod earlier {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    pub static NAME: Mutex<String> = Mutex::new(String::new());
}

#[vnet_module(depends_on = crate::earlier)]
mod middle {
    use super::{Job, Trap};
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    pub static FIRST: Mutex<String> = Mutex::new(String::new());
    #[virtualized]
    pub static TRAP: Trap = Trap::new();
    #[virtualized]
    pub static LAST: Mutex<String> = Mutex::new(String::new());
    #[virtualized]
    pub static KEPT: Mutex<Vec<Vnet>> = Mutex::new(Vec::new());
    #[virtualized]
    static ON_DETACH: Mutex<Option<Job>> = Mutex::new(None);

    pub fn on_detach(vnet: &Vnet, job: impl FnOnce() + Send + 'static) {
        *V_ON_DETACH.of(vnet).lock().unwrap() = Some(Box::new(job));
    }

    #[detach]
    fn idetach() {
        let job = V_ON_DETACH.lock().unwrap().take();
        job.into_iter().for_each(|job| job());
    }
}

#[vnet_module(depends_on = crate::middle)]
mod later {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    pub static NAME: Mutex<String> = Mutex::new(String::new());
}

vimage::class! {
    /// A class that falls back on its base instance.
    pub struct Tenant;
    no_context = base
}

#[vimage::module(class = crate::Tenant)]
mod tenant {
    use std::sync::atomic::AtomicUsize;
    use vimage::prelude::*;

    #[virtualized]
    pub static REQUESTS: AtomicUsize = AtomicUsize::new(0);
}

/// Runs `job` while `TRAP` is dropped.
fn in_drop<R: Send + 'static>(job: impl FnOnce() -> R + Send + 'static) -> R {
    let vnet = Vnet::new().unwrap();
    let (tell, told) = mpsc::channel();
    middle::V_TRAP.of(&vnet).set(move || tell.send(job()).unwrap());
    // Destroyed from inside another instance, which must not be found either.
    Vnet::new().unwrap().enter(|| vnet.destroy().unwrap());
    told.recv().unwrap()
}

/// Runs `job` in a detach hook.
fn in_detach<R: Send + 'static>(job: impl FnOnce() -> R + Send + 'static) -> R {
    let vnet = Vnet::new().unwrap();
    let (tell, told) = mpsc::channel();
    middle::on_detach(&vnet, move || tell.send(job()).unwrap());
    Vnet::new().unwrap().enter(|| vnet.destroy().unwrap());
    told.recv().unwrap()
}

#[test]
fn a_drop_reaches_no_variable_of_any_module() {
    let attempts: [(&str, fn()); 9] = [
        ("own, dropped before", || _ = middle::V_LAST.with_current(|name| name.lock().unwrap().clone())),
        ("own, dropped later", || _ = middle::V_FIRST.with_current(|name| name.lock().unwrap().clone())),
        ("itself", || middle::V_TRAP.with_current(|trap| trap.set(|| ()))),
        ("of a module that is dropped already", || _ = later::V_NAME.with_current(|name| name.lock().unwrap().clone())),
        ("of a module that is dropped later", || _ = earlier::V_NAME.with_current(|name| name.lock().unwrap().clone())),
        ("held", || drop(earlier::V_NAME.held())),
        ("in a thread of ours", || {
            let child = vimage::thread::spawn(|| earlier::V_NAME.with_current(|name| name.lock().unwrap().clone()));
            std::panic::resume_unwind(child.join().unwrap_err());
        }),
        ("in a class with a fallback", || tenant::V_REQUESTS.with_current(|requests| _ = requests.load(Relaxed))),
        ("in contexts taken here", || Contexts::current().enter(|| earlier::V_NAME.with_current(|_| ()))),
    ];
    for (what, attempt) in attempts {
        let message = in_drop(move || message_of(attempt)).unwrap_or_else(|| panic!("{what} was reached"));
        assert!(
            message.contains("is current while the variables of an instance are being dropped"),
            "{what}: {message}"
        );
    }
}

#[test]
fn a_drop_that_panics_is_returned_and_the_rest_is_dropped() {
    let vnet = Vnet::new().unwrap();
    let witness = Arc::new(());
    let kept = Arc::clone(&witness);
    let other = Vnet::new().unwrap();
    let weak = other.downgrade();
    middle::V_KEPT.of(&vnet).lock().unwrap().push(other);
    middle::V_TRAP.of(&vnet).set(move || {
        let _kept = kept;
        earlier::V_NAME.with_current(|_| ());
    });
    let Err(DestroyError::Panicked(failures)) = vnet.destroy() else { panic!("a drop panicked") };
    let [TeardownFailure { module: Some("middle"), variable: Some("V_TRAP"), .. }] = &failures[..] else {
        panic!("{failures:?}")
    };
    assert_eq!(Arc::strong_count(&witness), 1);
    assert!(weak.upgrade().is_none(), "what was in the other variables of the part is dropped as well");
}

#[test]
fn no_handle_is_made_while_variables_are_dropped() {
    let found =
        in_drop(|| (Vnet::current(), vimage::Vimage::current().is_some(), vimage::Instance::<Tenant>::current()));
    assert_eq!(found, (None, false, None));
}

#[test]
fn no_handle_is_made_while_detach_hooks_run() {
    let (tell, told) = mpsc::channel();
    let vnet = Vnet::new().unwrap();
    let (id, weak) = (vnet.id(), vnet.downgrade());
    middle::on_detach(&vnet, move || {
        // The variables are there: the hook is what may use them still.
        earlier::V_NAME.with_current(|name| name.lock().unwrap().push('x'));
        assert!(Vnet::current().is_none());
        assert!(weak.upgrade().is_none());
        assert!(Vnet::by_id(id).unwrap().is_none());
        assert!(Vnet::all().all(|other| other.id() != id));
        Vnet::for_each(|other| assert_ne!(other.id(), id));
        let message = panic_of(|| drop(earlier::V_NAME.held()));
        assert!(message.contains("is being destroyed and cannot be held any more"), "{message}");
        assert!(vimage::Bound::<_, vimage::kernel::Net>::new(1).is_err());
        let child = vimage::thread::spawn(Vnet::current);
        assert!(child.join().unwrap().is_none());
        let contexts = Contexts::current();
        assert!(panics(|| contexts.enter(|| earlier::V_NAME.with_current(|_| ()))));
        tell.send((contexts, Vnet::new().unwrap())).unwrap();
    });
    vnet.destroy().unwrap();
    // Neither what was taken there nor what was made there leads back.
    let (contexts, child) = told.recv().unwrap();
    assert!(contexts.enter(Vnet::current).is_none());
    assert_ne!(child.parent().unwrap().id(), id);
    child.destroy().unwrap();
}

#[test]
fn instances_live_and_die_inside_detach_hooks_and_drops() {
    let run = || {
        let red = Vnet::new().unwrap();
        let green = red.enter(Vnet::new).unwrap();
        red.enter(|| earlier::V_NAME.with_current(|name| name.lock().unwrap().push('x')));
        middle::V_KEPT.of(&red).lock().unwrap().push(green);
        assert!(Vnet::all().any(|vnet| vnet == red));
        assert!(!format!("{red:?} {:?}", Vnet::list()).is_empty());
        vimage::boot().unwrap();
        let vimage = Vimage::builder().fresh_all().create().unwrap();
        vimage.enter(|| drop(Vnet::current()));
        vimage.destroy().unwrap();
        red.destroy().unwrap();
        assert!(Vnet::current().is_none());
    };
    in_drop(run);
    in_detach(run);
    in_drop(move || in_drop(run));
    in_detach(move || in_drop(run));
    in_drop(move || in_detach(run));
}

#[test]
fn a_handle_in_a_variable_of_its_own_keeps_the_instance() {
    let vnet = Vnet::new().unwrap();
    middle::V_KEPT.of(&vnet).lock().unwrap().push(vnet.clone());
    let weak = vnet.downgrade();
    let vnet = vnet.destroy().unwrap_err().into_instance().unwrap();
    drop(vnet);
    let vnet = weak.upgrade().expect("it keeps itself");
    middle::V_KEPT.of(&vnet).lock().unwrap().clear();
    vnet.destroy().unwrap();
    assert!(weak.upgrade().is_none());
}

#[test]
fn handles_in_each_others_variables_keep_both() {
    let (red, green) = (Vnet::new().unwrap(), Vnet::new().unwrap());
    middle::V_KEPT.of(&red).lock().unwrap().push(green.clone());
    middle::V_KEPT.of(&green).lock().unwrap().push(red.clone());
    let weak = (red.downgrade(), green.downgrade());
    drop((red, green));
    let red = weak.0.upgrade().unwrap();
    assert!(weak.1.upgrade().is_some());
    // One handle of the circle is dropped, and all of its instances are destroyed.
    middle::V_KEPT.of(&weak.1.upgrade().unwrap()).lock().unwrap().clear();
    drop(red);
    assert!(weak.0.upgrade().is_none() && weak.1.upgrade().is_none());
}

#[test]
fn a_vimage_may_have_the_last_handle_to_what_it_shares() {
    let (tell, told) = mpsc::channel();
    let vnet = Vnet::new().unwrap();
    middle::on_detach(&vnet, move || tell.send(()).unwrap());
    let weak = vnet.downgrade();
    let vimage = Vimage::builder().share_instance(&vnet).create().unwrap();
    drop(vnet);
    assert!(weak.upgrade().is_some());
    vimage.destroy().unwrap();
    told.try_recv().expect("it was detached");
    assert!(Vnet::by_id(weak.id()).unwrap().is_none());
}

#[test]
#[cfg_attr(miri, ignore = "it leaks, on purpose")]
fn what_is_forgotten_keeps_its_instance_for_good() {
    let forget: [fn(&Vnet); 8] = [
        |vnet| std::mem::forget(vnet.clone()),
        |vnet| std::mem::forget(earlier::V_NAME.held_of(vnet)),
        |vnet| std::mem::forget(vnet.enter(Contexts::current)),
        |vnet| std::mem::forget(vnet.bind(|| ())),
        |vnet| std::mem::forget(std::future::ready(()).within(vnet)),
        |vnet| std::mem::forget(vimage::Bound::new_in(vnet, 1).unwrap()),
        |vnet| std::mem::forget(Vimage::builder().share_instance(vnet)),
        |vnet| std::mem::forget(vnet.clone().destroy()),
    ];
    for forget in forget {
        let vnet = Vnet::new().unwrap();
        forget(&vnet);
        let weak = vnet.downgrade();
        assert!(matches!(vnet.destroy(), Err(DestroyError::Busy { .. })));
        weak.upgrade().unwrap().enter(|| earlier::V_NAME.with_current(|name| name.lock().unwrap().push('x')));
    }
    // A handle that is not counted keeps nothing alive.
    let vnet = Vnet::new().unwrap();
    std::mem::forget((vnet.downgrade(), vnet.enter(Vnet::list), Vnet::builder().arg(1)));
    std::mem::forget(earlier::V_NAME.of(&vnet).lock());
    vnet.destroy().unwrap();
}

#[test]
fn the_last_handle_may_go_in_a_destructor_of_a_thread() {
    thread_local! {
        static HANDLES: Mutex<Vec<Vnet>> = const { Mutex::new(Vec::new()) };
    }
    let weak: Vec<_> = std::thread::spawn(|| {
        let vnets: Vec<_> = (0..20).map(|_| Vnet::new().unwrap()).collect();
        let weak = vnets.iter().map(Vnet::downgrade).collect();
        // A chain: the drop of one is the end of the next.
        let first = vnets.into_iter().reduce(|next, vnet| {
            middle::V_TRAP.of(&vnet).set(|| assert!(Vnet::current().is_none()));
            middle::V_KEPT.of(&vnet).lock().unwrap().push(next);
            vnet
        });
        HANDLES.with(|handles| handles.lock().unwrap().extend(first));
        weak
    })
    .join()
    .unwrap();
    assert!(weak.iter().all(|weak| weak.upgrade().is_none()));
}

#[test]
fn threads_fight_over_the_last_handle() {
    static ENDED: AtomicUsize = AtomicUsize::new(0);
    const ROUNDS: usize = support::rounds(if cfg!(debug_assertions) { 200 } else { 2_000 });
    for _ in 0..ROUNDS {
        let vnet = Vnet::new().unwrap();
        middle::V_TRAP.of(&vnet).set(|| _ = ENDED.fetch_add(1, Relaxed));
        let weak = vnet.downgrade();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let vnet = vnet.clone();
                scope.spawn(move || match vnet.destroy() {
                    Ok(()) | Err(DestroyError::Busy { .. }) => {}
                    Err(error) => panic!("{error}"),
                });
            }
            scope.spawn(move || {
                for vnet in std::iter::from_fn(|| weak.upgrade()).take(50) {
                    vnet.enter(|| earlier::V_NAME.with_current(|name| name.lock().unwrap().push('x')));
                }
            });
            drop(vnet);
        });
        assert!(weak.upgrade().is_none());
    }
    assert_eq!(ENDED.load(Relaxed), ROUNDS);
}

#[test]
fn a_panic_whose_payload_panics_does_not_stop_the_end() {
    struct Awkward;
    impl Drop for Awkward {
        fn drop(&mut self) {
            panic!("the payload of a panic panics when it is dropped");
        }
    }
    let vnet = Vnet::new().unwrap();
    let weak = vnet.downgrade();
    middle::on_detach(&vnet, || std::panic::panic_any(Awkward));
    middle::V_TRAP.of(&vnet).set(|| std::panic::panic_any(Awkward));
    drop(vnet);
    assert!(weak.upgrade().is_none());
}

#[test]
fn waiting_for_the_others_from_inside_ends_with_the_time() {
    let vnet = Vnet::new().unwrap();
    let other = vnet.clone();
    let vnet = other.enter(|| vnet.destroy_within(Duration::from_millis(20))).unwrap_err().into_instance().unwrap();
    drop(other);
    vnet.destroy_within(Duration::MAX).unwrap();
}

/// A constant that relies on its thread, and is not `Send` for that, must not be dropped by whoever ends its
/// instance.
#[cfg(feature = "vimage")]
mod a_static_mut_that_is_not_send {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use vimage::prelude::*;

    static DROPPED: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

    #[vnet_module]
    mod slots {
        use super::DROPPED;
        use std::marker::PhantomData;
        use std::sync::atomic::Ordering::Relaxed;
        use vimage::prelude::*;

        struct Counted<Bound>(usize, PhantomData<Bound>);
        impl<Bound> Drop for Counted<Bound> {
            fn drop(&mut self) {
                DROPPED[self.0].fetch_add(1, Relaxed);
            }
        }

        #[virtualized]
        static mut STAYS: Counted<*const u8> = Counted(0, PhantomData);
        #[virtualized]
        static mut GOES: Counted<u8> = Counted(1, PhantomData);
    }

    #[test]
    fn is_never_dropped() {
        Vnet::new().unwrap().destroy().unwrap();
        // Other tests of this file end instances as well.
        let [stays, goes] = DROPPED.each_ref().map(|count| count.load(Relaxed));
        assert!(stays == 0 && goes >= 1, "{stays} {goes}");
    }
}
