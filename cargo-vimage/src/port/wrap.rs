//! The first edits: `lazy_static!` is written out, each static gets its attribute, and the items that use virtualized
//! statics are put into `virtualize!`.

use std::collections::BTreeSet;
use std::ops::Range;

use super::rules::attribute;
use super::scan::{Decision, LazyMacro, Scan, Static};
use super::text::{Edit, SourceFile};

/// Writes the attributes of the statics that have none. `decide` says which.
pub(super) fn attributes(file: &SourceFile, scan: &Scan, decide: impl Fn(&Static) -> Option<Decision>) -> Vec<Edit> {
    let mut edits = Vec::new();
    for found in &scan.statics {
        let is_in_lazy = scan.lazies.iter().any(|lazy| lazy.at.contains(&found.name_at.start));
        if let (None, Some(decision), false) = (found.decision, decide(found), is_in_lazy) {
            edits.push(attribute(file, found.attribute_at, decision.attribute()));
        }
    }
    for lazy in &scan.lazies {
        edits.extend(lazy_macro(file, scan, lazy, &decide));
    }
    edits
}

/// `lazy_static! { pub static ref NAME: T = e; }` as a static with a `LazyLock`, unless all of its statics are shared.
fn lazy_macro(
    file: &SourceFile,
    scan: &Scan,
    lazy: &LazyMacro,
    decide: impl Fn(&Static) -> Option<Decision>,
) -> Vec<Edit> {
    let of = |name_at: &Range<usize>| scan.statics.iter().find(|found| found.name_at == *name_at);
    let decisions: Vec<_> = lazy
        .entries
        .iter()
        .filter_map(|entry| of(&entry.name_at).filter(|found| found.decision.is_none()))
        .map(decide)
        .collect();
    if decisions.iter().all(|decision| matches!(decision, None | Some(Decision::Shared))) {
        let is_shared = decisions.iter().any(Option::is_some);
        let edit = || attribute(file, lazy.at.start, Decision::Shared.attribute());
        return if is_shared { vec![edit()] } else { Vec::new() };
    }
    if lazy.has_attributes && lazy.entries.len() > 1 {
        return Vec::new();
    }
    let mut edits = vec![without(file, &lazy.open), without(file, &lazy.close)];
    for (entry, decision) in lazy.entries.iter().zip(decisions) {
        edits.push(attribute(file, entry.start, decision.unwrap_or(Decision::Shared).attribute()));
        edits.push(Edit::replace(entry.reference.clone(), &file.text[entry.reference.clone()], ""));
        edits.push(Edit::insert(entry.ty.start, "::std::sync::LazyLock<"));
        edits.push(Edit::insert(entry.ty.end, ">"));
        edits.push(Edit::insert(entry.init.start, "::std::sync::LazyLock::new(|| "));
        edits.push(Edit::insert(entry.init.end, ")"));
    }
    edits
}

/// Takes a piece of text out, with its line if nothing else is on it.
fn without(file: &SourceFile, piece: &Range<usize>) -> Edit {
    let rest = &file.text[piece.end..];
    let line = rest.find('\n').map_or(rest, |end| &rest[..=end]);
    let at = match file.indent(piece.start) {
        Some(_) if line.trim().is_empty() => file.line_start(piece.start)..piece.end + line.len(),
        _ => piece.clone(),
    };
    Edit::replace(at.clone(), &file.text[at], "")
}

/// Puts `virtualize!` around the items that have virtualized statics or use them, once in each Rust module.
///
/// What cannot be inside (`#[macro_export]`, `extern crate`, calls of other macros) divides the items of a module: the
/// part with the most statics is wrapped, and the others have attributes of their own.
pub(super) fn modules(file: &SourceFile, scan: &Scan, class: Option<&str>) -> Vec<Edit> {
    let names: BTreeSet<&str> =
        scan.statics.iter().filter(|found| found.is_virtualized()).map(|found| found.name.as_str()).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let mut edits = Vec::new();
    Wrap { file, scan, names, class }.scope(0, &mut edits);
    edits
}

struct Wrap<'a> {
    file: &'a SourceFile,
    scan: &'a Scan,
    names: BTreeSet<&'a str>,
    class: Option<&'a str>,
}

impl Wrap<'_> {
    fn scope(&self, scope: usize, edits: &mut Vec<Edit>) {
        let found = &self.scan.scopes[scope];
        if found.is_inside_module {
            return;
        }
        let mut segments = vec![Segment::default()];
        for item in &found.items {
            let is_divided = item.inner.is_some_and(|inner| self.has_barrier(inner));
            if item.is_barrier || is_divided {
                segments.push(Segment::default());
                if let (true, Some(inner)) = (is_divided, item.inner) {
                    self.scope(inner, edits);
                }
                continue;
            }
            let statics = self.scan.statics.iter().filter(|found| found.is_virtualized());
            let statics = statics.filter(|found| item.at.contains(&found.name_at.start) && !found.in_tests).count();
            let uses = item.can_be_touched && self.names.iter().any(|name| item.words.contains(*name));
            if let Some(segment) = segments.last_mut().filter(|_| statics > 0 || uses) {
                segment.statics += statics;
                segment.at = Some(segment.at.as_ref().map_or(item.at.clone(), |at| at.start..item.at.end));
            }
        }
        let largest = segments.into_iter().rev().max_by_key(|segment| segment.statics);
        if let Some(Segment { statics: 1.., at: Some(at) }) = largest.filter(|_| !found.has_module) {
            edits.extend(self.around(&at, scope == 0));
        }
    }

    fn has_barrier(&self, scope: usize) -> bool {
        let items = &self.scan.scopes[scope].items;
        self.scan.scopes[scope].has_module
            || items.iter().any(|item| item.is_barrier || item.inner.is_some_and(|inner| self.has_barrier(inner)))
    }

    /// `virtualize! {` on a line above, with the comments there, and `}` on a line below.
    fn around(&self, at: &Range<usize>, is_file: bool) -> [Edit; 2] {
        let Self { file, class, .. } = self;
        let line_end = file.line_end();
        let indent = file.indent(at.start).filter(|_| !is_file).unwrap_or_default();
        let mut start = if file.indent(at.start).is_some() { file.line_start(at.start) } else { at.start };
        while start > 0 {
            let above = file.line_start(start - 1);
            let line = file.text[above..start].trim();
            if !line.starts_with("//") || line.starts_with("//!") {
                break;
            }
            start = above;
        }
        let class = class.map(|class| format!("{indent}class = {class};{line_end}{line_end}")).unwrap_or_default();
        let rest = &file.text[at.end..];
        let line = rest.find('\n').map_or(rest, |end| &rest[..end]);
        let is_comment = line.trim().is_empty() || line.trim_start().starts_with("//");
        let end = if is_comment { at.end + line.trim_end_matches('\r').len() } else { at.end };
        [
            Edit::insert(start, format!("{indent}vimage::virtualize! {{{line_end}{class}")),
            Edit::insert(end, format!("{line_end}{indent}}}")),
        ]
    }
}

#[derive(Default)]
struct Segment {
    statics: usize,
    at: Option<Range<usize>>,
}
