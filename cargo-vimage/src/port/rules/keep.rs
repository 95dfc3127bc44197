//! A reference to a variable leaves its function, or must be `'static`: the variable gets `keep`. The static is found
//! by the place of the use, because a package may have several of one name.

use super::context::{Answer, Context};
use crate::port::compile::{Finding, Place};
use crate::port::text::Edit;

const EXPLANATION: &str = "_is_of_one_instance_use_keep_or_held";

pub(super) fn answer(finding: &Finding, context: &Context) -> Answer {
    let Some(start) = finding.rendered.find(EXPLANATION) else { return Answer::NotMine };
    let before = &finding.rendered[..start];
    let lower = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    let uses = finding.places.iter().filter_map(|place| {
        let text = context.text(place);
        let words = text.match_indices("V_").filter(|(at, _)| {
            let name: String = text[*at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            name.to_lowercase() == lower
        });
        let (at, _) = words.into_iter().next()?;
        let at = place.at.start + at;
        let end = at + lower.len();
        Some(Place { at: at..end, ..place.clone() })
    });
    for place in uses {
        let name = context.text(&place)["V_".len()..].to_owned();
        let Some((file, found)) = context.static_of(&place, &name) else { continue };
        if found.kind == crate::port::scan::Kind::ThreadLocal {
            return Answer::Left(format!(
                "a reference to the `thread_local!` `V_{name}` leaves its function: return a copy"
            ));
        }
        if let Some(attribute) = &found.bare_attribute {
            return Answer::Edits(vec![(file, Edit::insert(attribute.end, "(keep)"))]);
        }
    }
    Answer::Left(format!(
        "a reference to `{lower}` leaves its function: write `keep` on the static, use `held()`, or return a copy"
    ))
}
