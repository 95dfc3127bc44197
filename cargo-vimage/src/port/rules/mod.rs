//! What each message of the compiler means for the text, one file for each rule.

mod captured;
mod constants;
mod context;
mod import;
mod keep;
mod lazy_call;
mod name;
mod undecided;
mod unused_import;
mod virtualized_code;

pub(super) use self::context::{Answer, Context, attribute};
use super::compile::Finding;

type Rule = fn(&Finding, &Context) -> Answer;

const RULES: &[Rule] = &[
    undecided::answer,
    name::answer,
    import::answer,
    virtualized_code::answer,
    keep::answer,
    lazy_call::answer,
    captured::answer,
    constants::answer,
    unused_import::answer,
];

/// The answer of the first rule that a message is for.
pub(super) fn answer(finding: &Finding, context: &Context) -> Answer {
    let answers = RULES.iter().map(|rule| rule(finding, context));
    answers.into_iter().find(|answer| !matches!(answer, Answer::NotMine)).unwrap_or(Answer::NotMine)
}
