//! Virtualized code as the build has it.

use crate::diagnostics::Diagnostics;
use crate::model::{Arm, Build, CodeOptions, Extracted, Placeholder, Source, View};
use crate::parse::code::Context;
use crate::repair;

use super::region;

/// Rewrites virtualized code as the build has it. In the default build it stays as it is; the rewriting is done all the
/// same, for what it reports.
pub(crate) fn rewrite(extracted: Extracted, build: Build, diagnostics: &Diagnostics) -> Source {
    let Extracted { krate, view, items: mut plain, mut placeholders, code } = extracted;
    let CodeOptions { except, macros } = code;
    let raw: Vec<_> = placeholders.iter().filter_map(Placeholder::raw_accessor).collect();
    let cx = Context { krate: &krate, except: &except, raw: &raw, macros: &macros, redefined: &[], diagnostics };
    let mut rewritten = plain.clone();
    region::items(&mut rewritten, &cx);
    for placeholder in &mut placeholders {
        if let Placeholder::Variable(variable, _) = placeholder {
            region::initializer(&mut variable.field_init, &cx);
        }
    }
    let (arm, items) = match (build, diagnostics.is_empty()) {
        (Build::Plain, true) => (Arm::Plain, plain),
        (Build::Instances, true) => (Arm::Instances, rewritten),
        (Build::Instances, false) if !diagnostics.needs_values() => (Arm::Recovered(Build::Instances), rewritten),
        (_, false) => {
            repair::unbind(&mut plain, &cx);
            (Arm::Recovered(Build::Plain), plain)
        }
    };
    Source { krate, open: view == View::Open, arm, items, placeholders }
}
