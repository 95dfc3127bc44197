//! The runtime's tests with a sanitizer, which the standard library is built with as well.

use std::time::Duration;

use super::outside::host;
use crate::builds::INSTANCES;
use crate::fetched::{NIGHTLY, cargo_of, target, toolchain};
use crate::step::{Done, run_within};

const LIMIT: Duration = Duration::from_secs(4 * 60 * 60);

struct Sanitizer {
    /// As rustc and the folder for its output call it.
    name: &'static str,
    /// The variable for its options, and the options.
    options: (&'static str, &'static str),
    /// Tests that it cannot run.
    without: &'static [&'static str],
}

/// Memory that is used after it was freed, or outside of its bounds, and leaks.
pub(super) fn asan() -> Done {
    run(&Sanitizer {
        name: "address",
        options: ("ASAN_OPTIONS", "detect_stack_use_after_return=1"),
        without: &[
            // Leaks on purpose.
            "what_is_forgotten_keeps_its_instance_for_good",
            "a_forgotten_coroutine_keeps_the_instance_it_is_in",
            // The sanitizer reports it itself.
            "a_stack_that_overflows_in_a_hook_aborts",
            // It keeps freed memory for a while.
            "memory_stays_as_it_is",
        ],
    })
}

/// Accesses by several threads that nothing orders.
pub(super) fn tsan() -> Done {
    run(&Sanitizer {
        name: "thread",
        options: ("TSAN_OPTIONS", "halt_on_error=1"),
        without: &["a_stack_that_overflows_in_a_hook_aborts"],
    })
}

fn run(sanitizer: &Sanitizer) -> Done {
    let Sanitizer { name, options: (variable, options), without } = sanitizer;
    let title = format!("sanitizer: {name}");
    if !toolchain(NIGHTLY, &["rust-src"]) {
        return Ok(());
    }
    let host = host()?;
    let mut command = cargo_of(NIGHTLY);
    // With a target, because the flags are not for macros.
    command.args(["test", "-Zbuild-std", "--target", &host, "--target-dir"]).arg(target(name));
    command.args(["-p", "vimage", "--lib", "--tests", "--no-fail-fast"]);
    command.args(["--no-default-features", "--features", INSTANCES, "--"]);
    command.args(without.iter().flat_map(|test| ["--skip", test]));
    command.env("RUSTFLAGS", format!("-Zsanitizer={name}")).env("PROPTEST_CASES", "16").env(variable, options);
    run_within(&title, &mut command, LIMIT)
}
