//! A workspace, and the ported copies in it.

use std::fs;
use std::path::{Path, PathBuf};

use super::graph;
use super::recipe::{self, Recipe};
use super::record::{self, Record, Vendored};
use crate::exit::Failure;
use crate::port::{self, Undecided};
use crate::workspace;

/// The folder of the copies, in that of the workspace.
const FOLDER: &str = "vimage-vendor";

/// A workspace.
pub(super) struct Place {
    pub(super) root: PathBuf,
}

impl Place {
    fn manifest(&self) -> PathBuf {
        self.root.join("Cargo.toml")
    }

    /// Copies and ports a dependency; `tests` are checks of its tests.
    pub(super) fn add(
        &self,
        krate: &str,
        file: Option<&Path>,
        vimage: Option<&Path>,
        tests: &[String],
    ) -> Result<(Vendored, port::Report), Failure> {
        let metadata = workspace::metadata(Some(&self.manifest()), &[])?;
        let found = graph::find(&metadata, krate, vimage)?;
        let recipe = Recipe::find(&found.name, &found.version, file)?;
        let checksum = record::checksum(&self.root, &found.name, &found.version)?;
        let folder = format!("{FOLDER}/{}-{}", found.name, found.version);
        let copy = self.root.join(&folder);
        if copy.exists() {
            return Err(Failure::Usage(format!("{} exists", copy.display())));
        }
        let report = copied(&found.source, &copy).and_then(|()| {
            recipe.edit(&copy)?;
            ported(&self.root, &copy, &recipe, &found.vimage, tests)
        });
        let report = match report {
            Ok(report) => report,
            Err(failure) => {
                remove_folder(&copy)?;
                return Err(failure);
            }
        };
        record::patch(&self.manifest(), &found.name, &folder)?;
        let statics = report.statics.iter().map(|(name, decision)| format!("{name}: {}", decision.word())).collect();
        let vendored = Vendored {
            name: found.name,
            version: found.version.to_string(),
            checksum,
            recipe: file.map_or("shipped".to_owned(), |file| file.display().to_string()),
            folder,
            statics,
        };
        let mut record = Record::read(&self.root)?;
        record.crates.retain(|known| known.name != vendored.name);
        record.crates.push(vendored.clone());
        record.crates.sort_by(|one, other| one.name.cmp(&other.name));
        record.write(&self.root)?;
        Ok((vendored, report))
    }

    /// Ports another version in place of the one that is there. If that fails, the old one stays.
    pub(super) fn update(&self, krate: &str, file: Option<&Path>, vimage: Option<&Path>) -> Result<Vendored, Failure> {
        let (name, version) = graph::parse(krate)?;
        let old = self.known(name)?;
        let saved: Vec<_> =
            ["Cargo.toml", "Cargo.lock", record::FILE].iter().map(|file| self.root.join(file)).collect();
        let contents: Vec<_> = saved.iter().map(|path| fs::read(path).ok()).collect();
        let (folder, aside) = (self.root.join(&old.folder), self.root.join(format!("{}.old", old.folder)));
        let io = |error| Failure::unreadable(&folder, error);
        fs::rename(&folder, &aside).map_err(io)?;
        let own = file.map(Path::to_owned).or_else(|| (old.recipe != "shipped").then(|| PathBuf::from(&old.recipe)));
        let result = self.forget(name).and_then(|()| self.lock(name, version.as_ref())).and_then(|()| {
            let (vendored, _) = self.add(krate, own.as_deref(), vimage, &[])?;
            match same_statics(&old, &vendored) {
                Ok(()) => Ok(vendored),
                Err(failure) => remove_folder(&self.root.join(vendored.folder)).and(Err(failure)),
            }
        });
        if result.is_err() {
            for (path, contents) in saved.iter().zip(contents) {
                let Some(contents) = contents else { continue };
                fs::write(path, contents).map_err(|error| Failure::unreadable(path, error))?;
            }
            fs::rename(&aside, &folder).map_err(io)?;
            return result;
        }
        remove_folder(&aside)?;
        result
    }

    /// Lets cargo choose a version from the registry: the newest one, since the lock file has none any longer.
    fn lock(&self, name: &str, version: Option<&semver::Version>) -> Result<(), Failure> {
        workspace::metadata(Some(&self.manifest()), &[])?;
        let Some(version) = version.map(ToString::to_string) else { return Ok(()) };
        let mut command = std::process::Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        command.args(["update", "--quiet", "--manifest-path"]).arg(self.manifest());
        match command.args(["--package", name, "--precise", &version]).status() {
            Ok(status) if status.success() => Ok(()),
            _ => Err(Failure::Build(format!("cargo update to {name} {version} failed"))),
        }
    }

