//! Modules that come and go while instances are made.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use shuttle::thread;

use super::{ADDED_PART, FAILED_WITH_ADDED, SUCCEED, check, destroy, end_of_world, flaky_attach, make, module, world};
use crate::core::Handle;
use crate::core::dynamic::{register_in, unregister_in};
use crate::error::RegisterError;
use crate::registry::ClassEntry;

fn register(class: &'static ClassEntry, flaky: bool) -> Result<(), RegisterError> {
    let mut added = module(class, "added", ADDED_PART.entry());
    if flaky {
        added.attach = Some(flaky_attach);
    }
    register_in(class.laid_out(), added)
}

/// Whether the run-time module is attached to an instance.
fn has_added(handle: &Handle) -> bool {
    handle.header().lock().attached.len() == 1
}

#[test]
fn create_and_register() {
    check(|| {
        let class = world();
        let old = make(class).unwrap();
        let creator = thread::spawn(move || make(class).unwrap());
        let registrar = thread::spawn(move || register(class, false).unwrap());
        let new = creator.join().unwrap();
        registrar.join().unwrap();
        // None is missed, whoever was first.
        assert!(has_added(&old) && has_added(&new) && has_added(class.laid_out().base_handle()));
        destroy(old).unwrap();
        destroy(new).unwrap();
        end_of_world(class, 2);
    });
}

/// The module is unregistered while an instance is made: the instance has it as long as it exists, or never had it.
#[test]
fn create_and_unregister() {
    check(|| {
        let class = world();
        register(class, false).unwrap();
        let creator = thread::spawn(move || make(class).unwrap());
        // SAFETY: no code uses its variables.
        let unregistered = unsafe { unregister_in(class.laid_out(), |module| module.name == "added") };
        let unregistered = unregistered.expect("it is registered").is_ok();
        let new = creator.join().unwrap();
        assert_eq!(has_added(&new), !unregistered, "in all of them or in none");
        assert_eq!(has_added(class.laid_out().base_handle()), !unregistered);
        let added = new.header().lock().parts.len() + usize::from(unregistered);
        destroy(new).unwrap();
        end_of_world(class, added);
    });
}

#[test]
fn create_and_a_registration_that_fails() {
    static ROUND: AtomicUsize = AtomicUsize::new(0);
    check(|| {
        SUCCEED.store(ROUND.fetch_add(1, Relaxed) % 4, Relaxed);
        let class = world();
        let old = make(class).unwrap();
        let creator = thread::spawn(move || make(class));
        let registrar = thread::spawn(move || register(class, true));
        let new = creator.join().unwrap();
        let registered = registrar.join().unwrap();
        let holders = [Some(&old), new.as_ref().ok(), Some(class.laid_out().base_handle())];
        let attached: Vec<bool> = holders.into_iter().flatten().map(has_added).collect();
        assert!(attached.iter().all(|has| *has == registered.is_ok()), "in all of them or in none: {attached:?}");
        let live: Vec<Handle> = new.into_iter().chain([old]).collect();
        // A creation that failed had them as well, if it came before the module lost its place.
        let failed = FAILED_WITH_ADDED.swap(0, Relaxed);
        let added = failed + live.iter().map(|handle| handle.header().lock().parts.len()).sum::<usize>();
        live.into_iter().for_each(|handle| destroy(handle).unwrap());
        end_of_world(class, added);
    });
}
