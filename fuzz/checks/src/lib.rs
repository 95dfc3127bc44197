//! What a fuzzer tries. A target is a function that takes any bytes, and panics if something is wrong; `../fuzz_targets`
//! runs each under libFuzzer, and the test `replay` runs the inputs that were kept, and a few random changes of them.
//!
//! The modules of netlab are linked in, so they are among those that the targets of the runtime read and set.

#[path = "../../../vimage-inspect/tests/support/changed.rs"]
mod changed;
#[path = "../../../vimage-inspect/tests/support/dump.rs"]
mod dump;

mod export;
mod inspect;
mod macros;
mod mutate;
mod random;
mod sysctl;
mod values;

pub use dump::alone;
pub use mutate::mutate;
pub use random::Random;

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
    Target { name: "topology", check: fuzz_netlab::topology, is_text: true },
    Target { name: "scenario", check: fuzz_netlab::scenario, is_text: true },
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
