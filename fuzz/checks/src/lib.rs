//! What a fuzzer tries. A target is a function that takes any bytes, and panics if something is wrong; `../fuzz_targets`
//! runs each under libFuzzer, and the test `replay` runs the inputs that were kept, and a few random changes of them.
//!
//! The sources of netlab are part of this package, because a program cannot be a dependency. So its modules are the ones
//! that the targets of the runtime read and set.

#[path = "../../../examples/netlab/src/cli/mod.rs"]
mod cli;
#[path = "../../../examples/netlab/src/hardware/mod.rs"]
mod hardware;
#[path = "../../../examples/netlab/src/lab/mod.rs"]
mod lab;
#[path = "../../../examples/netlab/src/stack/mod.rs"]
mod stack;

#[path = "../../../vimage-inspect/tests/support/changed.rs"]
mod changed;
#[path = "../../../vimage-inspect/tests/support/dump.rs"]
mod dump;

mod export;
mod inspect;
mod macros;
mod mutate;
mod random;
mod scenario;
mod sysctl;
mod topology;
mod values;

pub use mutate::mutate;
pub use random::Random;

/// The start of netlab: without it, most of its sources are never used here.
pub use cli::main as netlab;

/// A thing that takes input from outside.
#[derive(Debug)]
pub struct Target {
    /// The name of the target, and of the folder of its inputs.
    pub name: &'static str,
    /// Panics if something is wrong with what becomes of the bytes.
    pub check: fn(&[u8]),
    /// Whether the input is text.
    pub is_text: bool,
}

/// All targets.
pub const TARGETS: [Target; 6] = [
    Target { name: "macros", check: macros::check, is_text: true },
    Target { name: "sysctl", check: sysctl::check, is_text: true },
    Target { name: "inspect", check: inspect::check, is_text: true },
    Target { name: "export", check: export::check, is_text: false },
    Target { name: "topology", check: topology::check, is_text: true },
    Target { name: "scenario", check: scenario::check, is_text: true },
];

/// The target of this name.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).expect("a target of this name")
}
