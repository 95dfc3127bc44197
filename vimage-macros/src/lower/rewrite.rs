//! Virtualized code in the form of the build.

use crate::diagnostics::Diagnostics;
use crate::model::{Arm, Build, CodeOptions, Extracted, Placeholder, Source, View};
use crate::parse::code::Context;
use crate::repair;

use super::region;

/// Rewrites virtualized code for the builds with instances. In the default build it is checked and stays as it is.
pub(crate) fn rewrite(extracted: Extracted, build: Build, diagnostics: &Diagnostics) -> Source {
    let Extracted { krate, view, items: mut plain, mut placeholders, code } = extracted;
    let CodeOptions { except, macros } = code;
    let raw: Vec<_> = placeholders.iter().filter_map(Placeholder::raw_accessor).collect();
    let cx = Context { krate: &krate, except: &except, raw: &raw, macros: &macros, redefined: &[], diagnostics };
    let initializers = placeholders.iter_mut().filter_map(|placeholder| match placeholder {
        Placeholder::Variable(variable, _) => Some(&mut variable.field_init),
        _ => None,
    });
    let rewritten = match build {
        Build::Plain => {
            region::check(&mut plain, &cx);
            initializers.for_each(|init| region::check_initializer(init, &cx));
            None
        }
        Build::Instances => {
            let mut rewritten = plain.clone();
            region::rewrite(&mut rewritten, &cx);
            initializers.for_each(|init| region::rewrite_initializer(init, &cx));
            Some(rewritten)
        }
    };
    let (arm, items) = match rewritten {
        Some(rewritten) if diagnostics.is_empty() => (Arm::Instances, rewritten),
        Some(rewritten) if !diagnostics.needs_values() => (Arm::Recovered(Build::Instances), rewritten),
        None if diagnostics.is_empty() => (Arm::Plain, plain),
        Some(_) | None => {
            repair::unbind(&mut plain, &cx);
            (Arm::Recovered(Build::Plain), plain)
        }
    };
    Source { krate, open: view == View::Open, arm, items, placeholders }
}
