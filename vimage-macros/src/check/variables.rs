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
        if name.starts_with(names::ACCESSOR) {
            let message = format!("write `{}`: the prefix is added by the macro", &name[names::ACCESSOR.len()..]);
            errors.at(&variable.ident, message);
        }
    }
}
