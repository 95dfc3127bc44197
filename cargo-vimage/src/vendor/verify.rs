//! Tests recipes: the suite of the crate before and after the port, and two instances in one program.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::graph;
use super::place::{Place, copied};
use super::recipe::{self, Recipe};
use crate::exit::Failure;
use crate::port::{Decision, Report};
use crate::{runtime, workspace};

/// The tests that passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    failed: usize,
}

/// Verifies the recipes of these crates, or all; prints a row for each, in the form of the README's table.
pub(super) fn run(
    crates: &[String],
    file: Option<&Path>,
    vimage: Option<&Path>,
    without_suites: bool,
) -> Result<(), Failure> {
    let vimage = runtime::folder(vimage)?;
    let shipped = || recipe::SHIPPED.iter().map(|(name, _)| (*name).to_owned()).collect();
    let crates: Vec<String> = if crates.is_empty() { shipped() } else { crates.to_vec() };
    println!(
        "| crate | version | statics per instance, shared | rounds | manual edits | suite before | ported, default | ported, vimage | apart |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut failed = Vec::new();
    for name in crates {
        let row = match file {
            Some(file) => Recipe::read(file),
            None => Recipe::shipped(&name)?.ok_or_else(|| Failure::Usage(format!("there is no recipe for `{name}`"))),
        }
        .and_then(|mut recipe| {
            recipe.verify.tests = recipe.verify.tests.filter(|_| !without_suites);
            verify(&recipe, file, &vimage)
        });
        match row {
            Ok(row) => println!("{row}"),
            Err(failure) => {
                failure.report();
                failed.push(name);
            }
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(Failure::Denied(format!("recipes that did not hold: {}", failed.join(", ")))),
    }
}

fn verify(recipe: &Recipe, file: Option<&Path>, vimage: &Path) -> Result<String, Failure> {
    let folder = tempfile::tempdir().map_err(|error| Failure::Unreadable(format!("temporary folder: {error}")))?;
    let probe = Probe::new(recipe, folder.path(), vimage)?;
    let tests = recipe.verify.tests.as_deref();

    let metadata = workspace::metadata(Some(&probe.folder.join("Cargo.toml")), &[])?;
    let krate = format!("{}@{}", recipe.name, recipe.verified);
    let found = graph::find(&metadata, &krate, None)?;
    let original = folder.path().join("original");
    copied(&found.source, &original)?;
    let manifest = original.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| Failure::unreadable(&manifest, error))?;
    fs::write(&manifest, format!("{text}\n[workspace]\n")).map_err(|error| Failure::unreadable(&manifest, error))?;
    let before = tests.map(|arguments| suite(&original, arguments, "", &recipe.verify.env)).transpose()?;
    if recipe.verify.control {
        probe.must(false)?;
    }
    let place = Place { root: probe.folder.clone() };
    for other in &recipe.verify.with {
        place.add(other, None, None, &[])?;
    }

    let checks: Vec<String> = tests.iter().map(|arguments| without_runner(arguments)).collect();
    let (vendored, report) = place.add(&krate, file, None, &checks)?;
    probe.must(true)?;
    let copy = probe.folder.join(&vendored.folder);
    let default = tests.map(|arguments| suite(&copy, arguments, "", &recipe.verify.env)).transpose()?;
    let instances =
        tests.map(|arguments| suite(&copy, arguments, "--features vimage/vimage", &recipe.verify.env)).transpose()?;
    let row = row(recipe, &report, [before, default, instances]);
    if default != before || instances != before {
        return Err(Failure::Denied(format!("the suite does not pass as before:\n{row}")));
    }
    Ok(row)
}

fn row(recipe: &Recipe, report: &Report, suites: [Option<Counts>; 3]) -> String {
    let shared = report.statics.iter().filter(|(_, decision)| *decision == Decision::Shared).count();
    let suites = suites.map(|counts| match counts {
        None => "not run".to_owned(),
        Some(Counts { passed, failed: 0 }) => format!("{passed}"),
        Some(Counts { passed, failed }) => format!("{passed}, {failed} failed"),
    });
    format!(
        "| {} | {} | {}, {shared} | {} | {} | {} | yes |",
        recipe.name,
        recipe.verified,
        report.statics.len() - shared,
        report.counts.rounds,
        recipe.edits.len(),
        suites.join(" | "),
    )
}

/// A program that depends on the crate and makes two instances.
struct Probe {
    folder: PathBuf,
}

impl Probe {
    fn new(recipe: &Recipe, folder: &Path, vimage: &Path) -> Result<Self, Failure> {
        let folder = folder.join("probe");
        let write =
            |path: PathBuf, text: String| fs::write(&path, text).map_err(|error| Failure::unreadable(&path, error));
        let Recipe { name, verified, verify, .. } = recipe;
        let comma = if verify.dependency.is_empty() { "" } else { ", " };
        let manifest = format!(
            "[package]\nname = \"probe-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             {name} = {{ version = \"={verified}\"{comma}{} }}\nvimage = {{ path = {:?}, features = [\"vimage\"] }}\n{}\n\n[workspace]\n",
            verify.dependency, vimage, verify.dependencies,
        );
        let main = format!(
            "{}\n\nfn main() {{\nlet red = vimage::Vimage::builder().name(\"red\").create().unwrap();\n\
             let blue = vimage::Vimage::builder().name(\"blue\").create().unwrap();\n{}\n}}\n",
            verify.items, verify.apart,
        );
        fs::create_dir_all(folder.join("src")).map_err(|error| Failure::unreadable(&folder, error))?;
        write(folder.join("Cargo.toml"), manifest)?;
        write(folder.join("src/main.rs"), main)?;
        Ok(Self { folder })
    }

    /// The instances must not be apart before the port, and must be after it.
    fn must(&self, be_apart: bool) -> Result<(), Failure> {
        let build = cargo(&self.folder, "build --quiet", &BTreeMap::new())?;
        if !build.status.success() {
            return Err(Failure::Build(format!(
                "the check does not compile\n{}",
                String::from_utf8_lossy(&build.stderr)
            )));
        }
        let run = cargo(&self.folder, "run --quiet", &BTreeMap::new())?;
        match run.status.success() == be_apart {
            true => Ok(()),
            false if be_apart => {
                Err(Failure::Denied(format!("the instances are not apart\n{}", String::from_utf8_lossy(&run.stderr))))
            }
            false => Err(Failure::Denied("the check passes without the port too".to_owned())),
        }
    }
}

/// Runs the suite of a package.
fn suite(folder: &Path, arguments: &str, build: &str, env: &BTreeMap<String, String>) -> Result<Counts, Failure> {
    let (cargos, tests) = arguments.split_once(" -- ").unwrap_or((arguments, ""));
    let output = cargo(folder, &format!("test --no-fail-fast {cargos} {build} -- {tests}"), env)?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut counts = Counts::default();
    for line in printed.lines().filter(|line| line.starts_with("test result: ")) {
        let number = |word: &str| {
            let before = line.split(word).next().unwrap_or_default();
            before.trim_end().rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
        };
        counts.passed += number(" passed");
        counts.failed += number(" failed");
    }
    // A target that does not compile, or a test without the harness that fails, prints no result.
    let failed_unseen = counts.failed == 0 && !output.status.success();
    if counts == Counts::default() || failed_unseen {
        let what = if failed_unseen { "failed" } else { "ran no test" };
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::Build(format!("cargo test {arguments} {build} {what}\n{error}")));
    }
    if counts.failed > 0 {
        eprintln!("cargo test {arguments} {build}: {counts:?}");
        printed
            .lines()
            .filter(|line| line.ends_with("FAILED") || line.contains("panicked"))
            .for_each(|line| eprintln!("  {line}"));
    }
    Ok(counts)
}

fn without_runner(arguments: &str) -> String {
    arguments.split(" -- ").next().unwrap_or_default().to_owned()
}

fn cargo(folder: &Path, arguments: &str, env: &BTreeMap<String, String>) -> Result<Output, Failure> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.current_dir(folder).args(arguments.split_whitespace()).envs(env);
    command.output().map_err(|error| Failure::Build(format!("cargo: {error}")))
}
