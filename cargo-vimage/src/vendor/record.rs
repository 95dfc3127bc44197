//! What is written down in the workspace: `[patch.crates-io]`, and `vimage-vendor.toml`.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

use crate::exit::Failure;

/// The file beside the manifest of the workspace.
pub(super) const FILE: &str = "vimage-vendor.toml";

/// All ported dependencies of a workspace.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Record {
    #[serde(default, rename = "crate")]
    pub(super) crates: Vec<Vendored>,
}

/// One ported dependency.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Vendored {
    pub(super) name: String,
    pub(super) version: String,
    /// Of the package in the registry, from the lock file.
    pub(super) checksum: String,
    /// `shipped`, or the file that was given.
    pub(super) recipe: String,
    /// The folder of the copy.
    pub(super) folder: String,
    /// Each static with its decision.
    pub(super) statics: Vec<String>,
}

impl Record {
    pub(super) fn read(workspace: &Path) -> Result<Self, Failure> {
        let path = workspace.join(FILE);
        match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|error| Failure::unreadable(&path, error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Failure::unreadable(&path, error)),
        }
    }

    /// Writes the file, or removes it if nothing is recorded.
    pub(super) fn write(&self, workspace: &Path) -> Result<(), Failure> {
        let path = workspace.join(FILE);
        let result = if self.crates.is_empty() {
            if path.exists() { fs::remove_file(&path) } else { Ok(()) }
        } else {
            let text = toml::to_string_pretty(self).map_err(|error| Failure::unreadable(&path, error))?;
            fs::write(&path, format!("# Written by `cargo vimage vendor`.\n\n{text}"))
        };
        result.map_err(|error| Failure::unreadable(&path, error))
    }

    pub(super) fn of(&self, name: &str) -> Option<&Vendored> {
        self.crates.iter().find(|vendored| vendored.name == name)
    }
}

/// Writes `[patch.crates-io] name = { path = "…" }`.
pub(super) fn patch(manifest: &Path, name: &str, folder: &str) -> Result<(), Failure> {
    edit(manifest, |document| {
        let patch = document.entry("patch").or_insert_with(implicit).as_table_mut()?;
        let registry = patch.entry("crates-io").or_insert(Item::Table(Table::new())).as_table_mut()?;
        let mut path = InlineTable::new();
        path.insert("path", Value::from(folder));
        registry.insert(name, Item::Value(Value::InlineTable(path)));
        Some(())
    })
}

/// Takes it out again.
pub(super) fn unpatch(manifest: &Path, name: &str) -> Result<(), Failure> {
    edit(manifest, |document| {
        let Some(patch) = document.get_mut("patch").and_then(Item::as_table_mut) else { return Some(()) };
        if let Some(registry) = patch.get_mut("crates-io").and_then(Item::as_table_mut) {
            registry.remove(name);
            if registry.is_empty() {
                patch.remove("crates-io");
            }
        }
        if patch.is_empty() {
            document.remove("patch");
        }
        Some(())
    })
}

fn implicit() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

fn edit(path: &Path, change: impl FnOnce(&mut DocumentMut) -> Option<()>) -> Result<(), Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, error))?;
    let mut document: DocumentMut = text.parse().map_err(|error| Failure::unreadable(path, error))?;
    change(&mut document).ok_or_else(|| Failure::unreadable(path, "`[patch.crates-io]` is no table"))?;
    fs::write(path, document.to_string()).map_err(|error| Failure::unreadable(path, error))
}

/// The manifest of a package without its tests and what only they depend on.
pub(super) fn without_tests(path: &Path, text: &str) -> Result<String, Failure> {
    let mut document: DocumentMut = text.parse().map_err(|error| Failure::unreadable(path, error))?;
    for key in ["dev-dependencies", "test", "bench", "example"] {
        document.remove(key);
    }
    if let Some(targets) = document.get_mut("target").and_then(Item::as_table_mut) {
        for (_, target) in targets.iter_mut() {
            target.as_table_mut().and_then(|target| target.remove("dev-dependencies"));
        }
    }
    if let Some(package) = document.get_mut("package").and_then(Item::as_table_mut) {
        for key in ["autotests", "autobenches", "autoexamples"] {
            package.insert(key, toml_edit::value(false));
        }
    }
    Ok(document.to_string())
}

/// The checksum of a package in a lock file.
pub(super) fn checksum(workspace: &Path, name: &str, version: &semver::Version) -> Result<String, Failure> {
    let path = workspace.join("Cargo.lock");
    let text = fs::read_to_string(&path).map_err(|error| Failure::unreadable(&path, error))?;
    let lock: Lock = toml::from_str(&text).map_err(|error| Failure::unreadable(&path, error))?;
    let found = lock.package.into_iter().find(|package| package.name == name && package.version == version.to_string());
    found
        .and_then(|package| package.checksum)
        .ok_or_else(|| Failure::unreadable(&path, format!("no checksum of `{name}`")))
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_leaves_the_rest_of_the_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("Cargo.toml");
        let text = "# mine\n[package]\nname = \"x\" # x\n\n[patch.crates-io]\nrand = { git = \"x\" }\n";
        fs::write(&manifest, text).unwrap();
        patch(&manifest, "log", "vimage-vendor/log-0.4.0").unwrap();
        let expected = format!("{text}log = {{ path = \"vimage-vendor/log-0.4.0\" }}\n");
        assert_eq!(fs::read_to_string(&manifest).unwrap(), expected);
        unpatch(&manifest, "log").unwrap();
        assert_eq!(fs::read_to_string(&manifest).unwrap(), text);

        let text = "[package]\nname = \"x\"\n";
        fs::write(&manifest, text).unwrap();
        patch(&manifest, "log", "here").unwrap();
        unpatch(&manifest, "log").unwrap();
        assert_eq!(fs::read_to_string(&manifest).unwrap(), text);
    }
}
