//! Mistakes that are reported before anything is generated. Nothing is changed here.
//!
//! Some are found in the items as they were written ([`input`]), others in the variables and hooks that have been taken
//! out of them ([`extracted`]).

mod decision;
mod exports;
mod functions;
mod generics;
mod hooks;
mod lookalikes;
mod structure;
mod unprefixed;
mod variables;

use syn::Ident;

pub(crate) use self::functions::{main, test};
use crate::diagnostics::Diagnostics;
use crate::model::{Extracted, Input, View};
use crate::parse::code::Context;
use crate::repair::Corrections;

/// Checks items as they were written. Hands back what is to be corrected, so that rustc does not report it again.
pub(crate) fn input(input: &Input, diagnostics: &Diagnostics) -> Corrections {
    let mut corrections = Corrections::default();
    structure::check(input, diagnostics);
    generics::check(input, &mut corrections, diagnostics);
    if input.view != View::Open {
        decision::check(input, &mut corrections, diagnostics);
        unprefixed::check(input, &mut corrections, diagnostics);
    }
    corrections
}

/// Checks variables, hooks, and the names of all else. Hands back the names that are no variables though they look like
/// some: their uses are no mistakes of their own.
pub(crate) fn extracted(extracted: &Extracted, diagnostics: &Diagnostics) -> Vec<Ident> {
    let Extracted { krate, items, placeholders, code, .. } = extracted;
    variables::check(placeholders, diagnostics);
    hooks::check(placeholders, diagnostics);
    exports::check(placeholders, diagnostics);
    lookalikes::check(
        items,
        &Context { krate, except: &code.except, raw: &[], macros: &code.macros, redefined: &[], diagnostics },
    )
}
