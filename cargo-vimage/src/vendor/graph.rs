//! The graph of packages: where the dependency is, and why it cannot be ported.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, Package, PackageId, TargetKind};

use crate::exit::Failure;
use crate::workspace;

/// A package that can be ported, and the runtime that it will use.
pub(super) struct Found {
    pub(super) name: String,
    pub(super) version: semver::Version,
    /// The folder of its source in cargo's registry.
    pub(super) source: PathBuf,
    /// The folder of the runtime.
    pub(super) vimage: PathBuf,
}

/// The name, and the version if one is given.
pub(super) fn parse(krate: &str) -> Result<(&str, Option<semver::Version>), Failure> {
    match krate.split_once('@') {
        None => Ok((krate, None)),
        Some((name, version)) => match version.parse() {
            Ok(version) => Ok((name, Some(version))),
            Err(error) => Err(Failure::Usage(format!("`{version}`: {error}"))),
        },
    }
}

/// Finds the locked version of a crate, and refuses what cannot be ported.
pub(super) fn find(metadata: &Metadata, krate: &str, vimage: Option<&Path>) -> Result<Found, Failure> {
    let (name, version) = parse(krate)?;
    let package = locked(metadata, name, version.as_ref())?;
    let refuse = |why: String| Err(Failure::Usage(format!("`{} {}`: {why}", package.name, package.version)));
    let graph = Graph::new(metadata);
    if package.targets.iter().any(|target| target.kind.contains(&TargetKind::ProcMacro)) {
        return refuse(format!("a proc macro: its statics are those of the compiler ({})", graph.path_to(&package.id)));
    }
    if package.source.is_none() {
        return refuse(format!("patched already, or in this workspace ({})", package.manifest_path));
    }
    if !package.source.as_ref().is_some_and(|source| source.repr.contains("crates.io")) {
        return refuse("from another source than crates.io".to_owned());
    }
    if let Some(links) = &package.links {
        return refuse(format!(
            "`links = \"{links}\"`: it holds the globals of a native library, of which there is one"
        ));
    }
    if !graph.is_linked(&package.id) {
        return refuse(format!(
            "for build scripts only: its statics do not exist at run time ({})",
            graph.path_to(&package.id)
        ));
    }
    let vimage = runtime(metadata, vimage)?;
    // The graph of this workspace knows which features of the runtime are on.
    let below = match metadata.packages.iter().any(|package| package.name == "vimage" && package.source.is_none()) {
        true => graph.path_between("vimage", name),
        false => {
            let metadata = workspace::metadata(Some(&vimage.join("Cargo.toml")), &[])?;
            Graph::new(&metadata).path_between("vimage", name)
        }
    };
    if let Some(path) = below {
        return refuse(format!("the runtime depends on it, so that it cannot depend on the runtime: {path}"));
    }
    Ok(Found {
        name: package.name.to_string(),
        version: package.version.clone(),
        source: package.manifest_path.parent().map(|path| path.as_std_path().to_owned()).unwrap_or_default(),
        vimage,
    })
}

fn locked<'m>(metadata: &'m Metadata, name: &str, version: Option<&semver::Version>) -> Result<&'m Package, Failure> {
    let is_it = |package: &&Package| package.name == name && version.is_none_or(|version| package.version == *version);
    let found: Vec<&Package> = metadata.packages.iter().filter(is_it).collect();
    match found[..] {
        [package] => Ok(package),
        [] => Err(Failure::Usage(format!("this workspace does not depend on `{name}`"))),
        _ => {
            let versions: Vec<_> = found.iter().map(|package| format!("{name}@{}", package.version)).collect();
            Err(Failure::Usage(format!("the workspace has several versions: name one of {}", versions.join(", "))))
        }
    }
}

