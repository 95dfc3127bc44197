//! Tables of entries by name, rebuilt when modules were registered or unregistered.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::identity::{Identity, Named};
use crate::boot;
use crate::error::BootError;
use crate::registry::{self, ModuleEntry, classes};

/// The entries of registered modules. Entries of one name are sorted, so that the order is not the linker's.
pub(crate) type Table<E> = BTreeMap<&'static str, Vec<&'static E>>;

/// A collection of entries with names, and the table of them.
pub(crate) struct Names<E: 'static> {
    collected: fn() -> Vec<&'static E>,
    known: Mutex<Option<(u64, Arc<Table<E>>)>>,
}

impl<E: Named> Names<E> {
    pub(crate) const fn new(collected: fn() -> Vec<&'static E>) -> Self {
        Self { collected, known: Mutex::new(None) }
    }

    /// Returns the current table; boots first if necessary.
    pub(crate) fn table(&self) -> Result<Arc<Table<E>>, BootError> {
        boot::ensure()?;
        // No code of the program runs under this lock.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Read before the modules: after a concurrent change the table is rebuilt once more.
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
    // Boot has checked only the modules of variables and hooks.
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
        // A library that is loaded twice may register its entries twice.
        named.dedup_by(|a, b| std::ptr::eq(*a, *b));
    }
    Ok(table)
}

/// The entries that `name`, or `module::name`, identifies.
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
