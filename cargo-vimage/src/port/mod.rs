//! `cargo vimage port`: ports a package to vimage, driven by the compiler.
//!
//! ```text
//! decide → attributes, `virtualize!` → (check → edits)* in the build with instances → check the build without
//! ```

mod compile;
mod decide;
mod edition;
mod left;
mod package;
mod rounds;
mod rules;
mod scan;
mod text;
mod wrap;

use std::fs;
use std::path::{Path, PathBuf};

use self::compile::Build;
use self::decide::Policy;
pub(crate) use self::decide::{Named, Undecided};
use self::package::Package;
pub(crate) use self::package::relative;
pub(crate) use self::rounds::Counts;
use self::rounds::{Work, scan_file};
pub(crate) use self::scan::Decision;
use self::scan::{Kind, Scan, Static};
use self::text::SourceFile;
use crate::exit::Failure;

/// Ports a package: decides about its statics, wraps what uses them, and repeats what the compiler asks for until
/// nothing is left
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder of the package, or its manifest
    #[arg(default_value = ".")]
    path: PathBuf,
    /// A decision: one value per instance; `:keep` for one that is never freed, `:shared` for one for all instances
    #[arg(long = "static", value_name = "FILE:NAME[:keep|:shared]")]
    statics: Vec<Named>,
    /// The decision about all other statics
    #[arg(long, value_enum, default_value_t)]
    undecided: Undecided,
    /// The class of the modules; `vimage::Program` without this
    #[arg(long, value_name = "PATH")]
    class: Option<String>,
    /// Print the changes and undo them
    #[arg(long)]
    dry_run: bool,
    /// Arguments of `cargo check`, in one word; several times for several checks. Without this: the default features,
    /// all targets, all features, and no default features, as far as they compiled before
    #[arg(long = "check", value_name = "ARGS", allow_hyphen_values = true)]
    checks: Vec<String>,
    /// The folder `vimage-runtime` of a checkout, for a package that does not depend on `vimage` yet. Without this: of
    /// the checkout that this command was built from
    #[arg(long, value_name = "PATH")]
    vimage: Option<PathBuf>,
    /// Work on a package with changes that are not committed, or without git
    #[arg(long)]
    allow_dirty: bool,
}

/// What is to be done, for a person or for `vendor`.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) path: PathBuf,
    pub(crate) statics: Vec<Named>,
    pub(crate) undecided: Undecided,
    pub(crate) class: Option<String>,
    pub(crate) checks: Vec<String>,
    pub(crate) vimage: Option<PathBuf>,
    pub(crate) dry_run: bool,
}

/// What was done.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) package: String,
    /// Each static with its decision, as `FILE:NAME`.
    pub(crate) statics: Vec<(String, Decision)>,
    pub(crate) counts: Counts,
    /// Things that compile and that the user should know.
    pub(crate) warnings: Vec<String>,
    pub(crate) difference: String,
    /// The arguments of the checks that passed in both builds.
    pub(crate) checked: Vec<String>,
    /// The arguments of the checks that failed before anything was changed.
    pub(crate) skipped: Vec<String>,
    /// The dependency on vimage was added.
    pub(crate) is_new: bool,
}

/// The checks of a package whose user names none: of each line the first one that passes.
const DEFAULT_CHECKS: [&[&str]; 4] = [
    &[""],
    &["--all-targets", "--tests"],
    &["--all-targets --all-features", "--tests --all-features", "--all-features"],
    &["--all-targets --no-default-features", "--tests --no-default-features", "--no-default-features"],
];

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { path, statics, undecided, class, dry_run, checks, vimage, allow_dirty } = arguments;
    if !allow_dirty {
        Package::find(path)?.require_clean()?;
    }
    let report = port(Job {
        path: path.clone(),
        statics: statics.clone(),
        undecided: *undecided,
        class: class.clone(),
        checks: checks.clone(),
        vimage: vimage.clone(),
        dry_run: *dry_run,
    })?;
    if *dry_run {
        print!("{}", report.difference);
    }
    report.print();
    match report.counts.left.len() {
        0 => Ok(()),
        left => Err(Failure::Denied(format!("{left} places are left to you"))),
    }
}

