//! The package that is ported: its files, its dependency on vimage, its work tree.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Metadata, TargetKind};
use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

use super::text::SourceFile;
use crate::exit::Failure;
use crate::{runtime, workspace};

/// A package and where its parts are.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) folder: PathBuf,
    /// The folder in which cargo runs rustc, so that the paths in its messages are relative to it.
    pub(super) workspace: PathBuf,
    pub(super) manifest: PathBuf,
    depends_on_vimage: bool,
    pub(super) is_2015: bool,
    /// The first files of all crates of the package.
    pub(super) roots: Vec<PathBuf>,
    /// The folders of libraries and binaries.
    sources: Vec<PathBuf>,
    /// The folders of tests, examples and benchmarks; the build script.
    others: Vec<PathBuf>,
}

impl Package {
    pub(super) fn find(path: &Path) -> Result<Self, Failure> {
        let manifest = if path.is_dir() { path.join("Cargo.toml") } else { path.to_owned() };
        let manifest =
            fs::canonicalize(&manifest).map_err(|error| Failure::Usage(format!("{}: {error}", manifest.display())))?;
        let metadata = workspace::metadata(Some(&manifest), &["--no-deps".to_owned()])?;
        let found = metadata.packages.iter().find(|package| package.manifest_path == manifest);
        let Some(package) = found else {
            return Err(Failure::Usage(format!("{} is a workspace: name a package of it", manifest.display())));
        };
        let of = |is: fn(&TargetKind) -> bool| {
            let targets = package.targets.iter().filter(move |target| target.kind.iter().any(is));
            targets.map(|target| target.src_path.clone().into_std_path_buf())
        };
        if of(|kind| *kind == TargetKind::ProcMacro).next().is_some() {
            return Err(Failure::Usage(format!(
                "`{}` is a proc macro: its statics are those of the compiler",
                package.name
            )));
        }
        let folder = manifest.parent().unwrap_or(Path::new("/")).to_owned();
        let parents = |path: PathBuf| path.parent().unwrap_or(&folder).to_owned();
        let is_other = |kind: &TargetKind| matches!(kind, TargetKind::Test | TargetKind::Bench | TargetKind::Example);
        let is_source = |kind: &TargetKind| {
            !matches!(kind, TargetKind::Test | TargetKind::Bench | TargetKind::Example | TargetKind::CustomBuild)
        };
        Ok(Self {
            name: package.name.to_string(),
            version: package.version.to_string(),
            workspace: workspace_root(&metadata),
            depends_on_vimage: package.dependencies.iter().any(|dependency| dependency.name == "vimage"),
            is_2015: package.edition == cargo_metadata::Edition::E2015,
            roots: of(|_| true).collect(),
            sources: of(is_source).map(parents).collect(),
            others: of(is_other).map(parents).chain(of(|kind| *kind == TargetKind::CustomBuild)).collect(),
            manifest,
            folder,
        })
    }

    /// All files of the package that contain Rust, in the order of their names.
    pub(super) fn files(&self) -> Result<Vec<SourceFile>, Failure> {
        let mut found = Vec::new();
        walk(&self.folder, &mut found)?;
        found.sort();
        found.iter().map(|path| SourceFile::read(path)).collect()
    }

    /// Whether statics of this file are those of a library or a binary.
    pub(super) fn is_source(&self, file: &Path) -> bool {
        let depth = |roots: &[PathBuf]| {
            let around = roots.iter().filter(|root| file.starts_with(root) && **root != self.folder || *root == file);
            around.map(|root| root.components().count()).max()
        };
        let at_top = self.sources.contains(&self.folder);
        match (depth(&self.sources), depth(&self.others)) {
            (Some(source), Some(other)) => source > other,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => at_top,
        }
    }

    /// The path of a file from the folder of the package.
    pub(super) fn relative<'p>(&self, file: &'p Path) -> &'p Path {
        file.strip_prefix(&self.folder).unwrap_or(file)
    }

    /// Refuses what could not be told apart from the edits afterwards.
    pub(super) fn require_clean(&self) -> Result<(), Failure> {
        // Cargo writes its lock file whenever it likes; this command edits none.
        let status = ["status", "--porcelain", "--", ".", ":(exclude,glob)**/Cargo.lock"];
        let git = Command::new("git").current_dir(&self.folder).args(status).output();
        match git {
            Ok(output) if output.status.success() && output.stdout.is_empty() => Ok(()),
            Ok(output) if output.status.success() => Err(Failure::Usage(format!(
                "the work tree has changes, from which those of this command could not be told apart; commit them, or \
                 pass `--allow-dirty`:\n{}",
                String::from_utf8_lossy(&output.stdout).trim_end()
            ))),
            _ => Err(Failure::Usage(
                "the package is not in a git repository, so that the changes could not be undone; pass `--allow-dirty` \
                 if you have a copy"
                    .to_owned(),
            )),
        }
    }

    /// The manifest with the dependency; `None` if it has it.
    pub(super) fn with_dependency(&self, vimage: Option<&Path>) -> Result<Option<SourceFile>, Failure> {
        if self.depends_on_vimage {
            return Ok(None);
        }
        let vimage = runtime::folder(vimage)?;
        let mut manifest = SourceFile::read(&self.manifest)?;
        let mut document: DocumentMut =
            manifest.text.parse().map_err(|error| Failure::unreadable(&self.manifest, error))?;
        let mut table = InlineTable::new();
        table.insert("path", Value::from(relative(&self.folder, &vimage)));
        let dependencies = document.entry("dependencies").or_insert(Item::Table(Table::new()));
        dependencies["vimage"] = Item::Value(Value::InlineTable(table));
        manifest.text = document.to_string();
        Ok(Some(manifest))
    }
}

fn workspace_root(metadata: &Metadata) -> PathBuf {
    metadata.workspace_root.clone().into_std_path_buf()
}

/// All `.rs` files under a folder, without those of other packages and of cargo.
fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::unreadable(folder, error))?;
    for entry in entries {
        let path = entry.map_err(|error| Failure::unreadable(folder, error))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() && !path.is_symlink() {
            if name != "target" && !name.starts_with('.') && !path.join("Cargo.toml").exists() {
                walk(&path, found)?;
            }
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// `to` as it is written in a file of the folder `from`.
pub(crate) fn relative(from: &Path, to: &Path) -> String {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = (common..from.len()).map(|_| "..".to_owned());
    let down = to[common..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_manifest() {
        assert_eq!(relative(Path::new("/a/b/c"), Path::new("/a/d/e")), "../../d/e");
        assert_eq!(relative(Path::new("/a/b"), Path::new("/a/b/c")), "c");
    }
}
