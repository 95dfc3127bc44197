//! From what was collected to the modules of each class in the order they are attached.

use std::collections::{BTreeSet, HashMap};

use crate::error::BootError;
use crate::registry::{
    AttachFn, BoxError, ClassEntry, Dependency, Entry, Hooks, ModuleEntry, PartEntry, Register, closest,
};

/// The modules of one class.
#[derive(Debug)]
pub(crate) struct OrderedClass {
    pub(crate) class: &'static ClassEntry,
    /// Those of boot, in the order they are attached.
    pub(crate) modules: Vec<LinkedModule>,
    /// Those that the program registers itself.
    pub(crate) manual: Vec<LinkedModule>,
}

/// A module with everything that was registered for it.
#[derive(Debug)]
pub(crate) struct LinkedModule {
    pub(crate) entry: &'static ModuleEntry,
    pub(crate) attach: Option<AttachFn>,
    pub(crate) quiesce: Option<fn() -> Result<(), BoxError>>,
    pub(crate) detach: Option<fn()>,
    pub(crate) parts: Vec<&'static PartEntry>,
}

/// Sorts everything by class and dependency. The order of `entries`, which is the linker's, does not matter.
///
/// Classes without any module are there as well. Linear in the number of entries, but for sorting.
pub(crate) fn order(entries: &[Entry]) -> Result<Vec<OrderedClass>, BootError> {
    let (mut modules, mut manual): (Vec<_>, Vec<_>) =
        link(entries).into_iter().partition(|module| module.entry.register == Register::Boot);
    let mut classes: Vec<&'static ClassEntry> = Vec::new();
    for entry in entries {
        match *entry {
            Entry::Class(class) => classes.push(class),
            Entry::Module(module) => classes.push(module.class),
            Entry::Part(_) => {}
        }
    }
    classes.sort_by_key(|class| (class.name, class.path, std::ptr::from_ref(*class)));
    classes.dedup();
    classes
        .into_iter()
        .map(|class| {
            let manual = manual.extract_if(.., |module| module.entry.class == class).collect();
            Ok(OrderedClass { class, modules: order_class(class, &mut modules)?, manual })
        })
        .collect()
}

/// Brings together what belongs to each module, in no order.
pub(crate) fn link(entries: &[Entry]) -> Vec<LinkedModule> {
    let mut modules: Vec<LinkedModule> = Vec::new();
    let mut index: HashMap<*const ModuleEntry, usize> = HashMap::new();
    for entry in entries {
        if let Entry::Module(module) = *entry {
            // An entry that two libraries of one process both collected is one module.
            index.entry(module).or_insert_with(|| {
                let Hooks { attach, quiesce, detach } = (module.hooks)();
                modules.push(LinkedModule { entry: module, attach, quiesce, detach, parts: Vec::new() });
                modules.len() - 1
            });
        }
    }
    for entry in entries {
        match *entry {
            Entry::Part(part) => {
                if let Some(&module) = index.get(&std::ptr::from_ref(part.module())) {
                    modules[module].parts.push(part);
                }
            }
            Entry::Class(_) | Entry::Module(_) => {}
        }
    }
    for module in &mut modules {
        // By size and address: any fixed order will do, as long as it does not change while the program runs.
        module.parts.sort_by_key(|part| (std::cmp::Reverse(part.layout().align()), std::ptr::from_ref(*part)));
        module.parts.dedup_by(|a, b| std::ptr::eq(*a, *b));
    }
    modules
}

