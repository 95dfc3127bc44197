//! A constant of the user is named like a variable (`lookalike`): it is listed in the options of the module.

use super::context::{Answer, Context};
use crate::port::compile::Finding;
use crate::port::text::Edit;

pub(super) fn answer(finding: &Finding, context: &Context) -> Answer {
    if finding.code != "lookalike" {
        return Answer::NotMine;
    }
    let (Some(name), Some(place)) = (finding.names().next(), finding.primary().next()) else { return Answer::NotMine };
    let scan = &context.scans[place.file];
    let Some(options) = &scan.module_options else {
        return Answer::Left(format!("`{name}` is named like a variable: list it in `except({name})`"));
    };
    // All of the file at once, so that each message asks for the same edit.
    let names: Vec<&str> = scan.other_names.iter().map(String::as_str).filter(|name| name.starts_with("V_")).collect();
    let names = names.join(", ");
    let new = if options.has_some { format!("except({names}), ") } else { format!(" except({names});") };
    Answer::Edits(vec![(place.file, Edit::insert(options.at, new))])
}
