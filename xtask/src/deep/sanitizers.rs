//! The runtime's tests with a sanitizer, which the standard library is built with as well.

use std::time::Duration;

use super::outside::host;
use crate::builds::INSTANCES;
use crate::fetched::{NIGHTLY, cargo_of, target, toolchain};
use crate::step::{Done, run_within};

const LIMIT: Duration = Duration::from_secs(4 * 60 * 60);

/// Tests that no sanitizer can run: they switch stacks, or overflow one, whose report is then the sanitizer's.
const WITHOUT: [&str; 3] = ["coroutine", "broken_nesting_aborts", "a_stack_that_overflows_in_a_hook_aborts"];

/// Memory that is used after it was freed, or outside of its bounds, and leaks.
pub(super) fn asan() -> Done {
    // One leaks on purpose; one counts memory, and the sanitizer keeps what is freed for a while.
    let without = ["what_is_forgotten_keeps_its_instance_for_good", "memory_stays_as_it_is"];
    // Cargo runs tests in the folder of their package.
    run("address", &without, ("LSAN_OPTIONS", "suppressions=../xtask/lsan.supp"))
}

/// Accesses by several threads that nothing orders.
pub(super) fn tsan() -> Done {
    // A thread that a detach hook starts, to show in which instance it is, is joined by nobody.
    run("thread", &[], ("TSAN_OPTIONS", "report_thread_leaks=0"))
}

fn run(name: &str, without: &[&str], (variable, options): (&str, &str)) -> Done {
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
    command.args(WITHOUT.iter().chain(without).flat_map(|test| ["--skip", test]));
    command.env("RUSTFLAGS", format!("-Zsanitizer={name}")).env("PROPTEST_CASES", "16");
    command.env(variable, options);
    run_within(&title, &mut command, LIMIT)
}
