//! Licences, sources, duplicates and advisories of dependencies, as `deny.toml` allows them.

use std::process::Command;
use std::time::Duration;

use crate::fetched::Tool;
use crate::step::{Done, fetch, run};

const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2", options: &[] };
const DATABASE_LIMIT: Duration = Duration::from_secs(5 * 60);

pub(super) fn deny() -> Done {
    nothing_twice()?;
    let Some(deny) = DENY.path() else {
        return Ok(());
    };
    let check = |title: &str, checks: &[&str]| {
        let mut command = Command::new(&deny);
        command.args(["--locked", "--workspace", "check", "--hide-inclusion-graph"]);
        run(title, command.args(checks))
    };
    let advisories = || {
        let mut database = Command::new(&deny);
        if let Err(error) = fetch("database of advisories", database.args(["fetch", "db"]), DATABASE_LIMIT) {
            println!("the database of advisories cannot be fetched, so they are left out: {error}");
            return Ok(());
        }
        check("deny: advisories", &["advisories"])
    };
    // Both, whatever one finds.
    let failed = [check("deny: bans, licences, sources", &["bans", "licenses", "sources"]), advisories()];
    let failed: Vec<String> = failed.into_iter().filter_map(Result::err).collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// A user of the runtime compiles nothing in two versions. The workspace as a whole does, for the reasons in `deny.toml`.
fn nothing_twice() -> Done {
    let tree =
        ["tree", "--locked", "-p", "vimage", "--all-features", "-e", "normal", "--target", "all", "--duplicates"];
    let output = Command::new("cargo").args(tree).output();
    let output = output.map_err(|error| format!("cargo tree did not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let twice = String::from_utf8_lossy(&output.stdout);
    if twice.is_empty() { Ok(()) } else { Err(format!("two versions of one dependency of vimage:\n{twice}")) }
}
