//! Attributes and names of variables.

use syn::ext::IdentExt;

use crate::attr::Obstacle;
use crate::diagnostics::{self as problem, Diagnostics};
use crate::model::Placeholder;
use crate::{attr, idents};

pub(super) fn check(placeholders: &[Placeholder], diagnostics: &Diagnostics) {
    for placeholder in placeholders {
        let Placeholder::Variable(variable, _) = placeholder else { continue };
        for name in variable.attrs.iter().flat_map(attr::names) {
            if let Some(Obstacle { why, help }) = name.obstacle() {
                let name = name.last();
                diagnostics.at(name, problem::unsupported_attribute(name, why, help));
            }
        }
        let name = variable.ident.unraw().to_string();
        if let Some(bare) = name.strip_prefix(idents::ACCESSOR) {
            diagnostics.at(&variable.ident, problem::redundant_prefix(&variable.ident, bare));
        }
    }
}
