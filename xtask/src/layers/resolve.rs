//! Resolves paths to files.

use std::collections::BTreeSet;

use super::source::{Module, Segments, Source, Use, UseKind};

/// That one file uses another one, and where.
pub(super) struct Import<'a> {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) at: &'a Use,
}

/// An end of a path in this crate.
enum Target {
    Module(Segments),
    /// The files of the module that has the item: several, if conditional compilation chooses one.
    Item(Vec<usize>),
}

/// Re-exports lead to re-exports; a circle of them does not compile, but for names of macros.
const MOST_REEXPORTS: usize = 16;

/// All imports between two files, each once per line.
pub(super) fn imports(source: &Source) -> Vec<Import<'_>> {
    let mut seen = BTreeSet::new();
    let mut imports = Vec::new();
    for at in &source.uses {
        let files = source.files_of(at);
        // One of several files that are the module in different builds means itself, and not the others.
        let files = if files.contains(&at.file) { Vec::new() } else { files };
        for to in files {
            if seen.insert((at.file, to, at.line)) {
                imports.push(Import { from: at.file, to, at });
            }
        }
    }
    imports
}

impl Source {
    fn files_of(&self, at: &Use) -> Vec<usize> {
        let bound = self.bound(&at.module, &at.path[0]);
        match (at.kind, &at.path[..]) {
            (UseKind::Macro, [name]) if bound.is_empty() => {
                return self.macros.get(name).copied().into_iter().collect();
            }
            // The import of what the path begins with counts already, if that is no module.
            (UseKind::Path | UseKind::Macro, [first, _, ..]) if !bound.is_empty() => {
                let mut first = self.targets(&at.module, std::slice::from_ref(first), MOST_REEXPORTS).into_iter();
                if first.any(|target| matches!(target, Target::Item(_))) {
                    return Vec::new();
                }
            }
            _ => (),
        }
        let targets = self.targets(&at.module, &at.path, MOST_REEXPORTS).into_iter();
        targets.flat_map(|target| self.files(target, at.kind)).collect()
    }

    fn files(&self, target: Target, kind: UseKind) -> Vec<usize> {
        match (target, kind) {
            (Target::Item(files), _) => files,
            // A module that is imported is used by the paths that begin with it, which count.
            (Target::Module(_), UseKind::Import { public: false } | UseKind::Path) => Vec::new(),
            (Target::Module(module), _) => self.modules[&module].files.clone(),
        }
    }

    /// The paths that `use` binds to the name in the module.
    fn bound(&self, module: &Segments, name: &str) -> &[Segments] {
        self.modules.get(module).and_then(|module| module.bindings.get(name)).map_or(&[], Vec::as_slice)
    }

    /// Follows a path that is used in `module`; nothing if it leads to another crate, or to what is in the same scope.
    fn targets(&self, module: &Segments, path: &[String], reexports: usize) -> Vec<Target> {
        let mut at = module.clone();
        let rest = match path.first().map(String::as_str) {
            Some("crate") => {
                at.clear();
                &path[1..]
            }
            Some("self") => &path[1..],
            Some("super") => {
                let ups = path.iter().take_while(|segment| *segment == "super").count();
                at.truncate(at.len().saturating_sub(ups));
                &path[ups..]
            }
            Some(first) if self.has_child(&at, first) => path,
            Some(_) => return self.behind(&at, path, reexports),
            None => return Vec::new(),
        };
        self.descend(at, rest, reexports)
    }

    /// Follows a path that begins with a name that `use` has bound in the module.
    fn behind(&self, at: &Segments, path: &[String], reexports: usize) -> Vec<Target> {
        // A name that stands for itself is another crate's, or a macro in scope by its text.
        let bound = self.bound(at, &path[0]).iter();
        let bound = bound.filter(|bound| reexports > 0 && (bound[0] != path[0] || self.has_child(at, &bound[0])));
        bound
            .flat_map(|bound| self.targets(at, bound, reexports - 1))
            .flat_map(|target| match target {
                Target::Module(module) => self.descend(module, &path[1..], reexports - 1),
                item => vec![item],
            })
            .collect()
    }

    /// Follows a path from a module downwards.
    fn descend(&self, mut at: Segments, path: &[String], reexports: usize) -> Vec<Target> {
        let mut found = Vec::new();
        for (index, segment) in path.iter().enumerate() {
            if !self.has_child(&at, segment) {
                return self.named(&at, &path[index..], reexports);
            }
            // A module and a function of its name, which it may have.
            if index + 1 == path.len() {
                found = self.behind(&at, &path[index..], reexports);
            }
            at.push(segment.clone());
        }
        found.push(Target::Module(at));
        found
    }

    /// Finds what the path begins with, which is no module inside of this one.
    fn named(&self, at: &Segments, path: &[String], reexports: usize) -> Vec<Target> {
        let (module, name) = (&self.modules[at], &path[0]);
        // The root re-exports for users; inside the crate an item is named by the module that has it.
        if let Some(file) = self.exported.get(name).filter(|_| at.is_empty()) {
            return vec![Target::Item(vec![*file])];
        }
        let here = vec![Target::Item(module.files.clone())];
        if at.is_empty() || module.items.contains(name) || reexports == 0 {
            return here;
        }
        let mut behind = self.behind(at, path, reexports);
        if behind.is_empty() {
            behind = self.behind_globs(module, at, path, reexports);
        }
        if behind.is_empty() { here } else { behind }
    }

    fn behind_globs(&self, module: &Module, at: &Segments, path: &[String], reexports: usize) -> Vec<Target> {
        let inner = module.globs.iter().flat_map(|glob| self.targets(at, glob, reexports - 1));
        inner
            .filter_map(|target| match target {
                Target::Module(inner) if self.modules[&inner].has(&path[0]) => Some(inner),
                _ => None,
            })
            .flat_map(|inner| self.descend(inner, path, reexports - 1))
            .collect()
    }

    fn has_child(&self, module: &Segments, name: &str) -> bool {
        self.modules.contains_key(&[&module[..], &[name.to_owned()]].concat())
    }
}

impl Module {
    fn has(&self, name: &str) -> bool {
        self.items.contains(name) || self.bindings.contains_key(name)
    }
}