    fn known(&self, name: &str) -> Result<Vendored, Failure> {
        let record = Record::read(&self.root)?;
        record.of(name).cloned().ok_or_else(|| Failure::Usage(format!("there is no ported copy of `{name}` here")))
    }

    /// Takes a copy out of the manifest and the record.
    fn forget(&self, name: &str) -> Result<(), Failure> {
        record::unpatch(&self.manifest(), name)?;
        let mut record = Record::read(&self.root)?;
        record.crates.retain(|known| known.name != name);
        record.write(&self.root)
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), Failure> {
        let vendored = self.known(name)?;
        self.forget(name)?;
        remove_folder(&self.root.join(&vendored.folder))?;
        // Only if it is empty.
        _ = fs::remove_dir(self.root.join(FOLDER));
        println!("{name} {} is that of the registry again", vendored.version);
        Ok(())
    }

    pub(super) fn list(&self) -> Result<(), Failure> {
        for Vendored { name, version, folder, recipe, statics, .. } in Record::read(&self.root)?.crates {
            println!("{name} {version}: {} statics, recipe {recipe}, in {folder}", statics.len());
        }
        let shipped: Vec<_> = recipe::SHIPPED.iter().map(|(name, _)| *name).collect();
        println!("recipes: {}", shipped.join(", "));
        Ok(())
    }
}

/// Copies the source of a package, without its lock file and what cargo has put beside it.
pub(super) fn copied(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to).map_err(|error| Failure::unreadable(to, error))?;
    for entry in fs::read_dir(from).map_err(|error| Failure::unreadable(from, error))? {
        let path = entry.map_err(|error| Failure::unreadable(from, error))?.path();
        let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
        if matches!(name.as_str(), "Cargo.lock" | "Cargo.toml.orig" | ".cargo-ok" | ".cargo_vcs_info.json" | "target") {
            continue;
        }
        let target = to.join(&name);
        if path.is_dir() {
            copied(&path, &target)?;
        } else {
            let text = fs::read(&path).map_err(|error| Failure::unreadable(&path, error))?;
            fs::write(&target, text).map_err(|error| Failure::unreadable(&target, error))?;
        }
    }
    Ok(())
}

/// Ports the copy, which is no member of the workspace around it. Without `tests` what only its tests need is not looked
/// up.
fn ported(root: &Path, copy: &Path, recipe: &Recipe, vimage: &Path, tests: &[String]) -> Result<port::Report, Failure> {
    let manifest = copy.join("Cargo.toml");
    let original = fs::read_to_string(&manifest).map_err(|error| Failure::unreadable(&manifest, error))?;
    let own = if tests.is_empty() { record::without_tests(&manifest, &original)? } else { original.clone() };
    let write = |text: &str| fs::write(&manifest, text).map_err(|error| Failure::unreadable(&manifest, error));
    write(&format!("{}\n\n[workspace]\n", own.trim_end()))?;
    // The versions that the workspace has.
    _ = fs::copy(root.join("Cargo.lock"), copy.join("Cargo.lock"));
    let report = port::port(port::Job {
        path: copy.to_owned(),
        statics: recipe.decisions()?,
        undecided: Undecided::Named,
        class: None,
        checks: [&recipe.checks, tests].concat(),
        vimage: Some(vimage.to_owned()),
        dry_run: false,
    })?;
    if tests.is_empty() {
        write(&format!("{}\n\n[workspace]\n", original.trim_end()))?;
        port::add_dependency(copy, vimage)?;
    }
    // The lock file of the workspace counts.
    _ = fs::remove_file(copy.join("Cargo.lock"));
    let unknown = recipe.unknown(&report.counts.left);
    match unknown.is_empty() {
        true => Ok(report),
        false => {
            let lines: Vec<String> = unknown.iter().map(|left| format!("  {left}")).collect();
            Err(Failure::Denied(format!("the recipe does not say what is to be done about\n{}", lines.join("\n"))))
        }
    }
}

/// A static that is new or gone has to be looked at.
fn same_statics(old: &Vendored, new: &Vendored) -> Result<(), Failure> {
    let missing = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|name| !those.contains(name)).cloned().collect()
    };
    let (gone, added) = (missing(&old.statics, &new.statics), missing(&new.statics, &old.statics));
    match (gone.is_empty(), added.is_empty()) {
        (true, true) => Ok(()),
        _ => Err(Failure::Denied(format!("statics of {}: new {added:?}, gone {gone:?}", new.name))),
    }
}

fn remove_folder(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::unreadable(folder, error)),
        _ => Ok(()),
    }
}
