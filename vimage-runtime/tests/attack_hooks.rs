//! Attempts of hooks to keep what is not theirs, and to do inside a hook what the runtime is in the midst of.

#![cfg(feature = "vimage")]

mod support;

use std::error::Error;
use std::fmt;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, mpsc};

use support::instances::in_time;
use support::panics::panic_of;
use vimage::prelude::*;
use vimage::{Contexts, CreateError, DestroyError, Held, InstanceState, ShutdownError};

/// A closure that an attach hook runs.
type OnAttach = Box<dyn Fn() -> Result<(), BoxError> + Send + Sync>;
type OnQuiesce = Box<dyn FnMut() -> Result<(), BoxError> + Send>;
type BoxError = Box<dyn Error + Send + Sync>;

#[vnet_module]
mod earlier {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::sync::{Arc, Mutex};
    use vimage::prelude::*;

    #[virtualized]
    pub static NAME: Mutex<String> = Mutex::new(String::new());
    #[virtualized]
    pub static DETACHES: Mutex<Option<Arc<AtomicUsize>>> = Mutex::new(None);

    #[detach]
    fn idetach() {
        V_NAME.lock().unwrap().push('d');
        if let Some(detaches) = &*V_DETACHES.lock().unwrap() {
            detaches.fetch_add(1, Relaxed);
        }
    }
}

#[vnet_module(depends_on = crate::earlier)]
mod told {
    use super::{BoxError, OnAttach, OnQuiesce};
    use std::sync::Mutex;
    use vimage::Arguments;
    use vimage::prelude::*;

    #[virtualized]
    pub static ON_QUIESCE: Mutex<Option<OnQuiesce>> = Mutex::new(None);

    #[attach]
    fn iattach(arguments: &Arguments) -> Result<(), BoxError> {
        arguments.get::<OnAttach>().map_or(Ok(()), |job| job())
    }

    #[quiesce]
    fn quiesce() -> Result<(), BoxError> {
        let job = V_ON_QUIESCE.lock().unwrap().take();
        job.map_or(Ok(()), |mut job| job())
    }
}

fn create_with(job: impl Fn() -> Result<(), BoxError> + Send + Sync + 'static) -> Result<Vnet, CreateError> {
    Vnet::builder().arg::<OnAttach>(Box::new(job)).create()
}

/// Returns what an attach hook took before it failed.
fn stolen<T: Send + 'static>(steal: impl Fn() -> T + Send + Sync + 'static) -> T {
    let loot = Arc::new(Mutex::new(None));
    let place = Arc::clone(&loot);
    let created = create_with(move || {
        *place.lock().unwrap() = Some(steal());
        Err("after it has stolen".into())
    });
    assert!(matches!(created, Err(CreateError::Attach(_))));
    loot.lock().unwrap().take().unwrap()
}

#[test]
fn a_handle_kept_by_a_creation_that_fails_enters_nothing() {
    let gone = stolen(|| Vnet::current().unwrap());
    assert_eq!(gone.state(), InstanceState::Gone);
    let refused = "cannot be entered: its creation has failed and its modules are detached";
    assert!(panic_of(|| gone.enter(|| ())).ends_with(refused));
    assert!(panic_of(|| gone.bind(|| ())()).ends_with(refused));
    let vimage = Vimage::builder().share_instance(&gone).create().unwrap();
    assert!(panic_of(|| vimage.enter(|| ())).ends_with(refused));
    // Its memory is there as long as the handle is, as its detach hooks left it.
    assert_eq!(*earlier::V_NAME.of(&gone).lock().unwrap(), "d");
    let weak = gone.downgrade();
    assert!(weak.upgrade().is_none());
    drop((gone, vimage));
    assert!(Vnet::by_id(weak.id()).unwrap().is_none());
}

#[test]
fn what_else_is_kept_by_a_creation_that_fails_leads_nowhere_either() {
    let held: Held<Mutex<String>> = stolen(|| earlier::V_NAME.held());
    assert_eq!(*held.lock().unwrap(), "d");
    held.lock().unwrap().push('x');
    assert_eq!(*held.clone().lock().unwrap(), "dx");

    let weak = stolen(|| Vnet::current().unwrap().downgrade());
    assert!(weak.upgrade().is_none());

    let contexts = stolen(Contexts::current);
    let name = contexts.enter(|| earlier::V_NAME.with_current(|name| name.lock().unwrap().clone()));
    assert_eq!(name, "d", "contexts may be entered: they hold the memory");
    assert_eq!(contexts.enter(Vnet::current), None);

    let bound = stolen(|| vimage::Bound::<_>::new(String::from("socket")).unwrap());
    assert!(panic_of(|| bound.enter(|_| ())).contains("its creation has failed"));
    drop(bound);

    let (tell, told) = mpsc::channel::<()>();
    let told = Mutex::new(Some(told));
    let thread = stolen(move || {
        let told = told.lock().unwrap().take().unwrap();
        vimage::thread::spawn(move || {
            told.recv().unwrap();
            earlier::V_NAME.with_current(|name| name.lock().unwrap().clone())
        })
    });
    tell.send(()).unwrap();
    assert_eq!(thread.join().unwrap(), "d");
}

