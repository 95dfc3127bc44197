//! Tells readers outside of the process what there is: at boot, and when a module comes or goes.

mod layouts;

use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::core::added::AddedModule;
use crate::core::{ClassState, Header};
use crate::export::{self, ClassRecord, ModuleRecord, Publisher, SysctlRecord, Tables, Text, VariableRecord, flag};
use crate::layout::{LinkedModule, PlacedPart};
use crate::names::{Identity, InstanceRef, Located, Named};
use crate::registry::{ClassEntry, FieldEntry, ModuleEntry, PartEntry, classes};
use crate::symmap::{self, SymbolEntry};
use crate::sysctl::{self, Kind, SysctlEntry};

crate::__register! { VIMAGE_PUBLISHERS: crate::__private::Publisher = Publisher(refresh) }

/// Replaces the tables by those of the modules that are registered now. Linear in the numbers of modules, symbols and
/// sysctls; runs no code of the program. Not under the lock of a class.
pub(crate) fn refresh() {
    export::replace(tables);
}

/// `None` where boot will fail.
fn tables() -> Option<Tables> {
    let mut modules = Modules::default();
    let classes = classes().iter().enumerate().map(|(index, class)| modules.add_class(index, class)).collect();
    let symbols = symmap::all().ok()?;
    let symbols = symbols.into_iter().filter_map(|symbol| modules.symbol(symbol)).collect();
    let sysctls = sysctl::all().ok()?;
    let sysctls = sysctls.into_iter().filter_map(|sysctl| modules.sysctl(sysctl)).collect();
    let layouts = layouts::measure();
    Some(Tables { classes, modules: modules.records, symbols, sysctls, layouts, instance: Header::RECORD })
}

/// The modules so far, and the parts by which variables are found.
#[derive(Default)]
struct Modules {
    records: Vec<ModuleRecord>,
    /// The number of each module's record.
    numbers: HashMap<*const ModuleEntry, u32>,
    /// The parts that have `keep` variables, by module.
    kept: HashMap<*const ModuleEntry, Vec<PlacedPart>>,
}

impl Modules {
    fn add_class(&mut self, index: usize, class: &'static ClassEntry) -> ClassRecord {
        let state = class.laid_out();
        self.add_parts(&state.parts);
        for module in &state.modules {
            self.add(index, module, 0);
        }
        let live = state.live();
        let added: Vec<Arc<AddedModule>> = live.added.clone();
        let chunks = live.tree.chunks();
        drop(live);
        for added in &added {
            self.add_parts(&added.parts);
            self.add(index, &added.linked, flag::RUN_TIME);
        }
        ClassRecord {
            name: Text::new(class.name),
            path: Text::new(class.path),
            chunks,
            block: state.layout.size() as u64,
        }
    }

    fn add_parts(&mut self, parts: &[PlacedPart]) {
        for &(part, offset) in parts.iter().filter(|(part, _)| kept(part).next().is_some()) {
            self.kept.entry(part.module()).or_default().push((part, offset));
        }
    }

    fn add(&mut self, class: usize, module: &LinkedModule, flags: u32) {
        let entry = module.entry;
        let hook = |exists: bool, bit: u32| if exists { bit } else { 0 };
        let hooks = hook(module.attach.is_some(), flag::ATTACH)
            | hook(module.quiesce.is_some(), flag::QUIESCE)
            | hook(module.detach.is_some(), flag::DETACH);
        // Those of the module only: going through all parts for each module would take the square of their number.
        let own = self.kept.get(&std::ptr::from_ref(entry)).map(Vec::as_slice).unwrap_or_default();
        self.numbers.insert(entry, number(self.records.len()));
        self.records.push(ModuleRecord {
            class: number(class),
            flags: flags | hooks,
            name: Text::new(entry.name),
            path: Text::new(entry.path),
            file: Text::new(entry.file),
            line: entry.line,
            reserved: 0,
            kept: own.iter().flat_map(|(part, _)| kept(part)).map(|field| field.size as u64).sum(),
        });
    }

