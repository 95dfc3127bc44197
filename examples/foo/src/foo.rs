//! The FOO module: a counter, a structure, a function that uses them, and one that visits every network.

use vimage::prelude::*;

/// `VNET_MOD_DECLARE(FOO, foo, vnet_foo_iattach, vnet_foo_idetach, LOIF, vnet_foo_symmap)`. `foo_mod_event`
/// loads it, and not boot.
#[vnet_module(depends_on = crate::loif, register = "manual", symmap)]
pub mod foo {
    use std::fmt;
    use std::str::FromStr;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

    use vimage::module::{RegisterError, register, unregister};
    use vimage::prelude::*;

    use crate::loif::loif_is_up;

    /// `struct foo_bar`
    #[derive(Clone, Copy, Debug, Default)]
    pub struct FooBar {
        pub mumble: u64,
        pub ticks: u64,
    }

    impl FooBar {
        const EMPTY: Self = Self { mumble: 0, ticks: 0 };
    }

    /// The mode of foo.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Mode {
        Count,
        Ignore,
    }

    impl fmt::Display for Mode {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(match self {
                Self::Count => "count",
                Self::Ignore => "ignore",
            })
        }
    }

    impl FromStr for Mode {
        type Err = &'static str;

        fn from_str(text: &str) -> Result<Self, Self::Err> {
            let mode = [Self::Count, Self::Ignore].into_iter().find(|mode| mode.to_string() == text);
            mode.ok_or("expected `count` or `ignore`")
        }
    }

    vimage::sysctl::by_text!(Mode);

    /// The handling of packets: `count` or `ignore`.
    // `SYSCTL_V_INT(V_NET, vnet_foo, _net_foo, OID_AUTO, mode, CTLFLAG_RWTUN, …)`
    #[virtualized(sysctl("net.foo.mode", rw, tunable))]
    static FOO_MODE: Mutex<Mode> = Mutex::new(Mode::Count);

    /// Packets that were counted.
    // `int foo_counter`
    #[virtualized(sysctl("net.foo.counter", ro, unit = "packets"))]
    static FOO_COUNTER: AtomicU64 = AtomicU64::new(0);

    /// `struct foo_bar foo_barx`
    #[virtualized]
    static FOO_BARX: Mutex<FooBar> = Mutex::new(FooBar::EMPTY);

    /// Print what foo does.
    // `foo_debug`: one switch for all networks at once, on purpose. A plain `SYSCTL_INT`, which only the base
    // machine may set.
    #[shared(sysctl("net.foo.debug", rw))]
    static FOO_DEBUG: AtomicBool = AtomicBool::new(false);

    /// The reason why foo did not attach.
    #[derive(Debug)]
    pub struct NoLoopback;

    impl fmt::Display for NoLoopback {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("there is no loopback interface")
        }
    }

    impl std::error::Error for NoLoopback {}

    /// `vnet_foo_iattach`: once for each new network, and for the base machine also without instances.
    #[attach]
    fn iattach() -> Result<(), NoLoopback> {
        if !loif_is_up() {
            return Err(NoLoopback);
        }
        V_FOO_COUNTER.store(0, Relaxed);
        *V_FOO_BARX.lock().unwrap() = FooBar::EMPTY;
        Ok(())
    }

    /// `vnet_foo_idetach`: loif is still attached here.
    #[detach]
    fn idetach() {
        if FOO_DEBUG.load(Relaxed) {
            println!("foo: detached after {} packets, loopback up: {}", V_FOO_COUNTER.load(Relaxed), loif_is_up());
        }
    }

    /// `foo_work`: the function as it was, with `V_` in front of the names.
    pub fn foo_work() {
        if *V_FOO_MODE.lock().unwrap() == Mode::Ignore {
            return;
        }
        V_FOO_COUNTER.fetch_add(1, Relaxed);
        V_FOO_BARX.lock().unwrap().mumble = V_FOO_COUNTER.load(Relaxed);
    }

    /// `foo_tick`: visits all networks.
    pub fn foo_tick() {
        for vnet in Vnet::list() {
            vnet.enter(|| V_FOO_BARX.lock().unwrap().ticks += 1);
        }
    }

    /// The state of the current network, for `netstat`.
    pub fn foo_stat() -> (u64, FooBar) {
        (V_FOO_COUNTER.load(Relaxed), *V_FOO_BARX.lock().unwrap())
    }

    /// `MOD_LOAD` and `MOD_UNLOAD` of `foo_mod_event`.
    #[derive(Clone, Copy, Debug)]
    pub enum Event {
        Load,
        Unload,
    }

    /// `foo_mod_event`: the kernel calls it to load and to unload the module.
    ///
    /// # Safety
    ///
    /// No code of foo runs, and none of its variables is borrowed, from the time when it is unloaded until it is loaded
    /// again.
    pub unsafe fn foo_mod_event(event: Event) -> Result<(), RegisterError> {
        match event {
            // `vnet_mod_register(&vnet_foo_modinfo)`: this will do the work for each virtual environment.
            Event::Load => register("foo"),
            // "Should refuse to unload if any virtual environment are using this still."
            // SAFETY: by the contract of this function.
            Event::Unload => unsafe { unregister("foo") },
        }
    }
}

pub use foo::*;
