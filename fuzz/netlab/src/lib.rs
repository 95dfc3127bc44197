//! The sources of netlab as a library, because a program cannot be a dependency; and what a fuzzer tries of them.

#[path = "../../../examples/netlab/src/cli/mod.rs"]
mod cli;
#[path = "../../../examples/netlab/src/hardware/mod.rs"]
mod hardware;
#[path = "../../../examples/netlab/src/lab/mod.rs"]
mod lab;
#[path = "../../../examples/netlab/src/stack/mod.rs"]
mod stack;

mod scenario;
mod topology;

/// The start of netlab: without it, most of its sources would never be used here.
pub use cli::main as netlab;
pub use scenario::check as scenario;
pub use topology::check as topology;
