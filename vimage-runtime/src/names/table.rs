//! Entries by name, made anew when modules have come or gone.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::identity::{Identity, Named};
use crate::boot::{self, BootError};
use crate::module::ModuleEntry;
use crate::registry::{self, Entry};
use crate::symmap::SymbolEntry;
use crate::sysctl::SysctlEntry;

/// All that bears a name, of modules that are registered.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) sysctls: BTreeMap<&'static str, Vec<&'static SysctlEntry>>,
    pub(crate) symbols: std::collections::HashMap<&'static str, Vec<&'static SymbolEntry>>,
}

static CHANGES: AtomicU64 = AtomicU64::new(0);
static TABLE: Mutex<Option<(u64, Arc<Table>)>> = Mutex::new(None);

/// A module has come or gone.
pub(crate) fn changed() {
    CHANGES.fetch_add(1, Ordering::SeqCst);
}

/// The table as it is now. Boots if that has not happened yet.
pub(crate) fn table() -> Result<Arc<Table>, BootError> {
    boot::ensure()?;
    // No user code runs under this lock.
    let mut known = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    // Before the modules are looked at: a change meanwhile makes the table anew once more.
    let changes = CHANGES.load(Ordering::SeqCst);
    match &*known {
        Some((made, table)) if *made == changes => Ok(Arc::clone(table)),
        _ => {
            let table = Arc::new(Table::new(&registry::collected()));
            *known = Some((changes, Arc::clone(&table)));
            Ok(table)
        }
    }
}

impl Table {
    fn new(entries: &[Entry]) -> Self {
        let modules: HashSet<*const ModuleEntry> = boot::classes()
            .iter()
            .flat_map(|class| crate::late::present(class.laid_out()))
            .map(std::ptr::from_ref)
            .collect();
        let registered = |identity: &Identity| modules.contains(&std::ptr::from_ref(identity.module));
        let mut table = Self::default();
        for entry in entries {
            match *entry {
                Entry::Sysctl(entry) if registered(entry.identity()) => {
                    add(table.sysctls.entry(entry.identity().name).or_default(), entry);
                }
                Entry::Symbol(entry) if registered(entry.identity()) => {
                    add(table.symbols.entry(entry.identity().name).or_default(), entry);
                }
                _ => {}
            }
        }
        // One order, whatever the linker's.
        table.sysctls.values_mut().for_each(|named| sort(named));
        table.symbols.values_mut().for_each(|named| sort(named));
        table
    }
}

/// A library that is loaded twice may bring its entries twice.
fn add<E>(named: &mut Vec<&'static E>, entry: &'static E) {
    if !named.iter().any(|known| std::ptr::eq(*known, entry)) {
        named.push(entry);
    }
}

fn sort<E: Named>(named: &mut [&'static E]) {
    named.sort_by_key(|entry| {
        let Identity { module, file, line, .. } = *entry.identity();
        (module.class.name, module.name, module.path, file, line, entry.variable())
    });
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
