//! What a release brings along: licences and documentation.

use std::process::Command;

use crate::fetched::{Tool, cargo_of, target, toolchain};
use crate::published::{PUBLISHED, Package};
use crate::step::{Done, run};

pub(super) const NIGHTLY: &str = "nightly";
const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2", options: &[] };

/// Licences and sources of all dependencies, and known faults of theirs where the database can be fetched. A user of the
/// runtime compiles nothing twice.
pub(super) fn licences() -> Done {
    let tree = ["tree", "-p", "vimage", "--all-features", "-e", "normal", "--target", "all", "--duplicates"];
    let twice = Command::new("cargo").args(tree).output().map_err(|error| format!("cargo tree: {error}"))?;
    if !twice.status.success() || !twice.stdout.is_empty() {
        let [found, said] = [twice.stdout, twice.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        return Err(format!("two versions of one dependency of vimage:\n{found}{said}"));
    }
    let Some(deny) = DENY.path() else {
        return Ok(());
    };
    let mut command = Command::new(&deny);
    command.args(["--workspace", "--all-features", "check", "bans", "licenses", "sources"]);
    run("licences and sources", &mut command)?;
    let mut fetch = Command::new(&deny);
    if crate::step::fetch("fetch the advisories", fetch.args(["fetch", "db"]), std::time::Duration::from_secs(120))
        .is_err()
    {
        println!("The database of advisories cannot be fetched: left out");
        return Ok(());
    }
    run("advisories", Command::new(&deny).args(["--workspace", "--all-features", "check", "advisories"]))
}

/// The documentation as docs.rs builds it: with its features and `--cfg docsrs`.
pub(super) fn docsrs() -> Done {
    if !toolchain(NIGHTLY, &[]) {
        return Ok(());
    }
    PUBLISHED.iter().try_for_each(documented)
}

fn documented(package: &Package) -> Done {
    let manifest = package.manifest()?;
    let docsrs = manifest["package"].get("metadata").and_then(|metadata| metadata.get("docs")?.get("rs"));
    let features = docsrs.and_then(|docsrs| docsrs.get("features")?.as_array());
    let features: Vec<&str> = features.into_iter().flatten().filter_map(toml::Value::as_str).collect();
    let all = docsrs.and_then(|docsrs| docsrs.get("all-features")?.as_bool()).unwrap_or_default();
    let mut doc = cargo_of(NIGHTLY);
    doc.args(["doc", "--no-deps", "-p", package.name, "--features", &features.join(",")]);
    doc.args(all.then_some("--all-features")).arg("--target-dir").arg(target("docsrs"));
    run(&format!("docs.rs: {}", package.name), doc.env("RUSTDOCFLAGS", "--cfg docsrs -D warnings"))?;
    // Each name that needs a feature says so.
    let Some(labelled) = features.iter().find(|feature| **feature == "inspect") else {
        return Ok(());
    };
    let page = target("docsrs").join("doc").join(package.name).join(labelled).join("index.html");
    let text = std::fs::read_to_string(&page).map_err(|error| format!("{}: {error}", page.display()))?;
    let label = format!("crate feature <code>{labelled}</code>");
    if text.contains(&label) { Ok(()) } else { Err(format!("docs.rs: {} is without its label", page.display())) }
}
