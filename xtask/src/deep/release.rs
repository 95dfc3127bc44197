//! What a release brings along: licences and documentation.

use std::process::Command;

use crate::fetched::{NIGHTLY, cargo_of, target, toolchain};
use crate::published::{PUBLISHED, Package};
use crate::step::{Done, run};

/// As the manifests write them. Programs under MIT or Apache-2.0 can be distributed with each of these.
const LICENCES: [&str; 16] = [
    "(MIT OR Apache-2.0) AND Unicode-3.0",
    "0BSD",
    "0BSD OR MIT OR Apache-2.0",
    "Apache-2.0",
    "Apache-2.0 OR BSL-1.0",
    "Apache-2.0 OR MIT",
    "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
    "BSD-2-Clause OR Apache-2.0 OR MIT",
    "ISC",
    "MIT",
    "MIT AND BSD-3-Clause",
    "MIT OR Apache-2.0",
    "MIT OR Apache-2.0 OR LGPL-2.1-or-later",
    "MIT OR Zlib OR Apache-2.0",
    "Unlicense OR MIT",
    "Zlib",
];

/// Licences and sources of all dependencies that are distributed; a user of the runtime compiles nothing in two versions.
/// cargo-deny would do that, but takes longer to build than all that it would check.
pub(super) fn licences() -> Done {
    let all = ["--workspace", "--all-features", "-e", "normal", "--target", "all", "--prefix", "none"];
    let licences = tree(&[&all[..], &["--no-dedupe", "--format", "{l};{p}"]].concat())?;
    let is_allowed = |licence: &str| LICENCES.contains(&licence.replace(" / ", "/").replace('/', " OR ").as_str());
    // An empty line is between the packages of the workspace.
    let lines = licences.lines().filter(|line| !line.is_empty());
    let unknown = lines.filter(|line| !line.split(';').next().is_some_and(is_allowed));
    let unknown: std::collections::BTreeSet<&str> = unknown.collect();
    if !unknown.is_empty() {
        return Err(format!("licences that nobody has decided about: {unknown:#?}"));
    }
    let twice = tree(&["-p", "vimage", "--all-features", "-e", "normal", "--target", "all", "--duplicates"])?;
    if !twice.is_empty() {
        return Err(format!("two versions of one dependency of vimage:\n{twice}"));
    }
    let lock = std::fs::read_to_string("Cargo.lock").map_err(|error| format!("Cargo.lock: {error}"))?;
    let registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let elsewhere = lock.lines().find(|line| line.starts_with("source = ") && *line != registry);
    elsewhere.map_or(Ok(()), |line| Err(format!("a dependency is not from crates.io: {line}")))
}

fn tree(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("cargo").args(["tree", "--locked"]).args(arguments).output();
    let output = output.map_err(|error| format!("cargo tree did not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
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