/// Ports a package.
pub(crate) fn port(job: Job) -> Result<Report, Failure> {
    let package = Package::find(&job.path)?;
    let files = package.files()?;
    let scans: Vec<Scan> = files.iter().map(scan_file).collect::<Result<_, _>>()?;
    let mut policy = Policy { named: job.statics, undecided: job.undecided };
    decide(&package, &files, &scans, &mut policy)?;
    let undo = Undo::new(&package, &files);
    let (checks, skipped) = compiling(&package, &files, &job.checks)?;
    let manifest = package.with_dependency(job.vimage.as_deref())?;
    if let Some(manifest) = &manifest {
        manifest.write()?;
    }
    let counts = Counts::default();
    let mut work = Work { package: &package, policy: &policy, files, scans, aliases: Vec::new(), counts };
    let result = edit(&mut work, job.class.as_deref(), &checks);
    let report = result.map(|checked| report(&work, manifest.as_ref(), checked, skipped));
    if job.dry_run || report.is_err() {
        undo.restore()?;
    }
    report
}

/// Adds the dependency on vimage to a package that has none.
pub(crate) fn add_dependency(package: &Path, vimage: &Path) -> Result<(), Failure> {
    let package = Package::find(package)?;
    package.with_dependency(Some(vimage))?.map_or(Ok(()), |manifest| manifest.write())
}

/// Finds a decision for each static that can change, or says which ones have none.
fn decide(package: &Package, files: &[SourceFile], scans: &[Scan], policy: &mut Policy) -> Result<(), Failure> {
    let found: Vec<_> = files.iter().zip(scans).map(|(file, scan)| (file, &scan.statics[..])).collect();
    if let Some(unknown) = policy.unknown(&found).first() {
        let message = format!("there is no static `{unknown}`");
        let is_recipe = policy.undecided == Undecided::Named;
        return Err(if is_recipe { Failure::Denied(message) } else { Failure::Usage(message) });
    }
    let mut undecided = Vec::new();
    for (file, statics) in found {
        let shown = package.relative(&file.path);
        for found in statics.iter().filter(|found| needs_decision(package, file, found)) {
            if policy.of(file, found).is_none() && !policy.ask(file, shown, found) {
                let ty = &file.text[found.ty.clone()];
                undecided.push(format!("  --static {}:{}    # {ty}", shown.display(), found.name));
            }
        }
    }
    match undecided.is_empty() {
        true => Ok(()),
        false => Err(Failure::Denied(format!(
            "these statics need a decision: one value per instance, with `:keep` never freed, with `:shared` one for \
             all; or `--undecided virtualized|shared` for all of them\n{}",
            undecided.join("\n")
        ))),
    }
}

fn needs_decision(package: &Package, file: &SourceFile, found: &Static) -> bool {
    let can_change = !matches!(found.kind, Kind::Constant | Kind::Foreign);
    can_change && found.decision.is_none() && !found.in_tests && package.is_source(&file.path)
}

/// The checks that the package passes before it is touched, and those that it fails. It has to pass the first one, and
/// those that the user names.
fn compiling(package: &Package, files: &[SourceFile], given: &[String]) -> Result<(Vec<String>, Vec<String>), Failure> {
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let lines: Vec<&[&str]> = if given.is_empty() { DEFAULT_CHECKS.to_vec() } else { given.chunks(1).collect() };
    let (mut passed, mut failed) = (Vec::new(), Vec::new());
    for alternatives in lines {
        for arguments in alternatives {
            let errors = match compile::check(package, files, Build::Default, arguments) {
                Ok(findings) => {
                    findings.into_iter().filter(|finding| finding.is_error).map(|error| error.rendered).collect()
                }
                Err(Failure::Build(error)) => vec![error],
                Err(failure) => return Err(failure),
            };
            if errors.is_empty() {
                passed.push((*arguments).to_owned());
                break;
            }
            if !given.is_empty() || passed.is_empty() {
                let errors = errors.join("\n");
                return Err(Failure::Build(format!("the package does not compile before it is ported\n{errors}")));
            }
            failed.push((*arguments).to_owned());
        }
    }
    Ok((passed, failed))
}

/// Makes all edits; returns the checks that pass in both builds.
fn edit(work: &mut Work, class: Option<&str>, checks: &[String]) -> Result<Vec<String>, Failure> {
    let package = work.package;
    let decide = |file: &SourceFile, found: &Static| {
        needs_decision(package, file, found).then(|| work.policy.of(file, found)).flatten()
    };
    let mut edits = Vec::new();
    for (number, (file, scan)) in work.files.iter().zip(&work.scans).enumerate() {
        edits.extend(wrap::attributes(file, scan, |found| decide(file, found)).into_iter().map(|edit| (number, edit)));
    }
    work.apply(edits)?;
    let mut edits = Vec::new();
    for (number, (file, scan)) in work.files.iter().zip(&work.scans).enumerate() {
        edits.extend(wrap::modules(file, scan, class).into_iter().map(|edit| (number, edit)));
    }
    work.apply(edits)?;
    let with_core = edition::add_core(package, &mut work.files)?;
    let passed = settle(work, checks);
    edition::remove_core(&with_core, &mut work.files)?;
    let left = left::report(package, &work.files, &work.scans);
    work.counts.left.extend(left);
    work.counts.left.sort();
    work.counts.left.dedup();
    passed
}