    fn symbol(&self, symbol: &SymbolEntry) -> Option<VariableRecord> {
        let flags = if symbol.is_raw() { flag::RAW } else { 0 };
        self.variable(symbol.identity(), symbol.is_shared(), flags, |base| symbol.locate(base))
    }

    fn sysctl(&self, sysctl: &SysctlEntry) -> Option<SysctlRecord> {
        let bit = |set: bool, bit: u32| if set { bit } else { 0 };
        let flags = bit(sysctl.writable, flag::WRITABLE)
            | bit(sysctl.tunable, flag::TUNABLE)
            | bit(sysctl.base_only, flag::BASE_ONLY)
            | bit(sysctl.target.is_handled(), flag::HANDLED);
        let find = |base: InstanceRef<'_>| sysctl.target.locate(base);
        Some(SysctlRecord {
            variable: self.variable(&sysctl.identity, sysctl.shared, flags, find)?,
            ident: Text::new(sysctl.variable),
            value_type: Text::new(sysctl.target.type_name()),
            range: Text::optional(sysctl.range),
            unit: Text::optional(sysctl.unit),
            docs: export::address(sysctl.docs.as_ptr()),
            doc_lines: sysctl.docs.len() as u64,
            kind: match sysctl.target.kind() {
                Kind::Bool => 0,
                Kind::Integer => 1,
                Kind::Float => 2,
                Kind::Text => 3,
            },
            reserved: 0,
        })
    }

    fn variable(
        &self,
        identity: &Identity,
        shared: bool,
        flags: u32,
        find: impl FnOnce(InstanceRef<'_>) -> Option<Located>,
    ) -> Option<VariableRecord> {
        let Identity { name, module, file, line } = *identity;
        let state = module.class.laid_out();
        let located = find(InstanceRef::new(state.base_handle()))?;
        let (place, place_flags) = if shared {
            (export::address(located.address.as_ptr()), flag::SHARED)
        } else {
            self.place(module, state, located)
        };
        Some(VariableRecord {
            name: Text::new(name),
            module: *self.numbers.get(&std::ptr::from_ref(module))?,
            flags: flags | place_flags,
            file: Text::new(file),
            line,
            align: number(located.layout.align()),
            size: located.layout.size() as u64,
            type_name: Text::new(located.type_name),
            place,
        })
    }

    /// The place of a variable of each instance, from its address in the base instance: all instances have it at the same
    /// offset. Where there are no instances, it is a static.
    fn place(&self, module: &ModuleEntry, state: &ClassState, located: Located) -> (u64, u32) {
        let base = state.base();
        let offset = located.address.addr().get().wrapping_sub(base.addr().get());
        if offset.saturating_add(located.layout.size()) <= state.layout.size() {
            return (offset as u64, flag::IN_BLOCK);
        }
        let parts = self.kept.get(&std::ptr::from_ref(module)).into_iter().flatten();
        let found =
            parts.flat_map(|&(part, offset)| kept(part).map(move |field| (part, offset, field))).find(|place| {
                // SAFETY: the part is in the base instance at this offset: it was registered when the tables of parts were made,
                // and the variable was found since, so it is still.
                unsafe { value(base, *place) }.addr() == located.address.addr().get()
            });
        match found {
            Some((_, offset, field)) => {
                ((offset + field.offset + PartEntry::KEPT_VALUE) as u64, flag::IN_BLOCK | flag::INDIRECT)
            }
            None => (export::address(located.address.as_ptr()), 0),
        }
    }
}

fn kept(part: &'static PartEntry) -> impl Iterator<Item = &'static FieldEntry> {
    part.fields().iter().filter(|field| field.kept)
}

/// # Safety
///
/// The part is initialized at this offset of the block.
unsafe fn value(block: NonNull<Header>, (part, offset, field): (&PartEntry, usize, &FieldEntry)) -> *const u8 {
    // SAFETY: by contract.
    unsafe { part.kept_value(field, block.cast::<u8>().add(offset).as_ptr()) }
}

/// Counts of what is in memory, and alignments.
fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
