//! Code that is not virtualized uses a variable: the type `UseInVirtualizedCode` has none of the methods of the static.
//! The function around it gets `#[virtualized]`.

use super::context::{Answer, Context};
use crate::port::compile::Finding;

pub(super) fn answer(finding: &Finding, context: &Context) -> Answer {
    if !finding.rendered.contains("UseInVirtualizedCode") {
        return Answer::NotMine;
    }
    if let Some(edit) =
        finding.places.iter().filter(|place| !place.is_in_macro).find_map(|place| context.annotate(place))
    {
        return Answer::Edits(vec![edit]);
    }
    Answer::Left(
        "a variable is used where no function can be `#[virtualized]`, or in the body of a macro: write \
         `V_FOO.with_current(|foo| …)` or `V_FOO.held()`, with `use vimage::prelude::*;`"
            .to_owned(),
    )
}
