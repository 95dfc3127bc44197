//! What the linker or the constructors collected.

use std::collections::HashSet;

use crate::class::{Class, ClassEntry, Cpu, Net, Procg};
use crate::module::{HookEntry, ModuleEntry};
use crate::names::Named;
use crate::storage::PartEntry;
use crate::symmap::SymbolEntry;
use crate::sysctl::SysctlEntry;

/// One registered thing.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    /// A class.
    Class(&'static ClassEntry),
    /// A module of a class.
    Module(&'static ModuleEntry),
    /// The variables of one scope of a module.
    Part(&'static PartEntry),
    /// One hook of a module.
    Hook(&'static HookEntry),
    /// A name for a variable.
    Sysctl(&'static SysctlEntry),
    /// A variable that tools may look up.
    Symbol(&'static SymbolEntry),
}

#[cfg(not(any(feature = "linkme", feature = "inventory")))]
compile_error!("vimage needs a way to collect modules: enable its feature `linkme` (on by default) or `inventory`");

#[cfg(not(feature = "inventory"))]
mod backend {
    use super::Entry;

    /// All entries of the program, in link order.
    #[cfg(feature = "linkme")]
    #[linkme::distributed_slice]
    pub static ENTRIES: [Entry];

    /// Adds one entry to [`ENTRIES`].
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __register {
        ($entry:expr) => {
            const _: () = {
                #[$crate::__private::linkme::distributed_slice($crate::__private::ENTRIES)]
                #[linkme(crate = $crate::__private::linkme)]
                static __VIMAGE_ENTRY: $crate::__private::Entry = $entry;
            };
        };
    }

    #[cfg(feature = "linkme")]
    pub(crate) fn collected() -> Vec<Entry> {
        ENTRIES.to_vec()
    }
    #[cfg(not(feature = "linkme"))]
    pub(crate) fn collected() -> Vec<Entry> {
        Vec::new()
    }
}

#[cfg(feature = "inventory")]
mod backend {
    use super::Entry;

    inventory::collect!(Entry);

    /// Submits one entry.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __register {
        ($entry:expr) => {
            $crate::__private::inventory::submit! { $entry }
        };
    }

    pub(crate) fn collected() -> Vec<Entry> {
        inventory::iter::<Entry>.into_iter().copied().collect()
    }
}

/// Notices when the linker dropped entries, or did not run constructors: those of the runtime itself must be there,
/// and for each variable and hook the module that it belongs to. Returns what is missing.
pub(crate) fn missing(entries: &[Entry]) -> Option<String> {
    let own = [Net::ENTRY, Cpu::ENTRY, Procg::ENTRY];
    let collected =
        |class: &&ClassEntry| entries.iter().any(|entry| matches!(entry, Entry::Class(found) if found == class));
    if let Some(class) = own.iter().find(|class| !collected(class)) {
        return Some(format!("the class {}", class.name));
    }
    let modules: HashSet<*const ModuleEntry> = entries
        .iter()
        .filter_map(|entry| match *entry {
            Entry::Module(module) => Some(std::ptr::from_ref(module)),
            _ => None,
        })
        .collect();
    entries.iter().find_map(|entry| {
        let module = match *entry {
            Entry::Part(part) => part.module(),
            Entry::Hook(hook) => hook.module,
            Entry::Sysctl(sysctl) => sysctl.identity().module,
            Entry::Symbol(symbol) => symbol.identity().module,
            Entry::Class(_) | Entry::Module(_) => return None,
        };
        (!modules.contains(&std::ptr::from_ref(module))).then(|| format!("the module {module}"))
    })
}

#[cfg(all(feature = "linkme", not(feature = "inventory")))]
#[doc(hidden)]
pub use backend::ENTRIES;
pub(crate) use backend::collected;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::{Hook, HookEntry, Module, Register};

    #[test]
    fn nothing_is_missing_here() {
        assert_eq!(missing(&collected()), None);
    }

    #[test]
    fn a_class_that_was_not_collected_is_missed() {
        let entries: Vec<Entry> = collected()
            .into_iter()
            .filter(|entry| !matches!(entry, Entry::Class(class) if class.name == "Cpu"))
            .collect();
        assert_eq!(missing(&entries).unwrap(), "the class Cpu");
    }

    #[test]
    fn a_hook_without_its_module_is_missed() {
        enum Marker {}
        static ENTRY: ModuleEntry = ModuleEntry::new::<Net>("m", "x::m", "src/lib.rs", 1, Register::Boot, &[]);
        static DETACH: HookEntry = HookEntry::new::<Marker>(Hook::Detach(|| ()));
        // SAFETY: the entry is of class `Net` and used for this type only.
        unsafe impl Module for Marker {
            type Class = Net;
            const ENTRY: &'static ModuleEntry = &ENTRY;
            type Dependencies = ();
        }
        let mut entries = collected();
        entries.push(Entry::Hook(&DETACH));
        assert_eq!(missing(&entries).unwrap(), "the module m (x::m, src/lib.rs:1)");
        entries.push(Entry::Module(&ENTRY));
        assert_eq!(missing(&entries), None);
    }
}