/// Takes the modules of one class out of `modules`, in order.
fn order_class(class: &'static ClassEntry, modules: &mut Vec<LinkedModule>) -> Result<Vec<LinkedModule>, BootError> {
    let mut own: Vec<LinkedModule> = modules.extract_if(.., |module| module.entry.class == class).collect();
    own.sort_by_key(|module| (module.entry.name, module.entry.path, module.entry.line));
    let edges = Names::new(&own).edges(&own)?;

    // Kahn's algorithm. The set is ordered by index, which is by name and path: ties are always broken the same way.
    let mut waiting: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); own.len()];
    for (module, needs) in edges.iter().enumerate() {
        for &need in needs {
            users[need].push(module);
        }
    }
    let mut ready: BTreeSet<usize> = (0..own.len()).filter(|&module| waiting[module] == 0).collect();
    let mut order = Vec::with_capacity(own.len());
    while let Some(module) = ready.pop_first() {
        order.push(module);
        for &user in &users[module] {
            waiting[user] -= 1;
            if waiting[user] == 0 {
                ready.insert(user);
            }
        }
    }
    if order.len() < own.len() {
        return Err(cycle(&own, &edges, &waiting));
    }
    let mut own: Vec<Option<LinkedModule>> = own.into_iter().map(Some).collect();
    Ok(order.into_iter().map(|module| own[module].take().expect("each index comes once")).collect())
}

/// The modules of one class by name and by address.
struct Names<'a> {
    by_name: HashMap<&'a str, Vec<usize>>,
    by_entry: HashMap<*const ModuleEntry, usize>,
}

impl<'a> Names<'a> {
    fn new(modules: &'a [LinkedModule]) -> Self {
        let mut names = Self { by_name: HashMap::new(), by_entry: HashMap::new() };
        for (index, module) in modules.iter().enumerate() {
            names.by_name.entry(module.entry.name).or_default().push(index);
            names.by_entry.insert(module.entry, index);
        }
        names
    }

    /// The modules that each module waits for, without repetition.
    fn edges(&self, modules: &[LinkedModule]) -> Result<Vec<Vec<usize>>, BootError> {
        modules
            .iter()
            .map(|module| {
                let mut needs = BTreeSet::new();
                for &dependency in module.entry.dependencies {
                    match dependency {
                        Dependency::Name(name) => _ = needs.insert(self.one(module.entry, name, modules)?),
                        Dependency::Path(entry) => _ = needs.insert(self.linked(module.entry, entry())?),
                        Dependency::After(name) => needs.extend(self.by_name.get(name).into_iter().flatten()),
                    }
                }
                Ok(needs.into_iter().collect())
            })
            .collect()
    }

    fn one(&self, module: &ModuleEntry, name: &'static str, modules: &[LinkedModule]) -> Result<usize, BootError> {
        match self.by_name.get(name).map_or(&[][..], Vec::as_slice) {
            &[index] => Ok(index),
            [] => Err(BootError::MissingDependency {
                module: module.to_string(),
                dependency: name.to_owned(),
                closest: closest(name, self.by_name.keys().copied()),
            }),
            several => Err(BootError::AmbiguousDependency {
                module: module.to_string(),
                dependency: name.to_owned(),
                candidates: several.iter().map(|&index| modules[index].entry.to_string()).collect(),
            }),
        }
    }

    fn linked(&self, module: &ModuleEntry, dependency: &'static ModuleEntry) -> Result<usize, BootError> {
        self.by_entry.get(&std::ptr::from_ref(dependency)).copied().ok_or_else(|| BootError::MissingDependency {
            module: module.to_string(),
            dependency: dependency.to_string(),
            closest: None,
        })
    }
}

/// One whole cycle among the modules that still wait.
fn cycle(modules: &[LinkedModule], edges: &[Vec<usize>], waiting: &[usize]) -> BootError {
    let mut path: Vec<usize> = Vec::new();
    let mut next = waiting.iter().position(|&waits| waits > 0).expect("a module remains");
    // Each of the remaining modules waits for another one of them, so the walk comes back.
    while !path.contains(&next) {
        path.push(next);
        next = *edges[next].iter().find(|&&need| waiting[need] > 0).expect("what waits, waits for one that waits");
    }
    path.drain(..path.iter().position(|&module| module == next).expect("the walk came back to it"));
    path.push(next);
    BootError::DependencyCycle { modules: path.iter().map(|&module| modules[module].entry.to_string()).collect() }
}

#[cfg(test)]
mod tests;
