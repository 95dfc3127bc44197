//! The documentation of a release.

use crate::fetched::{NIGHTLY, cargo_of, target, toolchain};
use crate::published::{PUBLISHED, Package};
use crate::step::{Done, run};

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
