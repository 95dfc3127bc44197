//! A variable inside a format string (`captured`): it becomes an argument.
//!
//! ```text
//! format!("{V_N}")    format!("{v_n}", v_n = V_N)
//! ```

use super::context::{Answer, Context};
use crate::port::compile::Finding;
use crate::port::text::Edit;

pub(super) fn answer(finding: &Finding, context: &Context) -> Answer {
    if finding.code != "captured" {
        return Answer::NotMine;
    }
    let (Some(name), Some(place)) = (finding.names().next(), finding.primary().next()) else { return Answer::NotMine };
    let around = context.scans[place.file].calls.iter().filter(|call| call.at.contains(&place.at.start));
    let Some(call) = around.min_by_key(|call| call.at.len()) else {
        return Answer::Left(format!("`{name}` is in a format string: pass it as an argument"));
    };
    let argument = name.to_lowercase();
    let text = context.text(place);
    let name_there = if text.contains(name) { name } else { name.trim_start_matches("V_") };
    let uses = text.match_indices(name_there).filter(|(at, _)| {
        let before = text[..*at].trim_end_matches('{');
        let braces = at - before.len();
        let behind = text[at + name_there.len()..].chars().next();
        braces % 2 == 1 && matches!(behind, Some('}' | ':'))
    });
    let replace = |at: usize| {
        let start = place.at.start + at;
        Edit::replace(start..start + name_there.len(), name_there, argument.as_str())
    };
    let mut edits: Vec<_> = uses.map(|(at, _)| (place.file, replace(at))).collect();
    let comma = if call.ends_with_comma { " " } else { ", " };
    edits.push((place.file, Edit::insert(call.end, format!("{comma}{argument} = {name}"))));
    Answer::Edits(edits)
}