#[test]
fn a_creation_that_fails_detaches_once() {
    let detaches = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&detaches);
    let gone = stolen(move || {
        earlier::V_DETACHES.with_current(|detaches| *detaches.lock().unwrap() = Some(Arc::clone(&counted)));
        Vnet::current().unwrap()
    });
    assert_eq!(detaches.load(Relaxed), 1);
    gone.destroy().unwrap();
    assert_eq!(detaches.load(Relaxed), 1);
    assert_eq!(Arc::strong_count(&detaches), 1, "the variables were dropped");
}

#[test]
fn another_thread_in_an_instance_whose_creation_fails_is_in_memory_that_is_there() {
    let (send_weak, weak) = mpsc::channel();
    let (entered, wait) = (Arc::new(std::sync::Barrier::new(2)), Arc::new(std::sync::Barrier::new(2)));
    let visitor = {
        let (entered, wait) = (Arc::clone(&entered), Arc::clone(&wait));
        std::thread::spawn(move || {
            let vnet: Vnet =
                vimage::WeakInstance::upgrade(&weak.recv().unwrap()).expect("it can be found while it is made");
            vnet.enter(|| {
                entered.wait();
                earlier::V_NAME.with_current(|name| {
                    wait.wait();
                    name.lock().unwrap().push('v');
                });
            });
            earlier::V_NAME.of(&vnet).lock().unwrap().clone()
        })
    };
    let created = create_with(move || {
        send_weak.send(Vnet::current().unwrap().downgrade()).unwrap();
        entered.wait();
        Err("while somebody is in it".into())
    });
    assert!(created.is_err());
    wait.wait();
    assert_eq!(visitor.join().unwrap(), "dv");
}

#[test]
fn attach_hooks_may_do_everything_else() {
    in_time(|| {
        let vnet = create_with(|| {
            let own = Vnet::current().unwrap();
            assert_eq!(own.state(), InstanceState::Creating);
            assert!(own.shutdown().is_err());
            // Its creator has a handle.
            assert!(matches!(own.destroy(), Err(DestroyError::Busy { .. })));
            let child = Vnet::new()?;
            assert_eq!(child.parent(), Vnet::current());
            Vnet::for_each(|vnet| assert!(!format!("{vnet:?}").is_empty()));
            vimage::boot()?;
            let elsewhere = std::thread::spawn(|| Vnet::new().unwrap().destroy());
            elsewhere.join().unwrap().unwrap();
            let inherited = vimage::thread::spawn(Vnet::current);
            assert_eq!(inherited.join().unwrap(), Vnet::current());
            assert!(catch_unwind(|| create_with(|| panic!("in a creation in a creation"))).unwrap().is_err());
            child.destroy().map_err(|error| error.to_string().into())
        });
        vnet.unwrap().destroy().unwrap();
    });
}

#[test]
fn quiesce_hooks_may_do_everything_else() {
    in_time(|| {
        let vnet = Vnet::new().unwrap();
        let id = vnet.id();
        *told::V_ON_QUIESCE.of(&vnet).lock().unwrap() = Some(Box::new(move || {
            let own = Vnet::current().unwrap();
            assert_eq!((own.id(), own.state()), (id, InstanceState::ShuttingDown));
            assert!(matches!(own.shutdown(), Err(ShutdownError::InProgress)));
            assert!(matches!(own.clone().destroy(), Err(DestroyError::Busy { .. })));
            assert!(Vnet::all().all(|vnet| vnet.id() != id));
            // One handle is never dropped: `destroy` fails with `Busy`, and the instance stays live.
            std::mem::forget(own);
            drop(Vnet::new()?);
            Ok(())
        }));
        let vnet = vnet.destroy().unwrap_err().into_instance().unwrap();
        assert_eq!(vnet.state(), InstanceState::Live);
    });
}

#[test]
fn a_refusal_that_cannot_be_printed_does_not_save_the_instance() {
    #[derive(Debug)]
    struct Silent;
    impl fmt::Display for Silent {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("not to be printed")
        }
    }
    impl Error for Silent {}
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    impl Drop for Silent {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Relaxed);
            assert!(std::thread::panicking(), "a drop that panics as well");
        }
    }
    let vnet = Vnet::new().unwrap();
    let held = earlier::V_NAME.held_of(&vnet);
    let weak = vnet.downgrade();
    *told::V_ON_QUIESCE.of(&vnet).lock().unwrap() = Some(Box::new(|| Err(Silent.into())));
    drop(vnet);
    drop(held);
    assert_eq!(DROPPED.load(Relaxed), 1);
    assert!(Vnet::by_id(weak.id()).unwrap().is_none());
    assert!(Vnet::all().all(|vnet| vnet.id() != weak.id()));
}
