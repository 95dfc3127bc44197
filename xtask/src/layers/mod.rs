//! `cargo xtask layers`: the folders of a crate are floors, and imports go down.
//!
//! Each crate has a table of its folders and files from the bottom up. An import stays in its folder or leads to one
//! further down; the error names both floors. Files may import one another in a circle only where the table says so.

mod circles;
mod conditions;
mod cursor;
mod resolve;
mod source;
mod tables;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;

use resolve::Import;
use source::Source;
use tables::Layers;

/// Checks both crates of the workspace in the folder `root`.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let mut failed = false;
    for layers in &tables::LAYERS {
        let report = layers.check(root)?;
        println!("{}: {}", layers.sources, report.summary);
        for error in &report.errors {
            eprintln!("error: {error}");
        }
        failed |= !report.errors.is_empty();
    }
    if failed { Err("layers: the imports do not keep to the floors".to_owned()) } else { Ok(()) }
}

struct Report {
    summary: String,
    errors: Vec<String>,
}

impl Layers {
    fn check(&self, root: &Path) -> Result<Report, String> {
        let source = source::read(&root.join(self.sources))?;
        let imports = resolve::imports(&source);
        let edges: BTreeSet<(usize, usize)> = imports.iter().map(|import| (import.from, import.to)).collect();
        let circles = circles::circles(source.files.len(), &edges);
        let upward = self.upward(&source, &imports);
        let summary = format!(
            "{} files, {} imports between them, {} upward, {} in circles (the largest has {})",
            source.files.len(),
            edges.len(),
            upward.len(),
            circles.iter().map(Vec::len).sum::<usize>(),
            circles.first().map_or(0, Vec::len),
        );
        let mut errors = self.unknown(&source);
        errors.extend(upward);
        errors.extend(circles.iter().filter_map(|circle| self.bad_circle(&source, circle, &edges)));
        Ok(Report { summary, errors })
    }

    /// The floor that a file is on: its number from the bottom, and its name.
    fn floor_of(&self, file: &Path) -> Option<(usize, &'static str)> {
        let module = file.with_extension("");
        // The innermost folder that the table has.
        module.ancestors().find_map(|folder| {
            let number = self.floors.iter().position(|floor| Path::new(floor) == folder)?;
            Some((number + 1, self.floors[number]))
        })
    }

    /// Files that the table does not place, and floors without a file.
    fn unknown(&self, source: &Source) -> Vec<String> {
        let floors: Vec<_> = source.files.iter().map(|file| self.floor_of(file)).collect();
        let unplaced = source.files.iter().zip(&floors).filter(|(_, floor)| floor.is_none());
        let unplaced =
            unplaced.map(|(file, _)| format!("{}/{}: is on no floor of the table", self.sources, file.display()));
        let has_files = |name: &str| floors.iter().flatten().any(|(_, floor)| *floor == name);
        let empty = self.floors.iter().filter(|name| !has_files(name));
        unplaced.chain(empty.map(|name| format!("{}: has no files on the floor `{name}`", self.sources))).collect()
    }

    fn upward(&self, source: &Source, imports: &[Import<'_>]) -> Vec<String> {
        // A name can be in several files, one of which conditional compilation chooses: that is one error.
        let errors: BTreeSet<String> = imports.iter().filter_map(|import| self.is_upward(source, import)).collect();
        errors.into_iter().collect()
    }

    fn is_upward(&self, source: &Source, import: &Import<'_>) -> Option<String> {
        let (number, name) = self.floor_of(&source.files[import.from])?;
        let (above, other) = self.floor_of(&source.files[import.to])?;
        let (file, line) = (source.files[import.from].display(), import.at.line);
        (above > number).then(|| {
            format!(
                "{}/{file}:{line}: `{}` goes up: from `{name}` (floor {number}) to `{other}` (floor {above})",
                self.sources,
                import.at.path.join("::"),
            )
        })
    }

    fn bad_circle(&self, source: &Source, circle: &[usize], edges: &BTreeSet<(usize, usize)>) -> Option<String> {
        let allowed = self.circles.iter().any(|(folder, most)| {
            circle.len() <= *most && circle.iter().all(|file| source.files[*file].starts_with(folder))
        });
        let mut lines: Vec<String> = Vec::new();
        for file in circle {
            let to = edges.range((*file, 0)..(*file + 1, 0)).map(|edge| edge.1).filter(|to| circle.contains(to));
            let to: Vec<String> = to.map(|to| source.files[to].display().to_string()).collect();
            lines.push(format!("\n  {} → {}", source.files[*file].display(), to.join(", ")));
        }
        lines.sort();
        (!allowed).then(|| format!("{}: {} files import one another:{}", self.sources, circle.len(), lines.concat()))
    }
}
