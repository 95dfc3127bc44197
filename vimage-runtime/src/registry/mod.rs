//! The registered entries: classes, modules, the variables of scopes, hooks. Nothing here knows of instances.

use std::collections::HashSet;
use std::sync::OnceLock;
#[cfg(feature = "vimage")]
use std::sync::atomic::AtomicBool;
use std::sync::atomic::{AtomicU64, Ordering};

mod address;
mod backend;
mod class;
mod closest;
mod context;
mod declare;
mod hook;
mod module;
mod part;

#[cfg(feature = "vimage")]
pub(crate) use address::PartAddress;
pub(crate) use address::is_possible_block;
pub(crate) use backend::collection;
pub use class::{Class, ClassEntry, Cpu, Net, NoContext, Procg, Program};
pub(crate) use closest::closest;
pub use context::ClassContext;
#[cfg(feature = "vimage")]
pub use context::{Context, ContextCells, NO_CONTEXTS};
#[cfg(feature = "vimage")]
pub(crate) use context::{OF_RUNTIME, RuntimeContexts, replace_of_runtime};
pub use hook::{
    Arguments, AttachFn, BoxError, HasOneAttachHook, HasOneDetachHook, HasOneQuiesceHook, HookArgument, HookResult,
    Hooks, HooksOf, NoHooks,
};
pub use module::{Dependency, List, Module, ModuleEntry, Register, assert_may_be_depended_on};
#[cfg(feature = "vimage")]
pub(crate) use part::KeptBytes;
pub use part::{FieldEntry, PartEntry, Template};

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
}

collection! { VIMAGE_ENTRIES: Entry }

static LAID_OUT: OnceLock<Vec<&'static ClassEntry>> = OnceLock::new();

/// All classes, once boot has laid them out; none before.
pub(crate) fn classes() -> &'static [&'static ClassEntry] {
    LAID_OUT.get().map_or(&[], Vec::as_slice)
}

/// Those that are not of the runtime.
#[cfg(feature = "vimage")]
#[inline]
pub(crate) fn other_classes() -> &'static [&'static ClassEntry] {
    OTHERS.get().map_or(&[], Vec::as_slice)
}

/// Whether there are any, which is one load.
#[cfg(feature = "vimage")]
#[inline]
pub(crate) fn has_other_classes() -> bool {
    // What it announces is read through `OTHERS`, which synchronizes. A thread that does not see it yet has not seen boot,
    // and is in no instance.
    HAS_OTHERS.load(Ordering::Relaxed)
}

#[cfg(feature = "vimage")]
static HAS_OTHERS: AtomicBool = AtomicBool::new(false);
#[cfg(feature = "vimage")]
static OTHERS: OnceLock<Vec<&'static ClassEntry>> = OnceLock::new();

/// Called once, by boot.
pub(crate) fn set_classes(classes: Vec<&'static ClassEntry>) {
    #[cfg(feature = "vimage")]
    {
        let others = classes.iter().copied().filter(|class| class.context.index_in_runtime().is_none());
        let others = OTHERS.get_or_init(|| others.collect());
        HAS_OTHERS.store(!others.is_empty(), Ordering::Relaxed);
    }
    LAID_OUT.set(classes).expect("boot runs once");
}

static CHANGES: AtomicU64 = AtomicU64::new(0);

/// Called when a module was registered or unregistered, for tables of modules.
pub(crate) fn changed() {
    CHANGES.fetch_add(1, Ordering::SeqCst);
}

/// How often [`changed`] was called. A table that was made after this was read is of this state, or of a later one.
#[inline]
pub(crate) fn changes() -> u64 {
    CHANGES.load(Ordering::SeqCst)
}

/// Notices when the linker dropped entries, or did not run constructors: those of the runtime itself must be there,
/// and for each variable the module that it belongs to. Returns what is missing.
pub(crate) fn missing(entries: &[Entry]) -> Option<String> {
    let own = [Net::ENTRY, Cpu::ENTRY, Procg::ENTRY];
    let collected =
        |class: &&ClassEntry| entries.iter().any(|entry| matches!(entry, Entry::Class(found) if found == class));
    if let Some(class) = own.iter().find(|class| !collected(class)) {
        return Some(format!("the class {}", class.name));
    }
    missing_module(
        entries,
        entries.iter().filter_map(|entry| match *entry {
            Entry::Part(part) => Some(part.module()),
            Entry::Class(_) | Entry::Module(_) => None,
        }),
    )
}

/// The first of these modules that was not collected itself.
pub(crate) fn missing_module(
    entries: &[Entry],
    used: impl IntoIterator<Item = &'static ModuleEntry>,
) -> Option<String> {
    let modules: HashSet<*const ModuleEntry> = entries
        .iter()
        .filter_map(|entry| match *entry {
            Entry::Module(module) => Some(std::ptr::from_ref(module)),
            _ => None,
        })
        .collect();
    let missing = used.into_iter().find(|module| !modules.contains(&std::ptr::from_ref(*module)))?;
    Some(format!("the module {missing}"))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[cfg(all(feature = "vimage", not(vimage_shuttle)))]
    #[test]
    fn a_part_without_its_module_is_missed() {
        let part = PartEntry::of_layout(std::alloc::Layout::new::<u8>());
        let mut entries = collected();
        entries.push(Entry::Part(part));
        assert_eq!(missing(&entries).unwrap(), "the module m (x::m, src/lib.rs:1)");
        entries.push(Entry::Module(part.module()));
        assert_eq!(missing(&entries), None);
    }
}
