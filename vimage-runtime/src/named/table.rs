//! Entries by name, made anew when modules have come or gone.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Identity, NameEntry, Named, collected};
use crate::registry;
use crate::registry::ModuleEntry;
use crate::symmap::SymbolEntry;
use crate::sysctl::SysctlEntry;
use crate::{boot, error::BootError};

/// All that bears a name, of modules that are registered.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) sysctls: BTreeMap<&'static str, Vec<&'static SysctlEntry>>,
    pub(crate) symbols: std::collections::HashMap<&'static str, Vec<&'static SymbolEntry>>,
}

static TABLE: Mutex<Option<(u64, Arc<Table>)>> = Mutex::new(None);

/// The table as it is now. Boots if that has not happened yet.
pub(crate) fn table() -> Result<Arc<Table>, BootError> {
    boot::ensure()?;
    // No user code runs under this lock.
    let mut known = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    // Before the modules are looked at: a change meanwhile makes the table anew once more.
    let changes = registry::changes();
    match &*known {
        Some((made, table)) if *made == changes => Ok(Arc::clone(table)),
        _ => {
            let table = Arc::new(Table::new(&collected())?);
            *known = Some((changes, Arc::clone(&table)));
            Ok(table)
        }
    }
}

impl Table {
    fn new(entries: &[NameEntry]) -> Result<Self, BootError> {
        let named = entries.iter().map(|entry| match entry {
            NameEntry::Sysctl(sysctl) => sysctl.identity().module,
            NameEntry::Symbol(symbol) => symbol.identity().module,
        });
        // Boot has looked for the modules of variables and hooks.
        if let Some(missing) = registry::missing_module(&registry::collected(), named) {
            return Err(BootError::NotCollected { missing });
        }
        let modules: HashSet<*const ModuleEntry> =
            registry::classes().iter().flat_map(|class| class.laid_out().present()).map(std::ptr::from_ref).collect();
        let registered = |identity: &Identity| modules.contains(&std::ptr::from_ref(identity.module));
        let mut table = Self::default();
        for entry in entries {
            match *entry {
                NameEntry::Sysctl(entry) if registered(entry.identity()) => {
                    add(table.sysctls.entry(entry.identity().name).or_default(), entry);
                }
                NameEntry::Symbol(entry) if registered(entry.identity()) => {
                    add(table.symbols.entry(entry.identity().name).or_default(), entry);
                }
                NameEntry::Sysctl(_) | NameEntry::Symbol(_) => {}
            }
        }
        // One order, whatever the linker's.
        table.sysctls.values_mut().for_each(|named| sort(named));
        table.symbols.values_mut().for_each(|named| sort(named));
        Ok(table)
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

/// What means this entry and none of the others of its name: the name alone, or behind its module, the Rust path of
/// that, the variable, or the place of the declaration. Two versions of one crate differ only there.
pub(crate) fn unique<E: Named>(entry: &E, named: &[&E]) -> String {
    let Identity { name, module, file, line } = *entry.identity();
    if named.len() < 2 {
        return name.to_owned();
    }
    let place = format!("{file}:{line}");
    let only_this = |qualifier: &&str| named.iter().filter(|other| other.is_in(qualifier)).count() == 1;
    let qualifiers = [Some(module.name), Some(module.path), entry.variable()];
    let qualifier = qualifiers.into_iter().flatten().find(only_this).unwrap_or(&place);
    format!("{qualifier}::{name}")
}

/// What tells entries of one name apart: `foo::net.foo.mode (my_crate::foo, src/foo.rs:7)`.
pub(crate) fn candidates<E: Named>(named: &[&E]) -> Vec<String> {
    let candidate = |entry: &&E| {
        let Identity { module, file, line, .. } = entry.identity();
        format!("{} ({}, {file}:{line})", unique(*entry, named), module.path)
    };
    named.iter().map(candidate).collect()
}
