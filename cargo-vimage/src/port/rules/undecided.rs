//! A static in a module has no attribute: `undecided`, `undecided_thread_local`, `undecided_foreign`,
//! `undecided_macro`, `undecided_attribute`, and `unsupported_attribute` of a static that must be one per process.

use super::context::{Answer, Context, attribute};
use crate::port::compile::Finding;
use crate::port::scan::Kind;

pub(super) fn answer(finding: &Finding, context: &Context) -> Answer {
    let Some(place) = finding.primary().next() else { return Answer::NotMine };
    let file = &context.files[place.file];
    let statics = &context.scans[place.file].statics;
    match finding.code.as_str() {
        "undecided" | "undecided_foreign" | "undecided_thread_local" => {
            let at = |found: &&_| -> bool {
                let found: &crate::port::scan::Static = found;
                found.name_at == place.at || found.attribute_at == place.at.start && found.kind == Kind::ThreadLocal
            };
            let Some(found) = statics.iter().find(at) else { return Answer::NotMine };
            match context.policy.of(file, found) {
                Some(decision) => {
                    Answer::Edits(vec![(place.file, attribute(file, found.attribute_at, decision.attribute()))])
                }
                None => Answer::Left(format!("nobody has decided about `{}`", found.name)),
            }
        }
        "undecided_macro" | "undecided_attribute" => {
            let name = finding.names().next().unwrap_or_default();
            Answer::Left(format!(
                "`{name}` may make statics, which this command cannot see: write them out, or write `#[vimage::shared]` above it"
            ))
        }
        "unsupported_attribute" => Answer::Left(
            "an attribute of this static is about one symbol per process: pass `--static FILE:NAME:shared`".to_owned(),
        ),
        _ => Answer::NotMine,
    }
}
