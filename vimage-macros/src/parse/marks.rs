//! Our attributes as they are found on items: read, and refused where they have no meaning.

use proc_macro2::Span;
use syn::Attribute;
use syn::spanned::Spanned;

use crate::args::Options;
use crate::attr::{self, Ours, Recognizer};
use crate::errors::Errors;

/// One of our attributes.
pub(crate) struct Mark {
    pub(crate) ours: Ours,
    pub(crate) options: Options,
    /// What to underline when there is no smaller token.
    pub(crate) span: Span,
}

/// Takes our attributes off and reads them.
pub(crate) fn take(attrs: &mut Vec<Attribute>, recognizer: Recognizer, errors: &Errors) -> Vec<Mark> {
    let read = |(ours, attr): (Ours, Attribute)| {
        let tokens = errors.ok(attr::arguments(&attr)).unwrap_or_default();
        let options = ours.syntax().map_or_else(Options::default, |syntax| Options::parse(tokens, syntax, errors));
        Mark { ours, options, span: attr.path().span() }
    };
    recognizer.take(attrs).into_iter().map(read).collect()
}

pub(crate) fn find(marks: &[Mark], ours: Ours) -> Option<&Mark> {
    marks.iter().find(|mark| mark.ours == ours)
}

/// Refuses marks that are not `accepted` on `what`, that are written twice, or that exclude each other.
pub(crate) fn accept(marks: &[Mark], accepted: &[Ours], what: &str, errors: &Errors) {
    for (index, mark) in marks.iter().enumerate() {
        let name = mark.ours.name();
        if !accepted.contains(&mark.ours) {
            errors.at_span(mark.span, mark.ours.misplaced(what));
        } else if find(&marks[..index], mark.ours).is_some() {
            errors.at_span(mark.span, format!("`#[{name}]` is written twice"));
        } else if let Some(other) = marks[..index].iter().find(|other| mark.ours.excludes(other.ours)) {
            let other = other.ours.name();
            errors.at_span(mark.span, format!("`#[{name}]` and `#[{other}]` exclude each other"));
        }
    }
}
