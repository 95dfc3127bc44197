/// The FOO module.
#[vnet_module(name = "foo", depends_on = ["loif", crate::ether], after = "log")]
pub mod foo {
    #![allow(dead_code)]

    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    /// Packets seen.
    #[virtualized]
    pub static FOO_COUNTER: AtomicU64 = AtomicU64::new(0);

    #[virtualized(keep)]
    #[cfg(feature = "names")]
    pub(crate) static NAMES: Mutex<Vec<&str>> = Mutex::new(Vec::new());

    #[virtualized]
    static mut RAW: u8 = 0;

    #[virtualized]
    thread_local! {
        /// Per thread.
        pub static LOCAL: Cell<u32> = const { Cell::new(0) };
        static lower: u8 = compute();
    }

    #[shared]
    static DEBUG: AtomicBool = AtomicBool::new(false);

    static TABLE: &[(u8, &str)] = &[(1, "one")];

    #[attach]
    fn iattach(arguments: &vimage::Arguments) -> Result<(), FooError> {
        V_FOO_COUNTER.store(1, Relaxed);
        Ok(())
    }

    #[cfg(feature = "detach")]
    #[detach]
    fn idetach() {}

    pub fn work() -> u64 {
        #[virtualized(label = "calls of work")]
        static CALLS: AtomicU64 = AtomicU64::new(0);
        V_CALLS.fetch_add(1, Relaxed) + V_FOO_COUNTER.load(Relaxed)
    }

    pub fn unrelated(a: u8) -> u8 {
        a + 1
    }
}
