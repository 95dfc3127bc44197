//! Modules that are registered after boot: in every instance or in none, and back.

use std::sync::atomic::AtomicUsize;
#[cfg(feature = "vimage")]
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard, PoisonError};

use vimage::module::{RegisterError, register, unregister};
use vimage::prelude::*;

/// Registration is one at a time, and the tests count what is global.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

static ATTACHED: AtomicUsize = AtomicUsize::new(0);
static DETACHED: AtomicUsize = AtomicUsize::new(0);
static DROPPED: AtomicUsize = AtomicUsize::new(0);
/// The id of the instance in which `flaky` fails.
static FAIL_IN: Mutex<Option<u64>> = Mutex::new(None);

#[vnet_module]
mod ground {}

#[vnet_module(register = "manual", depends_on = "ground")]
mod plugin {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    pub static WORK: AtomicU64 = AtomicU64::new(40);

    #[attach]
    fn iattach() {
        V_WORK.fetch_add(1, Relaxed);
    }

    pub fn work() -> u64 {
        V_WORK.fetch_add(1, Relaxed) + 1
    }
}

#[vnet_module(register = "manual", depends_on = crate::plugin)]
mod on_plugin {}

#[vnet_module(register = "manual")]
mod flaky {
    use super::{ATTACHED, DETACHED, DROPPED, FAIL_IN};
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    pub struct Counted(AtomicU64);
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Relaxed);
        }
    }

    #[virtualized]
    static COUNTED: Counted = Counted(AtomicU64::new(5));

    #[attach]
    fn iattach() -> Result<(), String> {
        let id = Vnet::current().unwrap().id();
        assert_eq!(V_COUNTED.0.swap(6, Relaxed), 5, "each instance has its own, freshly made");
        if *FAIL_IN.lock().unwrap() == Some(id) {
            return Err(format!("not in {id}"));
        }
        ATTACHED.fetch_add(1, Relaxed);
        Ok(())
    }

    #[detach]
    fn idetach() {
        // The variable is reachable in the hook that undoes.
        assert_eq!(V_COUNTED.0.load(Relaxed), 6);
        DETACHED.fetch_add(1, Relaxed);
    }
}

#[test]
fn a_module_comes_and_goes() {
    let _turn = turn();
    let base = vimage::boot().unwrap();
    #[cfg(feature = "vimage")]
    let red = {
        let red = Vnet::new().unwrap();
        let panic = std::panic::catch_unwind(|| red.enter(plugin::work)).expect_err("it is not registered");
        let text = panic.downcast_ref::<String>().unwrap();
        assert!(text.starts_with("`V_WORK`: module plugin (late::plugin, "), "{text}");
        assert!(text.contains("is not registered"), "{text}");
        red
    };
    register("plugin").unwrap();
    let first = base.enter(plugin::work);
    assert_eq!(first, 42, "attached and initialized in the base");
    #[cfg(feature = "vimage")]
    {
        assert_eq!(red.enter(plugin::work), 42, "attached and initialized in an instance that was live");
        let green = Vnet::new().unwrap();
        assert_eq!(green.enter(plugin::work), 42, "attached and initialized in one that is made later");
        assert_eq!(plugin::V_WORK.of(&red).load(Relaxed), 42);
    }
    assert!(matches!(register("plugin"), Err(RegisterError::Registered { .. })));
    let modules = vimage::debug::modules();
    assert!(modules.rows().iter().any(|row| row[1..4] == ["plugin", "late", "attach"]), "{modules}");

    #[cfg(feature = "vimage")]
    {
        // SAFETY: no code of it runs.
        let error = unsafe { unregister("plugin") }.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("module `plugin` cannot be unregistered: instance Net#{} uses it", red.id())
        );
        red.destroy().unwrap();
    }
    register("on_plugin").unwrap();
    // SAFETY: no code of it runs.
    let error = unsafe { unregister("plugin") }.unwrap_err();
    assert!(
        error.to_string().starts_with("module `plugin` cannot be unregistered: module on_plugin (late::on_plugin,"),
        "{error}"
    );
    // SAFETY: no code of either runs.
    unsafe {
        unregister("on_plugin").unwrap();
        unregister("plugin").unwrap();
        assert!(matches!(unregister("plugin"), Err(RegisterError::NotRegistered { .. })));
    }
    register("plugin").unwrap();
    // SAFETY: no code of it runs.
    unsafe { unregister("plugin").unwrap() };
}

