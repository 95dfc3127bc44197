//! The same counters in other forms.

use std::sync::atomic::AtomicU64;

use thread_local::ThreadLocal;

/// What is a global elsewhere.
#[derive(Debug)]
pub struct Globals {
    /// The first counter.
    pub a: AtomicU64,
    /// The second counter.
    pub b: AtomicU64,
    /// The third counter.
    pub c: AtomicU64,
}

impl Default for Globals {
    fn default() -> Self {
        Self { a: AtomicU64::new(1), b: AtomicU64::new(2), c: AtomicU64::new(3) }
    }
}

/// Plain statics: one value per process.
pub mod plain {
    use std::sync::atomic::AtomicU64;

    /// The first counter.
    pub static A: AtomicU64 = AtomicU64::new(1);
    /// The second counter.
    pub static B: AtomicU64 = AtomicU64::new(2);
    /// The third counter.
    pub static C: AtomicU64 = AtomicU64::new(3);
}

/// Thread-locals without a lazy initializer: one value per thread.
pub mod local {
    use std::sync::atomic::AtomicU64;

    thread_local! {
        /// The first counter.
        pub static A: AtomicU64 = const { AtomicU64::new(1) };
        /// The second counter.
        pub static B: AtomicU64 = const { AtomicU64::new(2) };
        /// The third counter.
        pub static C: AtomicU64 = const { AtomicU64::new(3) };
    }
}

/// A value per object and thread.
pub static PER_THREAD: ThreadLocal<Globals> = ThreadLocal::new();

/// A value that is set once.
pub static ONCE: state::InitCell<Globals> = state::InitCell::new();

/// A value per thread, made when a thread first asks for it.
pub static ONCE_PER_THREAD: state::LocalInitCell<Globals> = state::LocalInitCell::new();

scoped_tls::scoped_thread_local! {
    /// A reference that is set for a scope.
    pub static SCOPED: Globals
}

fluid_let::fluid_let! {
    /// A dynamically scoped variable.
    pub static FLUID: Globals
}

tokio::task_local! {
    /// A value per task.
    pub static TASK: Globals;
}
