//! Checks that are slow by nature. Each has a name and can be run alone; `ci` runs a short form of most.

pub(crate) mod api;
mod book;
mod broken;
mod cases;
mod deny;
mod docsrs;
mod features;
mod fuzz;
mod limited;
mod linking;
mod miri;
mod outside;
mod platforms;
mod sanitizers;
mod semver;
mod states;

use std::process::Command;

use crate::chores::compare;
use crate::memcheck;
use crate::minimum;
use crate::published::package_arguments;
use crate::step::{Done, cargo, run};

pub(crate) use miri::slice as miri_slice;
pub(crate) use platforms::slice as platforms_slice;

struct Check {
    name: &'static str,
    what: &'static str,
    run: fn() -> Done,
}

const CHECKS: &[Check] = &[
    Check { name: "cases", what: "many random cases in each build with instances", run: cases::cases },
    Check { name: "programs", what: "many generated programs", run: cases::programs },
    Check { name: "fuzz", what: "each fuzz target under libFuzzer, for FUZZ_SECONDS", run: fuzz::fuzz },
    Check { name: "miri", what: "the runtime and what the macros generate, in Miri", run: miri::miri },
    Check { name: "asan", what: "the runtime's tests with the address sanitizer", run: sanitizers::asan },
    Check { name: "tsan", what: "the runtime's tests with the thread sanitizer", run: sanitizers::tsan },
    Check {
        name: "leaks",
        what: "what the runtime's tests leave allocated, counted by valgrind",
        run: memcheck::leaks,
    },
    Check { name: "states", what: "a million random operations against a model", run: states::states },
    Check { name: "soak", what: "an hour in which everything comes and goes, and memory stays", run: states::soak },
    Check { name: "broken", what: "each model on a protocol that is broken: it has to fail", run: broken::broken },
    Check { name: "recipes", what: "each recipe on its package, with the package's own tests", run: recipes },
    Check { name: "packages", what: "the packages built from what they contain", run: packages },
    Check { name: "book", what: "the book as HTML, and its links, if mdBook can be installed", run: book::book },
    Check { name: "minimum", what: "the oldest compilers that the manifests name", run: minimum::all },
    Check { name: "features", what: "each combination of features of each package", run: features::features },
    Check { name: "versions", what: "the oldest versions of dependencies", run: features::versions },
    Check { name: "docsrs", what: "the documentation as docs.rs builds it", run: docsrs::docsrs },
    Check { name: "api", what: "the public names are those that are written down", run: api::check },
    Check { name: "semver", what: "what has changed since the newest tag breaks nobody", run: semver::semver },
    Check { name: "deny", what: "licences, sources, duplicates and advisories of dependencies", run: deny::deny },
    Check { name: "outside", what: "programs of each kind, read from outside", run: outside::outside },
    Check { name: "tenants", what: "a million requests to two hundred tenants that come and go", run: tenants },
    Check { name: "pages", what: "pages in a browser, if there is one", run: pages },
    Check { name: "nextest", what: "examples/testing in a process per test, if nextest is installed", run: nextest },
    Check { name: "linking", what: "a program that checks itself, linked in many ways", run: linking::linking },
    Check {
        name: "platforms",
        what: "other processors and systems, as far as they run here",
        run: platforms::platforms,
    },
    Check { name: "compare", what: "many runs of the tests that interfere", run: || compare("100") },
];

/// The names of all checks.
pub(crate) fn names() -> Vec<&'static str> {
    CHECKS.iter().map(|check| check.name).collect()
}

/// Runs the named checks; all of them without a name. `list` prints the names.
pub(crate) fn deep(names: &[&str]) -> Done {
    if names == ["list"] {
        // Which is JSON, too: a workflow makes a job of each.
        println!("{:?}", self::names());
        return Ok(());
    }
    let known = |name: &&&str| CHECKS.iter().any(|check| check.name == **name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        let lines: Vec<String> = CHECKS.iter().map(|check| format!("  {:<12} {}", check.name, check.what)).collect();
        return Err(format!("there is no deep check {unknown}; there are\n{}", lines.join("\n")));
    }
    let chosen = CHECKS.iter().filter(|check| names.is_empty() || names.contains(&check.name));
    // All of them, whatever one finds: together they take hours.
    let failed: Vec<String> =
        chosen.filter_map(|check| (check.run)().err().map(|error| format!("{}: {error}", check.name))).collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

fn recipes() -> Done {
    const RECIPES: [&str; 7] = ["run", "-p", "cargo-vimage", "--", "vendor", "--vimage=vimage-runtime", "--verify"];
    cargo("recipes", &RECIPES, &[])
}

fn tenants() -> Done {
    const LOAD: [&str; 10] = ["run", "--release", "-p", "tenants", "--bin", "load", "--", "200", "10", "100000"];
    // With the server, which the client starts.
    cargo("tenants, build", &["build", "--release", "-p", "tenants"], &[])?;
    cargo("tenants", &LOAD, &[])
}

fn pages() -> Done {
    let page =
        |package| ["test", "-p", package, "--features", "vimage", "--test", "page", "--", "--ignored", "--nocapture"];
    cargo("pages of tenants", &page("tenants"), &[])?;
    cargo("page of netlab", &page("netlab"), &[])
}

/// To build nextest would take longer than what it runs here.
fn nextest() -> Done {
    let version = Command::new("cargo").args(["nextest", "--version"]).output();
    if !version.is_ok_and(|output| output.status.success()) {
        println!("cargo-nextest is not installed, so this is left out");
        return Ok(());
    }
    cargo("nextest", &["nextest", "run", "-p", "testing"], &[])
}

fn packages() -> Done {
    run("package, and build what is in it", Command::new("cargo").args(package_arguments()))
}