#[test]
fn what_cannot_be_registered_says_why() {
    let _turn = turn();
    vimage::boot().unwrap();
    let error = register("nobody").unwrap_err().to_string();
    assert!(error.starts_with("no module named `nobody` is linked into the program"), "{error}");
    assert!(matches!(register("ground"), Err(RegisterError::Registered { .. })));
    let error = register("on_plugin").unwrap_err().to_string();
    assert!(error.ends_with("depends on `plugin`, which is not registered"), "{error}");
}

#[cfg(feature = "vimage")]
#[test]
fn the_layout_of_instances_has_limits() {
    #[vnet_module(register = "manual")]
    mod aligned {
        use vimage::prelude::*;

        #[repr(align(4096))]
        struct Page([u8; 4096]);

        #[virtualized]
        static PAGE: Page = Page([0; 4096]);

        pub fn first() -> u8 {
            V_PAGE.0[0]
        }
    }

    let _turn = turn();
    vimage::boot().unwrap();
    assert!(vimage::module::set_reserve(1 << 20).is_err(), "too late");
    let error = register("aligned").unwrap_err();
    assert!(matches!(&error, RegisterError::Alignment { align: 4096, .. }), "{error}");
    assert!(std::panic::catch_unwind(|| Vnet::base().unwrap().enter(aligned::first)).is_err());
}

#[cfg(feature = "vimage")]
#[test]
fn a_failure_in_instance_j_of_m_undoes_all() {
    let _turn = turn();
    vimage::boot().unwrap();
    const INSTANCES: usize = 4;
    for failing in 0..INSTANCES {
        let vnets: Vec<_> = (0..INSTANCES).map(|_| Vnet::new().unwrap()).collect();
        [&ATTACHED, &DETACHED, &DROPPED].iter().for_each(|counter| counter.store(0, Relaxed));
        *FAIL_IN.lock().unwrap() = Some(vnets[failing].id());
        let Err(RegisterError::Attach(error)) = register("flaky") else { panic!("it fails in one") };
        assert_eq!(error.module(), "flaky");
        // The base comes first.
        assert_eq!(ATTACHED.load(Relaxed), 1 + failing);
        assert_eq!(DETACHED.load(Relaxed), 1 + failing);
        assert_eq!(DROPPED.load(Relaxed), 0, "slots stay until their instances end");
        // An instance that is made now does not have it.
        Vnet::new().unwrap().destroy().unwrap();
        assert_eq!((ATTACHED.load(Relaxed), DROPPED.load(Relaxed)), (1 + failing, 0));
        for vnet in vnets {
            vnet.destroy().unwrap();
        }
        assert_eq!(DROPPED.load(Relaxed), INSTANCES, "each one once");
        assert_eq!(DETACHED.load(Relaxed), 1 + failing, "not again");
    }
    // It did use up its place in the base, which never ends.
    *FAIL_IN.lock().unwrap() = None;
    let error = register("flaky");
    assert!(matches!(error, Ok(()) | Err(RegisterError::Reserve { .. })), "{error:?}");
}

#[cfg(feature = "vimage")]
#[test]
fn registration_inside_a_hook_is_an_error_and_not_a_deadlock() {
    #[vnet_module(register = "manual")]
    mod nested {
        use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
        use vimage::module::{RegisterError, register};
        use vimage::prelude::*;

        #[virtualized]
        static MADE: AtomicBool = AtomicBool::new(false);

        #[attach]
        fn iattach() {
            assert!(matches!(register("plugin"), Err(RegisterError::Busy)));
            // Making an instance is fine; it attaches this module itself.
            if !V_MADE.swap(true, Relaxed) && Vnet::current().unwrap().is_base() {
                Vnet::new().unwrap().destroy().unwrap();
            }
        }
    }
    let _turn = turn();
    vimage::boot().unwrap();
    register("nested").unwrap();
}
