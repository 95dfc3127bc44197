//! What would not work, or not mean what it says, reported before anything is generated.
//!
//! Some of it is seen in the items as they were written ([`items`]), the rest in the variables and hooks that
//! have been taken out of them ([`slots`]).

mod decision;
mod generics;
mod hooks;
mod names;
mod structure;
mod unprefixed;
mod variables;

use syn::Item;

use crate::attr::Recognizer;
use crate::errors::Errors;
use crate::model::Slot;

/// How much of a module the macro sees, which decides what has to be right in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// All of it, in an inline `mod`.
    Closed,
    /// All of it, but for what lies in files of its own.
    File,
    /// One item.
    Open,
}

pub(crate) fn items<'i>(
    items: impl Iterator<Item = &'i mut Item>,
    view: View,
    of: &'static str,
    recognizer: Recognizer,
    errors: &Errors,
) {
    let mut items: Vec<&mut Item> = items.collect();
    structure::check(&items, view, of, recognizer, errors);
    generics::check_and_repair(&mut items, recognizer, errors);
    if view != View::Open {
        decision::check(&items, recognizer, errors);
        unprefixed::check_and_repair(&mut items, recognizer, errors);
    }
}

pub(crate) fn slots(slots: &[Slot], errors: &Errors) {
    variables::check(slots, errors);
    hooks::check(slots, errors);
    names::check(slots, errors);
}

/// What to do about a module that is in a file of its own.
pub(crate) use self::structure::out_of_line;