/// Follows the compiler through all checks, in both builds.
fn settle(work: &mut Work, checks: &[String]) -> Result<Vec<String>, Failure> {
    let mut passed = Vec::new();
    for arguments in checks {
        if work.settle(Build::Vimage, arguments)? && work.settle(Build::Default, arguments)? {
            passed.push(arguments.clone());
        }
    }
    // An edit for the last check may be an error in the first one.
    let is_settled = passed.len() == checks.len() && checks.len() > 1;
    if is_settled {
        passed.retain(|arguments| work.settle(Build::Vimage, arguments).is_ok_and(|passed| passed));
    }
    Ok(passed)
}

fn report(work: &Work, manifest: Option<&SourceFile>, checked: Vec<String>, skipped: Vec<String>) -> Report {
    let package = work.package;
    let mut statics = Vec::new();
    let mut warnings = Vec::new();
    for (file, scan) in work.files.iter().zip(&work.scans) {
        let shown = package.relative(&file.path).display().to_string();
        for found in scan.statics.iter().filter(|_| package.is_source(&file.path)) {
            let Some(decision) = found.decision else { continue };
            statics.push((format!("{shown}:{}", found.name), decision));
            if found.is_public && found.is_virtualized() && file.is_changed() {
                let name = &found.name;
                warnings
                    .push(format!("{shown}: `pub static {name}` is `V_{name}` now, also for the crates that use it"));
            }
        }
    }
    let changed = manifest.into_iter().chain(&work.files).filter(|file| file.is_changed());
    let difference = changed.map(|file| difference(package.relative(&file.path), file)).collect();
    let package = format!("{} {}", package.name, package.version);
    let is_new = manifest.is_some();
    Report { package, statics, counts: work.counts.clone(), warnings, difference, checked, skipped, is_new }
}

fn difference(shown: &Path, file: &SourceFile) -> String {
    let shown = shown.display();
    let contents = file.contents();
    let mut options = diffy::DiffOptions::new();
    let options = options.set_original_filename(format!("a/{shown}")).set_modified_filename(format!("b/{shown}"));
    options.create_patch(file.original(), &contents).to_string()
}

impl Report {
    fn print(&self) {
        let Self { package, statics, counts, warnings, checked, skipped, is_new, .. } = self;
        let count = |is: fn(Decision) -> bool| statics.iter().filter(|(_, decision)| is(*decision)).count();
        let shared = count(|decision| decision == Decision::Shared);
        println!(
            "{package}: {} statics virtualized, {shared} shared; {} rounds",
            statics.len() - shared,
            counts.rounds
        );
        for (name, decision) in statics {
            println!("  {:<11} {name}", decision.word());
        }
        println!("edits: {} asked, {} done, {} left", counts.asked, counts.done, counts.left.len());
        for arguments in checked {
            println!("{}", format!("compiles with and without instances: cargo check {arguments}").trim_end());
        }
        for arguments in skipped {
            println!("not checked, because it did not compile before: cargo check {arguments}");
        }
        for warning in warnings {
            println!("note: {warning}");
        }
        for left in &counts.left {
            println!("left: {left}");
        }
        if *is_new {
            println!(
                "next: `cargo add vimage --features vimage` switches instances on; then enter them where work starts"
            );
        }
    }
}

/// The files as they were.
struct Undo {
    files: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl Undo {
    fn new(package: &Package, files: &[SourceFile]) -> Self {
        let lock = package.workspace.join("Cargo.lock");
        let mut saved: Vec<_> =
            [lock, package.manifest.clone()].into_iter().map(|path| (path.clone(), fs::read(path).ok())).collect();
        saved.extend(files.iter().map(|file| (file.path.clone(), Some(file.original().as_bytes().to_vec()))));
        Self { files: saved }
    }

    fn restore(&self) -> Result<(), Failure> {
        for (path, contents) in &self.files {
            let result = match contents {
                Some(contents) if fs::read(path).ok().as_ref() != Some(contents) => fs::write(path, contents),
                None if path.exists() => fs::remove_file(path),
                _ => Ok(()),
            };
            result.map_err(|error| Failure::unreadable(path, error))?;
        }
        Ok(())
    }
}
