//! `lazy_static::initialize(&X)` of a static that is a `LazyLock` now (E0277): `std::sync::LazyLock::force(&X)`.

use super::context::{Answer, Context};
use crate::port::compile::Finding;
use crate::port::text::Edit;

pub(super) fn answer(finding: &Finding, context: &Context) -> Answer {
    if finding.code != "E0277" || !finding.message.contains("LazyStatic") {
        return Answer::NotMine;
    }
    for place in finding.primary() {
        let before = &context.files[place.file].text[..place.at.start];
        let Some(path) = before.trim_end().strip_suffix('(') else { continue };
        let start = path.rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).map_or(0, |at| at + 1);
        let call = &path[start..];
        if call.ends_with("initialize") {
            let edit = Edit::replace(start..start + call.len(), call, "::std::sync::LazyLock::force");
            return Answer::Edits(vec![(place.file, edit)]);
        }
    }
    Answer::NotMine
}
