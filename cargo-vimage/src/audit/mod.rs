//! `cargo vimage audit`: the executable says which globals there are, the debug information where they are declared, the
//! text what made them; the knowledge base and the allow-lists say what they mean for instances.

mod allow;
mod baseline;
mod binary;
mod build;
mod dwarf;
mod explain;
mod judge;
mod knowledge;
mod packages;
mod path;
mod pattern;
mod report;
mod text;
mod types;
mod verdict;
mod wrapper;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use cargo_metadata::Metadata;

use self::allow::Allow;
use self::baseline::{Baseline, Known};
use self::build::Selection;
use self::dwarf::Debug;
use self::explain::{Explainer, Found};
use self::judge::Judged;
use self::packages::{Owner, Packages};
use self::report::{Global, Report, Unread};
use self::verdict::Verdict;
use crate::exit::Failure;

pub(crate) use wrapper::intercept;

/// Lists the globals of a program, and which of them its instances would share
///
/// Builds the program with debug information, finds all that it can write to or that each thread has, and says where
/// each is declared and what it means for two instances in one process. Needs neither vimage nor changes in the program.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// Reads this file instead of building one. It has to have been built from the same package
    #[arg(long, value_name = "FILE")]
    executable: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Lists also the globals that need no attention
    #[arg(long)]
    all: bool,
    /// Exits with 1 if there is such a global; can be given several times
    #[arg(long, value_name = "KIND", value_enum)]
    deny: Vec<Deny>,
    /// Writes the open globals to `vimage-baseline.toml` beside the Cargo.toml; `--deny new` denies others
    #[arg(long)]
    write_baseline: bool,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Deny {
    /// All instances share it
    NotIsolated,
    /// Nothing says what it is
    Unknown,
    /// It is open, and not in the baseline
    New,
    /// An entry of an allow-list that is not needed
    StaleAllow,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let selection = &arguments.selection;
    let metadata = crate::workspace::metadata(selection.manifest_path.as_deref(), &selection.for_metadata())?;
    let chosen = selection.choose(&metadata)?;
    let allow = Allow::read(&metadata, chosen.package)?;
    let folder = packages::folder(chosen.package);
    let baseline = Baseline::read(folder)?;
    if baseline.is_none() && !arguments.write_baseline && arguments.deny.contains(&Deny::New) {
        return Err(Failure::Usage("`--deny new` needs a baseline: run `--write-baseline` first".to_owned()));
    }
    let file = match &arguments.executable {
        Some(file) => file.clone(),
        None => selection.build(&metadata, &chosen)?,
    };

    let mut report = Audit { metadata: &metadata, allow: &allow }.audit(&file, &chosen, selection.profile())?;
    report.stale_allows = allow.stale(&metadata);
    let target = chosen.target.name.as_str();
    let open = open(&report, target);
    if let Some(baseline) = &baseline {
        report.compare(baseline, &open);
    }
    print(arguments, &report)?;
    if arguments.write_baseline {
        let file = baseline.unwrap_or_default().write(folder, target, open)?;
        eprintln!("wrote {}", file.display());
    }
    deny(&arguments.deny, &report)
}

struct Audit<'a> {
    metadata: &'a Metadata,
    allow: &'a Allow,
}

