//! The runtime, and what the macros generate, in Miri.
//!
//! With the other backend, because Miri has no linker.

use std::path::PathBuf;
use std::time::Duration;

use crate::fetched::{NIGHTLY, cargo_of, target, toolchain};
use crate::step::{Done, run_within};

const FEATURES: &str = "inventory,vimage";
const STRICT: &str = "-Zmiri-strict-provenance";
const TREE: &str = "-Zmiri-strict-provenance -Zmiri-tree-borrows";
/// Few random cases and steps. Cases that fail are not written into files: there are none in Miri.
const CASES: &str = "-Zmiri-env-set=PROPTEST_CASES=4 -Zmiri-env-set=PROPTEST_DISABLE_FAILURE_PERSISTENCE=1 \
    -Zmiri-env-set=VIMAGE_STATES_STEPS=30";

/// Of one run of many tests; Miri reports a deadlock by itself, but not what never ends otherwise.
const HOURS: Duration = Duration::from_secs(6 * 60 * 60);
/// Of a part of the slice.
const MINUTES: Duration = Duration::from_secs(10 * 60);

/// The tests in which threads meet; each seed is another order in which they run.
const THREADS: [&str; 8] =
    ["life", "late", "late_unload", "attack_late", "travel_values", "travel_closures", "travel_links", "vimages"];

/// The tests with variables that are kept, which leak with their instances. Unit tests leak as well: they make classes, modules
/// and trees, which everywhere else live as long as the program.
const KEEP: [&str; 3] = ["symmap", "sysctl", "virtualized_places"];

/// The names of the runtime's test programs.
fn tests() -> Result<Vec<String>, String> {
    let entries = std::fs::read_dir("vimage-runtime/tests").map_err(|error| format!("miri: {error}"))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_test = |path: &PathBuf| path.extension().is_some_and(|end| end == "rs") || path.join("main.rs").exists();
    let name = |path: PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
    Ok(paths.filter(is_test).filter_map(name).collect())
}

fn strs(owned: &[String]) -> Vec<&str> {
    owned.iter().map(String::as_str).collect()
}

/// Everything, and many seeds where threads meet.
pub(super) fn miri() -> Done {
    if !is_there() {
        return Ok(());
    }
    const RUNTIME: [&str; 4] = ["test", "-p", "vimage", "--no-fail-fast"];
    let (keeping, others): (Vec<String>, Vec<String>) = tests()?.into_iter().partition(|test| KEEP.contains(&&**test));
    let named =
        |tests: &[String]| tests.iter().flat_map(|test| ["--test".to_owned(), test.clone()]).collect::<Vec<_>>();
    let (keeping, others) = (named(&keeping), named(&others));
    let leaking = [&RUNTIME[..], &["--lib"], &strs(&keeping)].concat();
    let others = [&RUNTIME[..], &strs(&others)].concat();
    let runs = [(FEATURES, STRICT), (FEATURES, TREE), ("inventory,vimage,invariants", STRICT)];
    let mut failed = Vec::new();
    let mut run = |title: &str, arguments: &[&str], features: &str, flags: &str| {
        failed.extend(in_miri(HOURS, &format!("{title}, {features}, {flags}"), arguments, features, flags).err());
    };
    for (features, flags) in runs {
        run("Miri: tests that leak on purpose", &leaking, features, &format!("{flags} -Zmiri-ignore-leaks"));
        run("Miri: the runtime's other tests", &others, features, flags);
    }
    for flags in [STRICT, TREE] {
        run("Miri: an example", &["run", "-p", "foo"], FEATURES, flags);
        const EXPANSIONS: [&str; 8] =
            ["test", "-p", "edition-2021", "-p", "diamond", "-p", "multi-file-user", "--no-fail-fast"];
        run("Miri: what the macros generate", &EXPANSIONS, FEATURES, flags);
    }
    let seeds = format!("{STRICT} -Zmiri-many-seeds=0..16");
    for test in THREADS {
        run("Miri: many seeds", &["test", "-p", "vimage", "--test", test], FEATURES, &seeds);
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// What a part of CI is: an example, and modules of several crates, in a few orders of their threads.
pub(crate) fn slice() -> Done {
    if !is_there() {
        return Ok(());
    }
    // Builds the standard library for Miri, once on a machine.
    if let Err(error) = run_within("Miri: set up", cargo_of(NIGHTLY).args(["miri", "setup"]), MINUTES) {
        println!("{error}\nMiri cannot be set up: left out");
        return Ok(());
    }
    let seeds = format!("{STRICT} -Zmiri-many-seeds=0..2");
    in_miri(
        MINUTES,
        "Miri: instances and threads",
        &["test", "-p", "interpreted", "--test", "life", "--test", "late_unload"],
        FEATURES,
        &seeds,
    )
}

fn is_there() -> bool {
    toolchain(NIGHTLY, &["miri", "rust-src"])
}

fn in_miri(limit: Duration, title: &str, arguments: &[&str], features: &str, flags: &str) -> Done {
    let mut command = cargo_of(NIGHTLY);
    command.arg("miri").args(arguments).arg("--target-dir").arg(target("miri"));
    command.args(["--no-default-features", "--features", features]);
    run_within(title, command.env("MIRIFLAGS", format!("{flags} {CASES}")), limit)
}
