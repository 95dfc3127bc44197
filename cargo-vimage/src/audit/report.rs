//! The report: what JSON contains, and what the text is made of. `schema/audit.json` describes it.

use serde::Serialize;

use super::allow::Stale;
use super::baseline::Known;
use super::binary::Uncovered;
use super::build::Kind;
use super::verdict::Verdict;

/// The number in each report. It changes when a field changes its meaning or goes away.
const FORMAT: u32 = 1;

#[derive(Debug, Serialize)]
pub(super) struct Report {
    format: u32,
    pub(super) package: String,
    pub(super) target: String,
    pub(super) kind: Kind,
    pub(super) profile: String,
    pub(super) counts: Counts,
    /// In the order of verdict, crate and path.
    pub(super) globals: Vec<Global>,
    pub(super) uncovered: Vec<Uncovered>,
    pub(super) stale_allows: Vec<Stale>,
    /// Of the baseline; none without one.
    pub(super) gone: Vec<Known>,
}

/// The number of globals with each verdict.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Counts(std::collections::BTreeMap<&'static str, usize>);

#[derive(Debug, Serialize)]
pub(super) struct Global {
    /// The path, with the crate, as its author would write it.
    pub(super) path: String,
    /// The package; `std` for the standard library, `C` for what is not Rust.
    #[serde(rename = "crate")]
    pub(super) krate: String,
    pub(super) version: Option<String>,
    pub(super) symbol: String,
    pub(super) size: u64,
    pub(super) section: String,
    pub(super) thread_local: bool,
    #[serde(rename = "type")]
    pub(super) ty: Option<String>,
    pub(super) written_type: Option<String>,
    pub(super) file: Option<String>,
    pub(super) line: Option<usize>,
    pub(super) made_by: Option<String>,
    pub(super) cfg: Vec<String>,
    pub(super) verdict: Verdict,
    pub(super) reason: Option<String>,
    /// What to do, for verdicts that ask for something.
    pub(super) advice: Option<String>,
    /// Not in the baseline.
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
        let counts = Counts(Verdict::ALL.iter().map(|verdict| (verdict.name(), count(*verdict))).collect());
        let (package, target, profile) = (package.to_owned(), target.to_owned(), profile.to_owned());
        let (uncovered, stale_allows, gone) = (Vec::new(), Vec::new(), Vec::new());
        Self { format: FORMAT, package, target, kind, profile, counts, globals, uncovered, stale_allows, gone }
    }

    pub(super) fn with(&self, verdict: Verdict) -> impl Iterator<Item = &Global> {
        self.globals.iter().filter(move |global| global.verdict == verdict)
    }
}