impl Audit<'_> {
    fn audit(&self, file: &Path, chosen: &build::Chosen<'_>, profile: &str) -> Result<Report, Failure> {
        let data = std::fs::read(file).map_err(|error| Failure::unreadable(file, error))?;
        let object = binary::parse(file, &data)?;
        let binary = binary::read(file, &object)?;
        let sections = dwarf::Sections::load(file, &object)?;
        let debug = Debug::read(file, &sections)?;
        let packages = Packages::new(self.metadata);
        let mut explainer = Explainer::new(&packages, &debug);
        let found = explainer.explain_all(binary.symbols);
        let judged = judge::all(&found, &debug);
        let globals = found.into_iter().zip(judged).map(|(found, judged)| self.row(found, judged, &packages)).collect();
        let (package, target) = (chosen.package.name.as_str(), chosen.target.name.as_str());
        let mut report = Report::new(package, target, chosen.kind, profile, globals);
        report.uncovered = binary.uncovered;
        report.unread = explainer.unread().map(|(file, error)| unread(&packages, file, error)).collect();
        report.unread.sort_by(|a, b| a.file.cmp(&b.file));
        Ok(report)
    }

    fn row(&self, found: Found<'_>, judged: Judged, packages: &Packages<'_>) -> Global {
        let Judged { mut verdict, mut reason, advice: other, .. } = judged;
        let krate = found.owner.name().to_owned();
        if verdict.is_open()
            && let Some(why) = self.allow.find(&krate, &found.path.path)
        {
            (verdict, reason) = (Verdict::Allowed, Some(why.to_owned()));
        }
        let version = match found.owner {
            Owner::Package(package) => Some(package.version.to_string()),
            Owner::Std | Owner::Foreign => None,
        };
        Global {
            advice: verdict.is_open().then(|| other.unwrap_or_else(|| advice(&found, packages))),
            path: found.path.to_string(),
            thread_local: found.is_thread_local(),
            file: found.file.map(|file| packages.short(&file).display().to_string()),
            line: Some(found.line).filter(|line| *line > 0),
            ty: found.ty.map(|(_, name)| name),
            symbol: found.symbol.name,
            size: found.symbol.size,
            section: found.symbol.section,
            written_type: found.written_type,
            made_by: found.made_by,
            cfg: found.cfg,
            new: false,
            krate,
            version,
            verdict,
            reason,
        }
    }
}

fn unread(packages: &Packages<'_>, file: &Path, error: &str) -> Unread {
    Unread { file: packages.short(file).display().to_string(), error: error.to_owned() }
}

fn advice(found: &Found<'_>, packages: &Packages<'_>) -> String {
    match found.owner {
        // C of a package.
        _ if found.path.krate.is_none() => "allow it".to_owned(),
        Owner::Package(package) if packages.is_member(package) || package.source.is_none() => {
            format!("cargo vimage port {}", packages.short_folder(package).display())
        }
        Owner::Package(package) if crate::vendor::has_recipe(&package.name) => {
            format!("cargo vimage vendor {}", package.name)
        }
        Owner::Package(package) => format!("cargo vimage vendor {} --recipe FILE", package.name),
        Owner::Std | Owner::Foreign => "allow it".to_owned(),
    }
}

/// The open globals, as the baseline stores them.
fn open(report: &Report, target: &str) -> BTreeSet<Known> {
    let open = report.globals.iter().filter(|global| global.verdict.is_open());
    open.map(|global| known(global, target)).collect()
}

fn known(global: &Global, target: &str) -> Known {
    Known { target: target.to_owned(), krate: global.krate.clone(), path: global.path.clone() }
}

impl Report {
    fn compare(&mut self, baseline: &Baseline, open: &BTreeSet<Known>) {
        for global in &mut self.globals {
            global.new = global.verdict.is_open() && !baseline.contains(&known(global, &self.target));
        }
        self.gone = baseline.gone(&self.target, open).cloned().collect();
    }
}

fn print(arguments: &Arguments, report: &Report) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = match arguments.format {
        Format::Text => text::write(&mut out, report, arguments.all),
        Format::Json => serde_json::to_writer_pretty(&mut out, report).map_err(Into::into).and_then(|()| writeln!(out)),
    };
    match written {
        // The reader, such as `head`, has read enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| Failure::unreadable(Path::new("standard output"), error)),
    }
}

fn deny(kinds: &[Deny], report: &Report) -> Result<(), Failure> {
    let count = |kind: Deny| match kind {
        Deny::NotIsolated => report.with(Verdict::NotIsolated).count(),
        Deny::Unknown => report.with(Verdict::Unknown).count(),
        Deny::New => report.globals.iter().filter(|global| global.new).count(),
        Deny::StaleAllow => report.stale_allows.len(),
    };
    let name = |kind: Deny| match kind {
        Deny::NotIsolated => "not isolated",
        Deny::Unknown => "unknown",
        Deny::New => "new",
        Deny::StaleAllow => "allowed and not needed",
    };
    let denied = kinds.iter().map(|kind| (count(*kind), name(*kind))).filter(|(count, _)| *count > 0);
    let denied: Vec<String> = denied.map(|(count, name)| format!("{count} {name}")).collect();
    if denied.is_empty() { Ok(()) } else { Err(Failure::Denied(format!("denied: {}", denied.join(", ")))) }
}
