//! The baseline: the globals that were known to be open when it was written. `--deny new` denies only others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::exit::Failure;

/// The file beside the manifest of the package.
const FILE: &str = "vimage-baseline.toml";

const HEAD: &str = "# Written by `cargo vimage audit --write-baseline`: globals that instances share, and that are accepted \
                    until somebody\n# isolates them. `cargo vimage audit --deny new` denies all others.\n\n";

/// A global that was open. It has no version and no place, so that it survives an update.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    /// The program.
    pub(super) target: String,
    #[serde(rename = "crate")]
    pub(super) krate: String,
    pub(super) path: String,
}

/// The baseline of a package, for all of its programs.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Baseline {
    #[serde(default)]
    global: BTreeSet<Known>,
}

impl Baseline {
    fn file(folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    /// The baseline in the folder of a package, if it has one.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, Failure> {
        let file = Self::file(folder);
        match std::fs::read_to_string(&file) {
            Ok(text) => toml::from_str(&text).map(Some).map_err(|error| Failure::unreadable(&file, error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::unreadable(&file, error)),
        }
    }

    pub(super) fn contains(&self, known: &Known) -> bool {
        self.global.contains(known)
    }

    /// Known globals of the target that are not open any more.
    pub(super) fn gone<'a>(&'a self, target: &'a str, open: &'a BTreeSet<Known>) -> impl Iterator<Item = &'a Known> {
        self.global.iter().filter(move |known| known.target == target && !open.contains(known))
    }

    /// Replaces the globals of one target, and writes the file. Returns its path.
    pub(super) fn write(mut self, folder: &Path, target: &str, open: BTreeSet<Known>) -> Result<PathBuf, Failure> {
        self.global.retain(|known| known.target != target);
        self.global.extend(open);
        let file = Self::file(folder);
        let text = toml::to_string(&self).map_err(|error| Failure::unreadable(&file, error))?;
        std::fs::write(&file, format!("{HEAD}{text}")).map_err(|error| Failure::unreadable(&file, error))?;
        Ok(file)
    }
}
