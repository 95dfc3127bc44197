//! The names that tools are to use.

use syn::LitStr;

use crate::attr::options::Sysctl;
use crate::diagnostics::{self as problem, Diagnostics};
use crate::model::{Exports, Placeholder};

pub(super) fn check(placeholders: &[Placeholder], diagnostics: &Diagnostics) {
    for placeholder in placeholders {
        let exports = match placeholder {
            Placeholder::Variable(variable, _) => variable.exports.as_ref(),
            Placeholder::Exports(exports) => Some(&**exports),
            Placeholder::Hook(_) | Placeholder::Foreign(_) => None,
        };
        if let Some((exports, sysctl)) = exports.and_then(|exports| Some((exports, exports.sysctl.as_ref()?))) {
            check_sysctl(exports, sysctl, diagnostics);
        }
    }
}

fn check_sysctl(exports: &Exports, sysctl: &Sysctl, diagnostics: &Diagnostics) {
    check_name(&sysctl.name, diagnostics);
    if exports.raw && sysctl.handler.is_none() {
        diagnostics.at(&sysctl.name, problem::static_mut_sysctl());
    }
    if let Some(tunable) = sysctl.tunable.as_ref().filter(|_| exports.shared) {
        diagnostics.at(tunable, problem::shared_tunable());
    }
    if !sysctl.is_written() {
        let range = sysctl.range.iter().map(|given| &given.name);
        let base_only = sysctl.base_only.iter().map(|given| &given.name);
        for option in range.chain(base_only) {
            diagnostics.at(option, problem::unused_limit(option));
        }
    }
}

fn check_name(literal: &LitStr, diagnostics: &Diagnostics) {
    let name = literal.value();
    let segment = |segment: &str| {
        !segment.is_empty()
            && segment.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
    };
    if !name.split('.').all(segment) {
        diagnostics.at(literal, problem::sysctl_name());
    }
}
