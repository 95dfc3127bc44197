//! Names of modules that come and go, in a program of their own.

use vimage::module::{register, unregister};
use vimage::prelude::*;
use vimage::symmap;
use vimage::sysctl::{self, Error, Value};

#[vnet_module(register = "manual", symmap)]
mod plugin {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized(sysctl("net.plugin.mode", rw, tunable))]
    static MODE: AtomicU32 = AtomicU32::new(1);

    #[virtualized(sysctl("net.plugin.seen", ro))]
    static SEEN: AtomicU32 = AtomicU32::new(0);

    #[shared(sysctl("net.plugin.debug", rw))]
    static DEBUG: AtomicU32 = AtomicU32::new(0);

    #[attach]
    fn iattach() {
        V_SEEN.store(V_MODE.load(Relaxed), Relaxed);
        // The hook's own names are there already.
        assert_eq!(vimage::sysctl::get_as::<u32>("net.plugin.mode").unwrap(), V_MODE.load(Relaxed));
    }

    #[detach]
    fn idetach() {
        // Also in the instance that is being destroyed, which has no handle any more.
        vimage::sysctl::set("net.plugin.mode", 9).unwrap();
        assert_eq!(V_MODE.load(Relaxed), 9);
    }
}

static TOLD: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());

#[test]
fn names_come_and_go_with_their_module() {
    // A hook that panics is reported once.
    vimage::set_failure_handler(|failure| TOLD.lock().unwrap().push(failure.to_string()));
    let base = Vnet::base().unwrap();
    let view = sysctl::of(&base);
    let unknown = || matches!(view.get("net.plugin.mode"), Err(Error::Unknown { .. }));
    for round in 0..3 {
        assert!(unknown() && sysctl::describe("net.plugin.debug").is_err(), "round {round}");
        assert!(matches!(symmap::lookup(&base, "mode"), Err(symmap::Error::Unknown { .. })));
        register("plugin").unwrap();
        assert_eq!(view.get("net.plugin.mode").unwrap(), Value::Int(1), "made anew");
        view.set("net.plugin.mode", 2).unwrap();
        assert_eq!(symmap::lookup(&base, "mode").unwrap().size(), 4);
        if let Ok(red) = Vnet::builder().sysctl("net.plugin.mode", 5).create() {
            assert_eq!(sysctl::of(&red).get("net.plugin.seen").unwrap(), Value::Int(5));
            red.destroy().unwrap();
        }
        if !cfg!(feature = "vimage") {
            // A plain static keeps what was set.
            view.set("net.plugin.mode", 1).unwrap();
        }
        // SAFETY: this is the only thread, and nothing of the module is borrowed.
        unsafe { unregister("plugin").unwrap() };
        if !cfg!(feature = "vimage") {
            assert!(unknown());
            break;
        }
    }
    assert!(unknown());
    assert!(sysctl::list("net.plugin").unwrap().is_empty());
    assert_eq!(*TOLD.lock().unwrap(), Vec::<String>::new());
}
