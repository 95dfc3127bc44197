//! The report: what JSON contains, and what the text is made of. `schema/audit.json` describes it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::allow::Stale;
use super::baseline::Known;
use super::binary::Uncovered;
use super::build::Kind;
use super::verdict::Verdict;

/// The number in each report. It changes when a field changes its meaning or goes away.
const FORMAT: u32 = 1;

/// The globals of a program, and what they mean for two instances of it in one process.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Report {
    /// The format of the report: 1.
    format: u32,
    /// The package of the program.
    pub(super) package: String,
    /// The binary, the example or the library.
    pub(super) target: String,
    /// Which of the three it is.
    pub(super) kind: Kind,
    /// The profile that it was built with.
    pub(super) profile: String,
    /// The number of globals with each verdict.
    pub(super) counts: BTreeMap<&'static str, usize>,
    /// In the order of verdict, crate and path.
    pub(super) globals: Vec<Global>,
    /// Writable sections of which more than a twentieth belongs to no symbol.
    pub(super) uncovered: Vec<Uncovered>,
    /// Entries of an allow-list that accept nothing.
    pub(super) stale_allows: Vec<Stale>,
    /// Entries of the baseline that are not open any more.
    pub(super) gone: Vec<Known>,
    /// Files of the packages that could not be read as Rust, so that what is in them is not explained.
    pub(super) unread: Vec<Unread>,
}

/// A file that could not be read as Rust.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Unread {
    pub(super) file: String,
    pub(super) error: String,
}

/// A global.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Global {
    /// Its path, with the crate, as its author would write it.
    pub(super) path: String,
    /// The package; `std` for the standard library, `C` for what is not Rust.
    #[serde(rename = "crate")]
    pub(super) krate: String,
    /// The version of the package.
    pub(super) version: Option<String>,
    /// The symbol, mangled.
    pub(super) symbol: String,
    /// Its bytes.
    pub(super) size: u64,
    /// The section that it is in.
    pub(super) section: String,
    /// Whether each thread has its own.
    pub(super) thread_local: bool,
    /// The type, with the compiler's name.
    #[serde(rename = "type")]
    pub(super) ty: Option<String>,
    /// The type as it is written.
    pub(super) written_type: Option<String>,
    /// The file, from the root of the workspace, or from the folder around the package: `log-0.4.29/src/lib.rs`.
    pub(super) file: Option<String>,
    /// The line in the file, from 1.
    pub(super) line: Option<usize>,
    /// The macro whose input contains it, or that made it.
    pub(super) made_by: Option<String>,
    /// The conditions that it is compiled under, as they are written.
    pub(super) cfg: Vec<String>,
    /// What it means for two instances.
    pub(super) verdict: Verdict,
    /// Why the verdict was given, if there is more to say than the verdict does.
    pub(super) reason: Option<String>,
    /// What to do, if the verdict asks for something.
    pub(super) advice: Option<String>,
    /// Whether it is open and not in the baseline.
    pub(super) new: bool,
}

impl Report {
    pub(super) fn new(package: &str, target: &str, kind: Kind, profile: &str, mut globals: Vec<Global>) -> Self {
        globals.sort_by(|a, b| {
            let key =
                |global: &Global| (global.verdict, global.krate.clone(), global.path.clone(), global.symbol.clone());
            key(a).cmp(&key(b))
        });
        let count = |verdict: Verdict| globals.iter().filter(|global| global.verdict == verdict).count();
        let counts = Verdict::ALL.iter().map(|verdict| (verdict.name(), count(*verdict))).collect();
        let (package, target, profile) = (package.to_owned(), target.to_owned(), profile.to_owned());
        let (uncovered, stale_allows, gone, unread) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { format: FORMAT, package, target, kind, profile, counts, globals, uncovered, stale_allows, gone, unread }
    }

    pub(super) fn with(&self, verdict: Verdict) -> impl Iterator<Item = &Global> {
        self.globals.iter().filter(move |global| global.verdict == verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The schema is made from the types that the report is made of, so that it cannot say anything else.
    #[test]
    fn the_schema_is_the_one_of_the_report() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/audit.json");
        let generator = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
        let schema = generator.into_root_schema_for::<Report>().to_value();
        if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
            std::fs::write(file, format!("{schema:#}\n")).unwrap();
        }
        // As values, because another package of the workspace decides about the order of keys.
        let committed: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(committed, schema, "run this test with INSTA_UPDATE=always");
    }
}
