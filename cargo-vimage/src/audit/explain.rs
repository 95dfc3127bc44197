//! Puts together what the executable, the debug information and the text say about each global.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use cargo_metadata::PackageId;

use super::binary::{Place, Symbol};
use super::dwarf::{Debug, Type};
use super::packages::{Owner, Packages};
use super::path::{GlobalPath, crate_with_hash, pointed_to_by, with_hash, without_suffix};
use crate::source::{Mark, Source, Static};

/// A global, before the verdict.
#[derive(Debug)]
pub(super) struct Found<'m> {
    pub(super) symbol: Symbol,
    pub(super) path: GlobalPath,
    pub(super) owner: Owner<'m>,
    /// Whether it has debug information.
    pub(super) is_described: bool,
    /// Its type, with the name that the compiler has for it.
    pub(super) ty: Option<(Type, String)>,
    pub(super) file: Option<std::path::PathBuf>,
    pub(super) line: usize,
    pub(super) mark: Mark,
    /// Whether the text has it, and not as a `static mut`.
    pub(super) is_immutable: bool,
    /// The statics of its crate that it is made from.
    pub(super) made_from: Vec<String>,
    /// Whether all that fills it gives it a value that depends on no caller.
    pub(super) is_filled_alike: bool,
    /// As it is written.
    pub(super) written_type: Option<String>,
    pub(super) made_by: Option<String>,
    pub(super) cfg: Vec<String>,
}

/// Reads the text of each package once, when a global of it is found.
pub(super) struct Explainer<'m, 'data> {
    packages: &'m Packages<'m>,
    debug: &'m Debug<'data>,
    sources: HashMap<&'m PackageId, Vec<Source>>,
    /// The crates of which a global has debug information, with their hashes.
    described: HashSet<String>,
}

impl<'m, 'data> Explainer<'m, 'data> {
    pub(super) fn new(packages: &'m Packages<'m>, debug: &'m Debug<'data>) -> Self {
        Self { packages, debug, sources: HashMap::new(), described: HashSet::new() }
    }

