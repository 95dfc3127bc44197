//! The import of `lazy_static!`, of which nothing is left.

use super::context::{Answer, Context};
use crate::port::compile::Finding;
use crate::port::text::Edit;

pub(super) fn answer(finding: &Finding, context: &Context) -> Answer {
    if finding.code != "unused_imports" || !finding.message.contains("lazy_static") {
        return Answer::NotMine;
    }
    let Some(place) = finding.primary().next() else { return Answer::NotMine };
    let file = &context.files[place.file];
    let start = file.line_start(place.at.start);
    let end = file.text[start..].find('\n').map_or(file.text.len(), |end| start + end + 1);
    let line = &file.text[start..end];
    let only = line.trim().strip_prefix("use ").and_then(|rest| rest.strip_suffix(';'));
    match only {
        Some(path) if path.trim() == context.text(place) => {
            Answer::Edits(vec![(place.file, Edit::replace(start..end, line, ""))])
        }
        _ => Answer::NotMine,
    }
}
