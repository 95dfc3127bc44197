//! Entries of one kind by name, made anew when modules have come or gone.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::identity::{Identity, Named};
use crate::boot;
use crate::error::BootError;
use crate::registry::{self, ModuleEntry, classes};

/// The entries of registered modules, those of one name in one order, whatever the linker's.
pub(crate) type Table<E> = BTreeMap<&'static str, Vec<&'static E>>;

/// A collection of entries that have names, and the table of them.
pub(crate) struct Names<E: 'static> {
    collected: fn() -> Vec<&'static E>,
    known: Mutex<Option<(u64, Arc<Table<E>>)>>,
}

impl<E: Named> Names<E> {
    pub(crate) const fn new(collected: fn() -> Vec<&'static E>) -> Self {
        Self { collected, known: Mutex::new(None) }
    }

    /// The table as it is now. Boots if that has not happened yet.
    pub(crate) fn table(&self) -> Result<Arc<Table<E>>, BootError> {
        boot::ensure()?;
        // No user code runs under this lock.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Before the modules are looked at: a change meanwhile makes the table anew once more.
        let changes = registry::changes();
        match &*known {
            Some((made, table)) if *made == changes => Ok(Arc::clone(table)),
            _ => {
                let table = Arc::new(make((self.collected)())?);
                *known = Some((changes, Arc::clone(&table)));
                Ok(table)
            }
        }
    }
}

fn make<E: Named>(entries: Vec<&'static E>) -> Result<Table<E>, BootError> {
    // Boot has looked for the modules of variables and hooks.
    let named = entries.iter().map(|entry| entry.identity().module);
    if let Some(missing) = registry::missing_module(&registry::collected(), named) {
        return Err(BootError::NotCollected { missing });
    }
    let present: HashSet<*const ModuleEntry> =
        classes().iter().flat_map(|class| class.laid_out().present()).map(std::ptr::from_ref).collect();
    let mut table: Table<E> = Table::new();
    for entry in entries {
        let identity = entry.identity();
        if present.contains(&std::ptr::from_ref(identity.module)) {
            table.entry(identity.name).or_default().push(entry);
        }
    }
    for named in table.values_mut() {
        named.sort_by_key(|entry| {
            let Identity { module, file, line, .. } = *entry.identity();
            (module.class.name, module.name, module.path, file, line, entry.variable(), std::ptr::from_ref(*entry))
        });
        // A library that is loaded twice may bring its entries twice.
        named.dedup_by(|a, b| std::ptr::eq(*a, *b));
    }
    Ok(table)
}

/// Those that `name` means, `module::name` included.
pub(crate) fn find<E: Named>(name: &str, by_name: impl Fn(&str) -> Vec<&'static E>) -> Vec<&'static E> {
    match name.rsplit_once("::") {
        None => by_name(name),
        Some((qualifier, name)) => {
            let mut named = by_name(name);
            named.retain(|entry| entry.is_in(qualifier));
            named
        }
    }
}
