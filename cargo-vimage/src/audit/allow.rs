//! The allow-lists in `[package.metadata.vimage]` and `[workspace.metadata.vimage]`.

use std::cell::Cell;

use cargo_metadata::{Metadata, Package};
use serde::{Deserialize, Serialize};

use super::pattern::Pattern;
use crate::exit::Failure;

/// An accepted global. Unknown keys are errors; `port` and `vendor` have tables of their own beside it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(rename = "crate")]
    krate: Pattern,
    path: Pattern,
    reason: String,
    #[serde(skip)]
    used: Cell<bool>,
    /// Whether it is the workspace's, so that another program may need it.
    #[serde(skip)]
    of_workspace: bool,
}

/// An entry that accepts nothing.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Stale {
    #[serde(rename = "crate")]
    pub(super) krate: String,
    pub(super) path: String,
}

/// The allow-lists that apply to a program: its package's, and its workspace's.
#[derive(Debug)]
pub(super) struct Allow {
    entries: Vec<Entry>,
}

impl Allow {
    pub(super) fn read(metadata: &Metadata, package: &Package) -> Result<Self, Failure> {
        let manifest = package.manifest_path.as_str();
        let mut entries = list(&package.metadata, manifest)?;
        let root = metadata.workspace_root.join("Cargo.toml");
        let mut shared = list(&metadata.workspace_metadata, root.as_str())?;
        shared.iter_mut().for_each(|entry| entry.of_workspace = true);
        entries.extend(shared);
        Ok(Self { entries })
    }

    /// The reason to accept a global. The entry counts as used.
    pub(super) fn find(&self, krate: &str, path: &str) -> Option<&str> {
        let entry = self.entries.iter().find(|entry| entry.krate.matches_crate(krate) && entry.path.matches(path))?;
        entry.used.set(true);
        Some(&entry.reason)
    }

    /// Entries that no global needed. One of the workspace may be needed by another of its programs, so it is stale only
    /// if no package has such a name.
    pub(super) fn stale(&self, metadata: &Metadata) -> Vec<Stale> {
        let is_there = |entry: &Entry| {
            let packaged = metadata.packages.iter().any(|package| entry.krate.matches_crate(&package.name));
            packaged || entry.krate.matches_crate("std") || entry.krate.matches_crate("C")
        };
        let unused = self.entries.iter().filter(|entry| !entry.used.get());
        let stale = unused.filter(|entry| !entry.of_workspace || !is_there(entry));
        stale.map(|entry| Stale { krate: entry.krate.text().to_owned(), path: entry.path.text().to_owned() }).collect()
    }
}

/// The list in the metadata of one manifest.
fn list(metadata: &serde_json::Value, manifest: &str) -> Result<Vec<Entry>, Failure> {
    let Some(list) = metadata.get("vimage").and_then(|vimage| vimage.get("allow")) else { return Ok(Vec::new()) };
    let wrong = |problem: String| Failure::Usage(format!("{manifest}: metadata.vimage.allow: {problem}"));
    let entries: Vec<Entry> = serde_json::from_value(list.clone()).map_err(|error| wrong(error.to_string()))?;
    match entries.iter().find(|entry| entry.reason.trim().is_empty()) {
        Some(entry) => Err(wrong(format!("`{}` of `{}` has no reason", entry.path.text(), entry.krate.text()))),
        None => Ok(entries),
    }
}
