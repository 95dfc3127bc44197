//! Recipes: what is known about a crate, so that its copy is not only compiled but also right.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use semver::{Version, VersionReq};
use serde::Deserialize;

use crate::exit::Failure;
use crate::port::{Decision, Named};

/// The recipes of this tool, by the names of their crates.
macro_rules! recipes {
    ($($name:literal)*) => {
        pub(super) const SHIPPED: &[(&str, &str)] =
            &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/recipes/", $name, ".toml")))),*];
    };
}

recipes! {
    "cadence-macros"
    "colored"
    "console"
    "countme"
    "env_logger"
    "eyre"
    "fail"
    "fastrand"
    "locale_config"
    "log"
    "metrics"
    "mock_instant"
    "opentelemetry"
    "owo-colors"
    "prometheus"
    "quanta"
    "rust-i18n"
    "string_cache"
    "symbol_table"
    "tempfile"
    "tracing-core"
    "turborand"
    "ustr"
    "xid"
    "yansi"
}

/// One recipe.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recipe {
    #[serde(rename = "crate")]
    pub(super) name: String,
    /// The versions that it was made for.
    pub(super) versions: VersionReq,
    /// The version that `verify` looks at.
    pub(super) verified: Version,
    /// Arguments of `cargo check` for the library, in one string each.
    #[serde(default = "only_library")]
    pub(super) checks: Vec<String>,
    #[serde(default, rename = "static")]
    pub(super) statics: Vec<StaticDecision>,
    /// Changes by hand, made before the port.
    #[serde(default, rename = "edit")]
    pub(super) edits: Vec<HandEdit>,
    /// What `port` reports and what is known to be harmless.
    #[serde(default)]
    pub(super) left: Vec<KnownLeft>,
    pub(super) verify: Verify,
}

fn yes() -> bool {
    true
}

fn only_library() -> Vec<String> {
    vec!["--lib".to_owned()]
}

/// The decision about one static, and why.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StaticDecision {
    /// `src/lib.rs:LOGGER`
    at: String,
    decision: DecisionWord,
    why: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DecisionWord {
    Virtualized,
    Keep,
    Shared,
}

/// A change by hand.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HandEdit {
    file: String,
    why: String,
    /// Must stand in the file once.
    old: String,
    new: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KnownLeft {
    /// A part of what `port` prints.
    text: String,
    why: String,
}

/// How the port is tested.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Verify {
    /// Arguments of `cargo test` for the suite of the crate; none if its package contains no tests.
    #[serde(default)]
    pub(super) tests: Option<String>,
    /// Variables that its suite needs.
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// Crates that are ported with their recipes before: this one has no state without them.
    #[serde(default)]
    pub(super) with: Vec<String>,
    /// Whether the instances are not apart without the port. A crate whose statics are all shared shows nothing.
    #[serde(default = "yes")]
    pub(super) control: bool,
    /// The crate as a line of `[dependencies]` has it, behind the version: `features = ["std"]`.
    #[serde(default)]
    pub(super) dependency: String,
    /// More lines of `[dependencies]`.
    #[serde(default)]
    pub(super) dependencies: String,
    /// Statements that fail if the instances `red` and `blue` are not apart.
    pub(super) apart: String,
    /// Items that they use.
    #[serde(default)]
    pub(super) items: String,
}

impl Recipe {
    /// The recipe for a version of a crate: the one in `file`, or one of this tool.
    pub(super) fn find(name: &str, version: &Version, file: Option<&Path>) -> Result<Self, Failure> {
        let recipe = match file {
            Some(file) => Self::read(file)?,
            None => Self::shipped(name)?.ok_or_else(|| {
                Failure::Usage(format!(
                    "there is no recipe for `{name}`: without one two instances may compile and be wrong. Write one \
                     (`--recipe FILE`); it says of each static whether it is one per instance, and why"
                ))
            })?,
        };
        if recipe.name != name {
            return Err(Failure::Usage(format!("the recipe is for `{}`, not for `{name}`", recipe.name)));
        }
        match recipe.versions.matches(version) {
            true => Ok(recipe),
            false => Err(Failure::Usage(format!(
                "the recipe for `{name}` is for versions {}, and {version} is locked: read the statics of that version, \
                 and pass `--recipe FILE`",
                recipe.versions
            ))),
        }
    }

