//! Which package a global is from.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, Package, PackageId, TargetKind};

/// The packages of a build, by their root files, their folders and the names of their crates.
pub(super) struct Packages<'m> {
    metadata: &'m Metadata,
    by_root: HashMap<&'m Path, &'m Package>,
    by_crate: HashMap<String, Vec<&'m Package>>,
    members: HashSet<&'m PackageId>,
}

/// Where a global comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner<'m> {
    Package(&'m Package),
    /// The standard library.
    Std,
    /// Neither Rust nor built by a package: the start-up code of the linker, an object file.
    Foreign,
}

impl Owner<'_> {
    /// The name of the package, or what stands for it in a report and in the knowledge base.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Package(package) => package.name.as_str(),
            Self::Std => "std",
            Self::Foreign => "C",
        }
    }
}

const STD: [&str; 6] = ["std", "core", "alloc", "std_detect", "panic_unwind", "proc_macro"];

impl<'m> Packages<'m> {
    pub(super) fn new(metadata: &'m Metadata) -> Self {
        let members = metadata.workspace_members.iter().collect();
        let mut packages = Self { metadata, by_root: HashMap::new(), by_crate: HashMap::new(), members };
        for package in &metadata.packages {
            for target in &package.targets {
                packages.by_root.insert(target.src_path.as_std_path(), package);
                if !target.is_kind(TargetKind::CustomBuild) {
                    packages.by_crate.entry(target.name.replace('-', "_")).or_default().push(package);
                }
            }
        }
        packages
    }

    /// Finds the package by the file that the compilation started from, or else by the name of the crate.
    pub(super) fn owner(&self, root: Option<&Path>, krate: Option<&str>) -> Owner<'m> {
        let by_root = root.and_then(|root| self.by_root.get(root).copied().or_else(|| self.around(root)));
        if let Some(package) = by_root {
            return Owner::Package(package);
        }
        match krate {
            None => Owner::Foreign,
            Some(name) if STD.contains(&name) => Owner::Std,
            // Several versions are told apart by their root files only.
            Some(name) => match self.by_crate.get(name).and_then(|packages| packages.first()) {
                Some(package) => Owner::Package(package),
                // A dependency of the standard library.
                None => Owner::Std,
            },
        }
    }

    /// The package with the innermost folder around a file, such as one of C that its build script compiles.
    fn around(&self, file: &Path) -> Option<&'m Package> {
        let packages = self.metadata.packages.iter().filter(|package| file.starts_with(folder(package)));
        packages.max_by_key(|package| folder(package).as_os_str().len())
    }

    /// Whether the package is part of the workspace.
    pub(super) fn is_member(&self, package: &Package) -> bool {
        self.members.contains(&package.id)
    }

    /// A file as a person finds it: from the workspace, or from the folder of the package, as in `log-0.4.29/src/lib.rs`.
    pub(super) fn short(&self, file: &Path) -> PathBuf {
        if let Ok(inside) = file.strip_prefix(self.metadata.workspace_root.as_std_path()) {
            return inside.to_owned();
        }
        let of_package = self.around(file).and_then(|package| file.strip_prefix(folder(package).parent()?).ok());
        of_package.unwrap_or(file).to_owned()
    }

    /// The folder of a package, from the workspace if it is inside.
    pub(super) fn short_folder(&self, package: &'m Package) -> PathBuf {
        let folder = folder(package);
        let inside = folder.strip_prefix(self.metadata.workspace_root.as_std_path()).unwrap_or(folder);
        if inside.as_os_str().is_empty() { PathBuf::from(".") } else { inside.to_owned() }
    }

    /// The root files of the crates of a package.
    pub(super) fn roots(&self, package: &'m Package) -> impl Iterator<Item = &'m Path> {
        let built = |kind: &TargetKind| !matches!(kind, TargetKind::CustomBuild | TargetKind::Test | TargetKind::Bench);
        let targets = package.targets.iter().filter(move |target| target.kind.iter().any(built));
        targets.map(|target| target.src_path.as_std_path())
    }
}

/// The folder of a package's manifest.
pub(super) fn folder(package: &Package) -> &Path {
    package.manifest_path.parent().map_or(Path::new(""), |folder| folder.as_std_path())
}