    /// Explains each global once, also one of which the optimizer has made several symbols.
    pub(super) fn explain_all(&mut self, symbols: Vec<Symbol>) -> Vec<Found<'m>> {
        let mut globals: Vec<Symbol> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        let (pointed_to, symbols): (Vec<_>, Vec<_>) =
            symbols.into_iter().partition(|symbol| pointed_to_by(&symbol.name).is_some());
        for symbol in symbols {
            let name = without_suffix(&symbol.name).to_owned();
            match known.get(&name).map(|number| &mut globals[*number]) {
                Some(first) => {
                    let size = first.size + symbol.size;
                    if self.debug.variable_of(first.place, &name).is_none() {
                        *first = symbol;
                    }
                    first.size = size;
                }
                None => {
                    known.insert(name, globals.len());
                    globals.push(symbol);
                }
            }
        }
        let mut by_path: HashMap<String, usize> = HashMap::new();
        for (number, global) in globals.iter().enumerate() {
            by_path.entry(with_hash(without_suffix(&global.name))).or_insert(number);
        }
        for symbol in pointed_to {
            match pointed_to_by(without_suffix(&symbol.name)).and_then(|path| by_path.get(&path)) {
                Some(number) => globals[*number].size += symbol.size,
                // The static itself is read-only.
                None => globals.push(symbol),
            }
        }
        self.described = globals.iter().filter_map(|symbol| self.described_crate(symbol)).collect();
        globals.into_iter().map(|symbol| self.explain(symbol)).collect()
    }

    /// The files that could not be read.
    pub(super) fn unread(&self) -> impl Iterator<Item = &(std::path::PathBuf, String)> {
        self.sources.values().flatten().flat_map(|source| &source.unread)
    }

    fn described_crate(&self, symbol: &Symbol) -> Option<String> {
        let name = without_suffix(&symbol.name);
        self.debug.variable_of(symbol.place, name)?;
        Some(crate_with_hash(name, &GlobalPath::of_symbol(name).krate?))
    }

    /// Whether the crate was compiled without debug information, while others were with it: the standard library, and the
    /// crates that it contains.
    fn is_precompiled(&self, symbol: &str, krate: &str) -> bool {
        !self.described.is_empty() && !self.described.contains(&crate_with_hash(symbol, krate))
    }

    fn explain(&mut self, symbol: Symbol) -> Found<'m> {
        let path = GlobalPath::of_symbol(&symbol.name);
        let variable = self.debug.variable_of(symbol.place, without_suffix(&symbol.name));
        let root = variable.and_then(|variable| self.debug.root(variable));
        let owner = match &path.krate {
            Some(krate) if self.is_precompiled(without_suffix(&symbol.name), krate) => Owner::Std,
            krate => self.packages.owner(root.as_deref(), krate.as_deref()),
        };
        let ty = variable.and_then(|variable| variable.ty).map(|ty| (ty, self.debug.type_name(ty)));
        let mut found = Found {
            is_described: variable.is_some(),
            file: variable.and_then(|variable| variable.file.clone()),
            line: variable.map_or(0, |variable| variable.line),
            owner,
            ty,
            mark: Mark::None,
            is_immutable: false,
            made_from: Vec::new(),
            is_filled_alike: false,
            written_type: None,
            made_by: None,
            cfg: Vec::new(),
            symbol,
            path,
        };
        self.add_source(&mut found);
        found
    }

    fn add_source(&mut self, found: &mut Found<'m>) {
        let Owner::Package(package) = found.owner else { return };
        let packages = self.packages;
        let read = || packages.roots(package).map(Source::of_crate).collect();
        let sources = self.sources.entry(&package.id).or_insert_with(read);
        if let Some(item) = find(sources, found) {
            found.mark = item.mark;
            found.is_immutable = !item.is_mut;
            found.made_from = sources.iter().flat_map(|source| source.read_by(item)).map(str::to_owned).collect();
            found.made_from.sort();
            found.made_from.dedup();
            found.is_filled_alike = !item.is_public
                && sources
                    .iter()
                    .filter(|source| source.declares(&item.name))
                    .all(|source| source.uses.is_filled_alike(&item.name));
            found.written_type = Some(item.ty.clone()).filter(|ty| !ty.is_empty() && !ty.contains('$'));
            found.made_by = item.made_by.clone();
            found.cfg = item.cfg.clone();
            if found.file.is_none() {
                found.file = Some(item.file.clone());
            }
            // A macro moves what it makes to the place of its use.
            if found.file.as_ref() == Some(&item.file) {
                found.line = item.line;
            }
        } else if let Some(file) = &found.file {
            let Some(at) = sources.iter().find_map(|source| source.invocation_at(file, found.line)) else { return };
            found.made_by = Some(format!("{}!", at.name));
            // What a macro of the crate makes is placed at its definition, and the use says more.
            let used = sources.iter().find_map(|source| source.invocation_with(&at.name, found.path.name()));
            if let Some(used) = used {
                found.line = used.lines.start;
                found.file = Some(used.file.clone());
            }
        }
    }
}

/// The static of the text. A virtualized variable has a prefix that is not in the text.
fn find<'s>(sources: &'s [Source], found: &Found<'_>) -> Option<&'s Static> {
    let name = found.path.name();
    let virtualized = name.strip_prefix("V_");
    let at = |name: &str, file: &Path| sources.iter().find_map(|source| source.find(name, file, found.line));
    let anywhere = |name: &str| sources.iter().find_map(|source| source.only(name));
    let look = |name: &str| match &found.file {
        Some(file) => at(name, file),
        None => anywhere(name),
    };
    let is_virtualized = |item: &&Static| item.mark == Mark::Virtualized;
    virtualized.and_then(|name| look(name).filter(is_virtualized)).or_else(|| look(name))
}

impl Found<'_> {
    /// Whether each thread has its own.
    pub(super) fn is_thread_local(&self) -> bool {
        matches!(self.symbol.place, Place::Thread(_))
    }
}
