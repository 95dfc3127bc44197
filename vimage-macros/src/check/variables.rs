//! What a variable bears that cannot follow it.

use syn::ext::IdentExt;

use crate::attr;
use crate::errors::Errors;
use crate::model::Slot;
use crate::names;

pub(crate) fn check(slots: &[Slot], errors: &Errors) {
    for slot in slots {
        let Slot::Variable(variable, _) = slot else { continue };
        for name in variable.attrs.iter().flat_map(attr::names) {
            if let Some(why) = name.obstacle() {
                let name = name.last();
                errors.at(name, format!("`#[{name}]` cannot be on a virtualized variable: {why}"));
            }
        }
        let name = variable.ident.unraw().to_string();
        if let Some(bare) = name.strip_prefix(names::ACCESSOR) {
            errors.at(&variable.ident, format!("write `{bare}`: the prefix is added by the macro"));
        }
    }
}
