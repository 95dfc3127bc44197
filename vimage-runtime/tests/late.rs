//! Modules that are registered after boot: in every instance or in none, and back.

mod support;

#[cfg(feature = "vimage")]
use std::sync::atomic::Ordering::Relaxed;

// Registration is one at a time, and the tests count what is global.
use support::instances::turn;
#[cfg(feature = "vimage")]
use support::panics::{panic_of, panics};
use vimage::module::{RegisterError, register, unregister};
use vimage::prelude::*;

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

    #[cfg(feature = "vimage")]
    pub fn register_and_work() -> u64 {
        vimage::module::register("plugin").unwrap();
        V_WORK.fetch_add(1, Relaxed) + 1
    }
}

#[vnet_module(register = "manual", depends_on = crate::plugin)]
mod on_plugin {}

#[test]
fn a_module_comes_and_goes() {
    let _turn = turn();
    let base = vimage::boot().unwrap();
    #[cfg(feature = "vimage")]
    let red = {
        let red = Vnet::new().unwrap();
        let text = panic_of(|| red.enter(plugin::work));
        assert!(text.starts_with("`V_WORK`: no instance has the variables of module plugin (late::plugin, "), "{text}");
        assert!(text.contains("is not registered\nhelp: call `vimage::module::register"), "{text}");
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
    assert!(modules.rows().iter().any(|row| row[1..4] == ["plugin", "run time", "attach"]), "{modules}");

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

/// In the base instance, which does not end, a use finds what was registered behind the head of its region.
#[cfg(feature = "vimage")]
#[test]
fn a_function_that_registers_its_module_uses_it() {
    let _turn = turn();
    let base = vimage::boot().unwrap();
    assert_eq!(base.enter(plugin::register_and_work), 42);
    // SAFETY: no code of it runs.
    unsafe { unregister("plugin").unwrap() };
    let red = Vnet::new().unwrap();
    let text = panic_of(|| red.enter(plugin::register_and_work));
    assert!(text.contains("or before its module plugin (late::plugin, "), "{text}");
    red.destroy().unwrap();
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
    let too_late = vimage::BootOptions::new().reserve(1 << 20).boot();
    assert!(matches!(too_late, Err(vimage::BootError::AlreadyBooted)));
    let error = register("aligned").unwrap_err();
    assert!(matches!(&error, RegisterError::Alignment { align: 4096, .. }), "{error}");
    assert!(panics(|| Vnet::base().unwrap().enter(aligned::first)));
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
    // Its hook would run for the instances of other tests.
    // SAFETY: no code of it runs.
    unsafe { unregister("nested") }.unwrap();
}
