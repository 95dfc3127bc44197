//! From the items as they were written to the items as they are expanded: variables and hooks are taken out, and
//! virtualized code is rewritten.

mod extract;
mod lifetimes;

pub(crate) use self::extract::extract;
use crate::diagnostics::Diagnostics;
use crate::model::{Arm, Build, CodeOptions, Extracted, Placeholder, Source, View};
use crate::region;

/// What [`rewrite`] has to know about the input.
pub(crate) struct Target {
    pub(crate) build: Build,
    pub(crate) view: View,
    pub(crate) krate: syn::Path,
}

/// Rewrites virtualized code as the build has it. In the default build it stays as it is; the rewriting is done all the
/// same, for what it reports.
pub(crate) fn rewrite(extracted: Extracted, target: Target, diagnostics: &Diagnostics) -> Source {
    let Extracted { items: mut plain, mut placeholders, code: CodeOptions { mut except, macros } } = extracted;
    let Target { build, view, krate } = target;
    let raw: Vec<_> = placeholders.iter().filter_map(Placeholder::raw_accessor).collect();
    let cx = region::Context {
        krate: &krate,
        except: &except,
        raw: &raw,
        macros: &macros,
        redefined: &[],
        errors: diagnostics,
    };
    // The uses of these are no mistakes of their own.
    let lookalikes = region::lookalikes::report(&plain, &cx);
    except.extend(lookalikes);
    let cx = region::Context {
        krate: &krate,
        except: &except,
        raw: &raw,
        macros: &macros,
        redefined: &[],
        errors: diagnostics,
    };
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
            region::unbind(&mut plain, &cx);
            (Arm::Recovered(Build::Plain), plain)
        }
    };
    Source { krate, open: view == View::Open, arm, items, placeholders }
}