/// The folder of the runtime that the workspace uses: two of them would have instances of their own.
fn runtime(metadata: &Metadata, given: Option<&Path>) -> Result<PathBuf, Failure> {
    let used = metadata.packages.iter().find(|package| package.name == "vimage" && package.source.is_none());
    let used = used.and_then(|package| package.manifest_path.parent()).map(|path| path.as_std_path().to_owned());
    match (used, given) {
        (Some(used), _) => Ok(used),
        (None, Some(given)) => {
            given.canonicalize().map_err(|error| Failure::Usage(format!("{}: {error}", given.display())))
        }
        (None, None) => Err(Failure::Usage(
            "this workspace does not depend on `vimage` by path: add it, or pass `--vimage PATH`, the folder \
             `vimage-runtime` of a checkout"
                .to_owned(),
        )),
    }
}

/// Who depends on whom, without dependencies for tests of other packages.
struct Graph<'m> {
    metadata: &'m Metadata,
    edges: BTreeMap<&'m PackageId, Vec<(&'m PackageId, bool)>>,
}

impl<'m> Graph<'m> {
    fn new(metadata: &'m Metadata) -> Self {
        let mut edges = BTreeMap::new();
        for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
            let of = node.deps.iter().filter_map(|dep| {
                let kinds = || dep.dep_kinds.iter().map(|kind| kind.kind);
                let is_only_dev = kinds().all(|kind| kind == DependencyKind::Development);
                let is_in_workspace = metadata.workspace_members.contains(&node.id);
                let is_linked = kinds().any(|kind| kind != DependencyKind::Build);
                (!is_only_dev || is_in_workspace).then_some((&dep.pkg, is_linked))
            });
            edges.insert(&node.id, of.collect());
        }
        Self { metadata, edges }
    }

    fn package(&self, id: &PackageId) -> Option<&'m Package> {
        self.metadata.packages.iter().find(|package| package.id == *id)
    }

    /// The shortest path from some packages to one that is asked for.
    fn path(&self, from: Vec<&'m PackageId>, to: impl Fn(&PackageId) -> bool, linked: bool) -> Option<String> {
        let mut before: BTreeMap<&PackageId, Option<&PackageId>> = from.iter().map(|id| (*id, None)).collect();
        let mut queue: VecDeque<&PackageId> = from.into();
        while let Some(id) = queue.pop_front() {
            if to(id) {
                let mut names = Vec::new();
                let mut at = Some(id);
                while let Some(id) = at {
                    names.extend(self.package(id).map(|package| package.name.to_string()));
                    at = before.get(id).copied().flatten();
                }
                names.reverse();
                return Some(names.join(" → "));
            }
            for (next, is_linked) in self.edges.get(id).into_iter().flatten() {
                let is_proc_macro = self.package(next).is_some_and(|package| {
                    package.targets.iter().any(|target| target.kind.contains(&TargetKind::ProcMacro))
                });
                if (!linked || *is_linked && !is_proc_macro) && !before.contains_key(next) {
                    before.insert(next, Some(id));
                    queue.push_back(next);
                }
            }
        }
        None
    }

    fn members(&self) -> Vec<&'m PackageId> {
        self.metadata.workspace_members.iter().collect()
    }

    fn path_to(&self, id: &PackageId) -> String {
        self.path(self.members(), |found| found == id, false).unwrap_or_default()
    }

    /// Whether the package ends up in a program, not only in build scripts and proc macros.
    fn is_linked(&self, id: &PackageId) -> bool {
        self.path(self.members(), |found| found == id, true).is_some()
    }

    fn path_between(&self, from: &str, to: &str) -> Option<String> {
        let named = |package: &&Package| package.name == from;
        let from: Vec<_> = self.metadata.packages.iter().filter(named).map(|package| &package.id).collect();
        // What the runtime's tests use may depend on the runtime.
        let to = |id: &PackageId| self.package(id).is_some_and(|package| package.name == to);
        let without_tests = Graph { metadata: self.metadata, edges: self.without_tests() };
        without_tests.path(from, to, false)
    }

    fn without_tests(&self) -> BTreeMap<&'m PackageId, Vec<(&'m PackageId, bool)>> {
        let mut edges = BTreeMap::new();
        for node in self.metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
            let is_needed = |dep: &&cargo_metadata::NodeDep| {
                dep.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development)
            };
            edges.insert(&node.id, node.deps.iter().filter(is_needed).map(|dep| (&dep.pkg, true)).collect());
        }
        edges
    }
}
