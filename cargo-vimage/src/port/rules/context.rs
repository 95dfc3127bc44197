//! What the rules know, and what they answer.

use std::ops::Range;

use crate::port::compile::Place;
use crate::port::decide::Policy;
use crate::port::scan::{Scan, Static};
use crate::port::text::{Edit, SourceFile};

/// What the rules know.
pub(in crate::port) struct Context<'a> {
    pub(in crate::port) files: &'a [SourceFile],
    pub(in crate::port) scans: &'a [Scan],
    pub(in crate::port) policy: &'a Policy,
    /// Other names that virtualized statics were imported by.
    pub(in crate::port) aliases: &'a [String],
}

/// What a rule makes of a message.
#[derive(Debug)]
pub(in crate::port) enum Answer {
    /// The message is about something else.
    NotMine,
    /// Edits in files of these numbers.
    Edits(Vec<(usize, Edit)>),
    /// The user must write this.
    Left(String),
}

impl Context<'_> {
    pub(super) fn text(&self, place: &Place) -> &str {
        &self.files[place.file].text[place.at.clone()]
    }

    /// Whether a static of this name is virtualized, or was imported by it.
    pub(super) fn is_virtualized(&self, name: &str) -> bool {
        let is_virtualized = |found: &Static| found.name == name && found.is_virtualized();
        self.scans.iter().any(|scan| scan.statics.iter().any(is_virtualized))
            || self.aliases.iter().any(|alias| alias == name)
    }

    /// `#[vimage::virtualized]` for the function around a place, if it has none and can have it.
    pub(super) fn annotate(&self, place: &Place) -> Option<(usize, Edit)> {
        let around = self.scans[place.file].carriers.iter().filter(|carrier| contains(&carrier.at, place.at.start));
        let outermost = around.min_by_key(|carrier| carrier.at.start)?;
        let edit = attribute(&self.files[place.file], outermost.attribute_at, "#[vimage::virtualized]");
        (!outermost.is_virtualized).then_some((place.file, edit))
    }

    /// The static that a name in a place stands for: by what is visible there, and by the path in front of the name.
    pub(super) fn static_of(&self, place: &Place, name: &str) -> Option<(usize, &Static)> {
        let named = || {
            let all = self
                .scans
                .iter()
                .enumerate()
                .flat_map(|(file, scan)| scan.statics.iter().map(move |found| (file, found)));
            all.filter(|(_, found)| found.name == name && found.is_virtualized())
        };
        let here = named().filter(|(file, found)| *file == place.file && contains(&found.visible_in, place.at.start));
        let nearest = here.min_by_key(|(_, found)| found.visible_in.len());
        if nearest.is_some() {
            return nearest;
        }
        let module = self.module_in_front(place);
        let in_module = |file: usize| {
            let path = &self.files[file].path;
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            let folder =
                path.parent().and_then(|folder| folder.file_name()).map(|name| name.to_string_lossy().into_owned());
            module.is_some()
                && (stem.as_deref() == module || stem.as_deref() == Some("mod") && folder.as_deref() == module)
        };
        let mut candidates: Vec<_> = named().collect();
        if candidates.len() > 1 {
            candidates.retain(|(file, _)| in_module(*file));
        }
        (candidates.len() == 1).then(|| candidates.remove(0))
    }

    /// `registry` in `registry::NAME`.
    fn module_in_front(&self, place: &Place) -> Option<&str> {
        let text = &self.files[place.file].text[..place.at.end];
        let name = text.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
        let path = name.strip_suffix("::")?;
        let start = path.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
        Some(&path[start..])
    }
}

fn contains(range: &Range<usize>, at: usize) -> bool {
    range.contains(&at)
}

/// An attribute above what stands at a place, on a line of its own if that does.
pub(in crate::port) fn attribute(file: &SourceFile, at: usize, attribute: &str) -> Edit {
    let behind = file.indent(at).map_or(" ".to_owned(), |indent| format!("{}{indent}", file.line_end()));
    Edit::insert(at, format!("{attribute}{behind}"))
}

/// The edit that puts `V_` before the last name of a path, which is `name`.
pub(super) fn prefix(place: &Place, name: &str) -> (usize, Edit) {
    (place.file, Edit::insert(place.at.end - name.len(), "V_"))
}

/// The last name of a path.
pub(super) fn last_name(path: &str) -> &str {
    path.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or(path)
}
