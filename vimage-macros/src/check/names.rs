//! What is wrong with the names that tools are to use.

use syn::LitStr;

use crate::errors::Errors;
use crate::model::{Names, Slot, Sysctl};

pub(crate) fn check(slots: &[Slot], errors: &Errors) {
    for slot in slots {
        let names = match slot {
            Slot::Variable(variable, _) => variable.names.as_ref(),
            Slot::Names(names) => Some(&**names),
            Slot::Hook(_) | Slot::Foreign(_) => None,
        };
        if let Some((names, sysctl)) = names.and_then(|names| Some((names, names.sysctl.as_ref()?))) {
            check_sysctl(names, sysctl, errors);
        }
    }
}

fn check_sysctl(names: &Names, sysctl: &Sysctl, errors: &Errors) {
    check_name(&sysctl.name, errors);
    if sysctl.access.is_none() {
        errors.at(&sysctl.name, "say whether it can be set: `ro` or `rw` behind the name");
    }
    if names.raw && sysctl.handler.is_none() {
        let message = "a `static mut` cannot be read safely: give a `handler`, which gets a pointer to it";
        errors.at(&sysctl.name, message);
    }
    if let Some(tunable) = sysctl.tunable.as_ref().filter(|_| names.shared) {
        errors.at(tunable, "a shared variable has no value of its own in a new instance, so that nothing is tunable");
    }
    if sysctl.access.is_some() && !sysctl.is_written() {
        let limits =
            sysctl.range.iter().map(|(option, _)| option).chain(sysctl.base_only.iter().map(|(option, _)| option));
        for option in limits {
            errors.at(option, format!("`{option}` limits how the sysctl is set, and this one cannot be"));
        }
    }
}

fn check_name(literal: &LitStr, errors: &Errors) {
    let name = literal.value();
    let segment = |segment: &str| {
        !segment.is_empty()
            && segment.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
    };
    if !name.split('.').all(segment) {
        let message = "the name of a sysctl consists of lower-case letters, digits, `_` and `-`, with dots between its \
                       segments: `net.foo.mode`";
        errors.at(literal, message);
    }
}
