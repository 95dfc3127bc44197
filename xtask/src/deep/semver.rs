//! Whether what has changed since the last release breaks the code of users, and the version says so.

use std::path::Path;
use std::process::Command;

use super::api::LIBRARIES;
use crate::fetched::{Tool, target};
use crate::published::{PUBLISHED, Package};
use crate::step::{Done, run};

const SEMVER: Tool = Tool { name: "cargo-semver-checks", version: "0.51.0", options: &[] };

/// Compares each library with the newest tag `v…`.
pub(super) fn semver() -> Done {
    let Some(release) = newest_release()? else {
        println!("left out: there is no tag `v…`, and so no release to compare with");
        return Ok(());
    };
    let Some(tool) = SEMVER.path() else {
        return Ok(());
    };
    let failed = LIBRARIES.iter().filter_map(|library| compare(&tool, library, &release).err());
    let failed: Vec<String> = failed.collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

fn newest_release() -> Result<Option<String>, String> {
    let list = ["tag", "--list", "v[0-9]*", "--merged", "HEAD", "--sort=-version:refname"];
    let output = Command::new("git").args(list).output().map_err(|error| format!("git did not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("git tag: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned))
}

fn is_in(library: &str, release: &str) -> bool {
    let package = PUBLISHED.iter().find(|package| package.name == library);
    let manifest = |package: &Package| format!("{release}:{}/Cargo.toml", package.folder);
    let known = package.map(|package| Command::new("git").args(["cat-file", "-e", &manifest(package)]).output());
    matches!(known, Some(Ok(output)) if output.status.success())
}

fn compare(tool: &Path, library: &str, release: &str) -> Done {
    if !is_in(library, release) {
        println!("{library} is not in {release}: left out");
        return Ok(());
    }
    let mut command = Command::new(tool);
    command.args(["semver-checks", "--baseline-rev", release, "--all-features", "-p", library]);
    // It has a target folder below this one for each revision.
    command.env("CARGO_TARGET_DIR", target("semver"));
    run(&format!("semver: {library} since {release}"), &mut command)
}
