//! An import names a virtualized static without `V_` (E0432). An import under another name gets `V_` there too, because
//! only a name that begins with `V_` is read as a variable.

use super::context::{Answer, Context, last_name, prefix};
use crate::port::compile::{Finding, Place};
use crate::port::text::Edit;

pub(super) fn answer(finding: &Finding, context: &Context) -> Answer {
    if finding.code != "E0432" {
        return Answer::NotMine;
    }
    let mut edits = Vec::new();
    for place in finding.primary() {
        let text = context.text(place);
        let (path, _) = text.split_once(" as ").unwrap_or((text, ""));
        let name = last_name(path.trim_end());
        if !context.is_virtualized(name) || place.is_in_macro {
            continue;
        }
        let end = place.at.start + path.trim_end().len();
        edits.push(prefix(&Place { at: place.at.start..end, ..place.clone() }, name));
        let renames = context.scans[place.file].renames.iter();
        for (_, to) in renames.filter(|(from, _)| from.end == end) {
            let old = &context.files[place.file].text[to.clone()];
            if !old.starts_with("V_") && old != "_" {
                edits.push((place.file, Edit::insert(to.start, "V_")));
            }
        }
    }
    if edits.is_empty() { Answer::NotMine } else { Answer::Edits(edits) }
}
