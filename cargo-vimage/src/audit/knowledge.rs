//! The knowledge base: verdicts about the globals of published crates, each with a reason. The files are in
//! `knowledge/`, one per topic, and their form is described in its README.

use std::sync::LazyLock;

use semver::{Version, VersionReq};
use serde::Deserialize;

use super::pattern::Pattern;
use super::types::Known;
use super::verdict::Verdict;

/// The text of each file, with its name.
const FILES: [(&str, &str); 6] = [
    ("caches.toml", include_str!("../../knowledge/caches.toml")),
    ("logging.toml", include_str!("../../knowledge/logging.toml")),
    ("process.toml", include_str!("../../knowledge/process.toml")),
    ("runtimes.toml", include_str!("../../knowledge/runtimes.toml")),
    ("types.toml", include_str!("../../knowledge/types.toml")),
    ("vimage.toml", include_str!("../../knowledge/vimage.toml")),
];

/// The whole knowledge base. A file that is wrong is a bug of this tool, and the tests find it.
pub(super) static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| {
    let mut all = Knowledge::default();
    for (name, text) in FILES {
        let part: Knowledge = toml::from_str(text).unwrap_or_else(|error| panic!("knowledge/{name}: {error}"));
        all.global.extend(part.global);
        all.types.extend(part.types);
        all.lazy.extend(part.lazy);
        all.once.extend(part.once);
    }
    all
});

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Knowledge {
    #[serde(default)]
    global: Vec<Entry>,
    #[serde(default, rename = "type")]
    types: Vec<TypeEntry>,
    #[serde(default)]
    lazy: Vec<LazyEntry>,
    #[serde(default)]
    once: Vec<LazyEntry>,
}

/// A verdict about some globals.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    #[serde(rename = "crate")]
    krate: Pattern,
    #[serde(default = "any_version")]
    versions: VersionReq,
    /// The path in the crate.
    #[serde(default = "any")]
    path: Pattern,
    #[serde(default = "any", rename = "type")]
    ty: Pattern,
    pub(super) verdict: Verdict,
    pub(super) reason: String,
    /// What to do instead of porting or vendoring the crate that the global is in.
    pub(super) advice: Option<String>,
}

/// A type of which more is known than its fields say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeEntry {
    /// Without parameters.
    path: Pattern,
    counts: Counts,
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers; the tests see to it that each entry has one"))]
    reason: String,
}

/// What counts when a type is searched for cells.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Counts {
    Nothing,
    Parameters,
}

/// A type that computes its value once (`lazy`, with a closure that its static contains) or gets it once (`once`, from
/// the first caller).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LazyEntry {
    path: Pattern,
}

fn any() -> Pattern {
    toml::Value::String("*".to_owned()).try_into().expect("a pattern is any text")
}

fn any_version() -> VersionReq {
    VersionReq::STAR
}

impl Knowledge {
    /// The first entry for a global.
    pub(super) fn find(&self, krate: &str, version: Option<&Version>, path: &str, ty: &str) -> Option<&Entry> {
        self.global.iter().find(|entry| {
            let is_version = version.is_none_or(|version| entry.versions.matches(version));
            is_version && entry.krate.matches_crate(krate) && entry.path.matches(path) && entry.ty.matches(ty)
        })
    }

    /// What is known about a type without its parameters.
    pub(super) fn of_type(&self, path: &str) -> Option<Known> {
        let entry = self.types.iter().find(|entry| entry.path.matches(path))?;
        Some(match entry.counts {
            Counts::Nothing => Known::Constant,
            Counts::Parameters => Known::Parameters,
        })
    }

    /// Whether the type computes its value once.
    pub(super) fn is_lazy(&self, path: &str) -> bool {
        self.lazy.iter().any(|entry| entry.path.matches(path))
    }

    /// Whether the type gets its value once, from the first caller.
    pub(super) fn is_once(&self, path: &str) -> bool {
        self.once.iter().any(|entry| entry.path.matches(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_read() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/knowledge");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(".toml")).collect();
        names.sort();
        assert_eq!(names, FILES.map(|(name, _)| name));
    }

    #[test]
    fn each_entry_has_a_reason_and_a_verdict_that_knowledge_can_give() {
        for entry in &KNOWLEDGE.global {
            let path = entry.path.text();
            assert!(entry.reason.len() > 15, "{path}: {}", entry.reason);
            let is_open = entry.verdict == Verdict::NotIsolated;
            assert!(entry.advice.is_none() || is_open, "{path}: there is nothing to do");
            let given_by_others = [Verdict::Virtualized, Verdict::Allowed, Verdict::Unknown];
            assert!(!given_by_others.contains(&entry.verdict), "{path}");
            assert!(
                path != "*" || entry.ty.text() != "*" || ["std", "C", "vimage"].contains(&entry.krate.text()),
                "{entry:?}"
            );
        }
        for entry in &KNOWLEDGE.types {
            assert!(entry.reason.len() > 15, "{}", entry.path.text());
        }
    }

    #[test]
    fn versions_and_paths_choose_an_entry() {
        let verdict = |version: &str, path: &str| {
            let version = version.parse().unwrap();
            KNOWLEDGE.find("log", Some(&version), path, "").map(|entry| entry.verdict)
        };
        assert_eq!(verdict("0.4.29", "LOGGER"), Some(Verdict::NotIsolated));
        assert_eq!(verdict("0.3.9", "LOGGER"), None, "not the version that the entry is about");
        assert_eq!(verdict("0.4.29", "OTHER"), None);
    }
}