    pub(super) fn read(file: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(file).map_err(|error| Failure::unreadable(file, error))?;
        Self::parse(&text, &file.display().to_string())
    }

    /// A recipe of this tool.
    pub(super) fn shipped(name: &str) -> Result<Option<Self>, Failure> {
        let text = SHIPPED.iter().find(|(known, _)| *known == name);
        text.map(|(name, text)| Self::parse(text, name)).transpose()
    }

    fn parse(text: &str, from: &str) -> Result<Self, Failure> {
        let recipe: Self =
            toml::from_str(text).map_err(|error| Failure::Unreadable(format!("recipe {from}: {error}")))?;
        let whys =
            recipe.statics.iter().map(|of| (&of.at, &of.why)).chain(recipe.edits.iter().map(|of| (&of.file, &of.why)));
        let mut whys = whys.chain(recipe.left.iter().map(|of| (&of.text, &of.why)));
        match whys.find(|(_, why)| why.trim().is_empty()) {
            Some((of, _)) => Err(Failure::Unreadable(format!("recipe {from}: `{of}` needs a reason, `why`"))),
            None => Ok(recipe),
        }
    }

    /// The decisions, as `port` takes them.
    pub(super) fn decisions(&self) -> Result<Vec<Named>, Failure> {
        let of = |found: &StaticDecision| {
            let (file, name) = found.at.rsplit_once(':')?;
            Some(Named::new(file, name, found.decision.decision()))
        };
        let decisions: Option<Vec<_>> = self.statics.iter().map(of).collect();
        decisions.ok_or_else(|| Failure::Unreadable(format!("recipe {}: `at` is `FILE:NAME`", self.name)))
    }

    /// Makes the changes by hand in a copy of the crate.
    pub(super) fn edit(&self, folder: &Path) -> Result<(), Failure> {
        for edit in &self.edits {
            let path = folder.join(&edit.file);
            let text = fs::read_to_string(&path).map_err(|error| Failure::unreadable(&path, error))?;
            if text.matches(&edit.old).count() != 1 {
                let what = format!("the text that the recipe changes does not stand there once ({})", edit.why);
                return Err(Failure::Denied(format!("{}: {what}", path.display())));
            }
            fs::write(&path, text.replacen(&edit.old, &edit.new, 1))
                .map_err(|error| Failure::unreadable(&path, error))?;
        }
        Ok(())
    }

    /// What `port` leaves and the recipe does not know of.
    pub(super) fn unknown<'l>(&self, left: &'l [String]) -> Vec<&'l String> {
        left.iter().filter(|left| !self.left.iter().any(|known| left.contains(&known.text))).collect()
    }
}

impl DecisionWord {
    fn decision(self) -> Decision {
        match self {
            Self::Virtualized => Decision::Virtualized,
            Self::Keep => Decision::Keep,
            Self::Shared => Decision::Shared,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_recipes_can_be_read() {
        for (name, _) in SHIPPED {
            let recipe = Recipe::shipped(name).unwrap().unwrap();
            assert_eq!(recipe.name, *name);
            assert!(recipe.versions.matches(&recipe.verified), "{name}");
            assert_eq!(recipe.decisions().unwrap().len(), recipe.statics.len());
            assert!(recipe.verify.apart.contains("red") && recipe.verify.apart.contains("blue"), "{name}");
        }
    }

    #[test]
    fn reasons_are_mandatory() {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/recipes/log.toml"));
        let start = text.find("why = ").unwrap();
        let end = start + text[start..].find('\n').unwrap();
        let without = format!("{}why = \"\"{}", &text[..start], &text[end..]);
        let error = Recipe::parse(&without, "log").unwrap_err();
        assert!(format!("{error:?}").contains("needs a reason"), "{error:?}");
    }
}
