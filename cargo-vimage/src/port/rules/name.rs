//! A use of a virtualized static lacks `V_`: our `unprefixed` in the same file, rustc's E0425 anywhere else.

use super::context::{Answer, Context, last_name, prefix};
use crate::port::compile::Finding;

pub(super) fn answer(finding: &Finding, context: &Context) -> Answer {
    if !matches!(finding.code.as_str(), "unprefixed" | "E0425" | "E0423" | "E0531" | "E0532") {
        return Answer::NotMine;
    }
    let Some(place) = finding.primary().next() else { return Answer::NotMine };
    let name = last_name(context.text(place));
    if !(finding.is_ours || context.is_virtualized(name)) {
        return Answer::NotMine;
    }
    if place.is_in_macro {
        return Answer::Left(format!(
            "the body of a macro uses `{name}`: write `V_{name}.with_current(|…| …)` or `V_{name}.held()` there, with \
             `use vimage::prelude::*;` where the macro is called"
        ));
    }
    let mut edits = vec![prefix(place, name)];
    edits.extend(context.annotate(place));
    Answer::Edits(edits)
}
