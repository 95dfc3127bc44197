//! The verdict of each global, before an allow-list accepts it.

use std::collections::HashSet;

use super::dwarf::Debug;
use super::explain::Found;
use super::knowledge::KNOWLEDGE;
use super::packages::Owner;
use super::types::Contents;
use super::verdict::Verdict;
use crate::source::Mark;

/// A verdict, and why, if there is more to say than the verdict does.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    pub(super) reason: Option<String>,
    /// What to do instead of porting or vendoring the crate.
    pub(super) advice: Option<String>,
    /// Whether it was given because the value is computed once.
    computed_once: bool,
}

/// Judges all globals of a program.
pub(super) fn all(found: &[Found<'_>], debug: &Debug<'_>) -> Vec<Judged> {
    let mut judged: Vec<Judged> = found.iter().map(|found| one(found, debug)).collect();
    // A value that is made from one that can change is the one of the first instance; and so is what is made from it.
    loop {
        let differs =
            |judged: &Judged| matches!(judged.verdict, Verdict::NotIsolated | Verdict::Unknown | Verdict::Virtualized);
        let differing = found.iter().zip(&judged).filter(|(_, judged)| differs(judged));
        let differing: HashSet<(&str, &str)> =
            differing.map(|(found, _)| (found.owner.name(), found.path.name())).collect();
        let mut is_done = true;
        for (found, judged) in found.iter().zip(&mut judged).filter(|(_, judged)| judged.computed_once) {
            let from = found.made_from.iter().filter(|name| differing.contains(&(found.owner.name(), name.as_str())));
            let from: Vec<&str> = from.map(String::as_str).collect();
            if !from.is_empty() {
                let reason = format!("computed once, from {}: by the first instance, for all", from.join(", "));
                *judged = Judged::new(Verdict::NotIsolated, Some(reason));
                is_done = false;
            }
        }
        if is_done {
            return judged;
        }
    }
}

impl Judged {
    fn new(verdict: Verdict, reason: Option<String>) -> Self {
        Self { verdict, reason, advice: None, computed_once: false }
    }
}

fn one(found: &Found<'_>, debug: &Debug<'_>) -> Judged {
    if !found.symbol.writable || found.mark == Mark::Virtualized {
        return Judged::new(Verdict::Virtualized, None);
    }
    if found.mark == Mark::Shared {
        return Judged::new(Verdict::Shared, Some("`#[shared]`".to_owned()));
    }
    let version = match found.owner {
        Owner::Package(package) => Some(&package.version),
        Owner::Std | Owner::Foreign => None,
    };
    let type_name = found.ty.as_ref().map_or("", |(_, name)| name);
    if let Some(entry) = KNOWLEDGE.find(found.owner.name(), version, &found.path.path, type_name) {
        return Judged { advice: entry.advice.clone(), ..Judged::new(entry.verdict, Some(entry.reason.clone())) };
    }
    if let Some(reason) = computed_once(found, debug) {
        return Judged { computed_once: true, ..Judged::new(Verdict::Harmless, Some(reason.to_owned())) };
    }
    if found.is_thread_local() {
        return Judged::new(Verdict::ThreadLocal, None);
    }
    let is_unknown = !found.is_described && found.path.krate.is_none();
    Judged::new(if is_unknown { Verdict::Unknown } else { Verdict::NotIsolated }, None)
}

/// Whether the value depends on no caller, and cannot change once it is there.
fn computed_once(found: &Found<'_>, debug: &Debug<'_>) -> Option<&'static str> {
    let (ty, _) = found.ty.as_ref()?;
    let is_constant = |ty| debug.contents(ty, &|path| KNOWLEDGE.of_type(path)) == Contents::Constant;
    if found.is_immutable && !found.is_thread_local() && is_constant(*ty) {
        return Some("in a section that can be written to, but nothing in it can change");
    }
    let path = debug.type_path(*ty);
    let reason = if KNOWLEDGE.is_lazy(&path) {
        "computed once, by its own initializer; nothing in it can change"
    } else if KNOWLEDGE.is_once(&path) && found.is_filled_alike {
        "filled once, with a value that depends on no caller; nothing in it can change"
    } else {
        return None;
    };
    is_constant(debug.parameter(*ty)?).then_some(reason)
}
