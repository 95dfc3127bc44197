//! What a program has at one moment.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use object::Endianness;

use crate::debuginfo::{self, DebugInfo};
use crate::error::{Error, ValueError};
use crate::image::{self, Image};
use crate::memory::{Memory, Reader};
use crate::slots::{self, Slot};
use crate::tables::{Class, Module, Root, Sysctl, Tables, Variable};
use crate::types;
use crate::value::Value;

/// How often the tables are read before they are said to be changing. They change when modules come and go.
const ATTEMPTS: u32 = 50;

/// A program whose memory can be read.
pub(crate) struct Source {
    memory: Box<dyn Memory + Send + Sync>,
    images: Vec<Image>,
    /// Read when the first value needs it.
    debug_info: Arc<OnceLock<DebugInfo>>,
    /// The addresses of its root records: one for each copy of the runtime.
    roots: Vec<(u64, Endianness)>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("roots", &self.roots).finish_non_exhaustive()
    }
}

impl Source {
    pub(crate) fn new(memory: Box<dyn Memory + Send + Sync>, images: Vec<Image>) -> Result<Self, Error> {
        let roots = image::roots(&images)?;
        Ok(Self { memory, images, debug_info: Arc::default(), roots })
    }

    fn debug_info(&self) -> &DebugInfo {
        let files = || self.images.iter().map(|image| self.memory.file(image));
        self.debug_info.get_or_init(|| DebugInfo::load(files()))
    }

    /// Reads it once for both, if they are of the same files.
    pub(crate) fn share_debug_info(&mut self, other: &Self) {
        let ids = |source: &Self| source.images.iter().map(|image| image.build_id.clone()).collect::<Vec<_>>();
        let own = ids(self);
        if own == ids(other) && own.iter().any(Option::is_some) {
            self.debug_info = other.debug_info.clone();
        }
    }

    pub(crate) fn look(&self) -> Result<Look<'_>, Error> {
        let endian = self.roots.first().map_or(Endianness::Little, |(_, endian)| *endian);
        let reader = Reader::new(&*self.memory, endian);
        let mut tables = Tables::default();
        for &(root, _) in self.roots.iter().filter(|(_, other)| *other == endian) {
            tables = stable(&reader, root, tables)?;
        }
        if tables.layouts.is_empty() {
            return Err(Error::NotBooted);
        }
        let instances = slots::instances(&reader, &tables)?;
        Ok(Look { source: self, reader, tables, instances })
    }
}

/// Adds the tables of a root, read while they did not change.
fn stable(reader: &Reader<'_>, address: u64, before: Tables) -> Result<Tables, Error> {
    let counts = before.counts();
    let mut tables = before;
    for attempt in 0..ATTEMPTS {
        let Some(root) = Root::read(reader, address)? else { return Ok(tables) };
        tables.truncate(counts);
        let added = tables.add(reader, root);
        if reader.is_still() || Root::read(reader, address)? == Some(root) {
            // What was read belongs together, right or wrong.
            return added.map(|()| tables);
        }
        thread::sleep(Duration::from_micros(u64::from(attempt) * 20));
    }
    Err(Error::Changing)
}

impl Tables {
    fn counts(&self) -> [usize; 5] {
        [self.classes.len(), self.modules.len(), self.symbols.len(), self.sysctls.len(), self.layouts.len()]
    }

    fn truncate(&mut self, counts: [usize; 5]) {
        self.classes.truncate(counts[0]);
        self.modules.truncate(counts[1]);
        self.symbols.truncate(counts[2]);
        self.sysctls.truncate(counts[3]);
        self.layouts.truncate(counts[4]);
    }
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instance {
    /// The number of its class, in [`Look::classes`].
    pub class: usize,
    /// The id.
    pub id: u64,
    /// The name.
    pub name: Option<String>,
    /// The state, as [`InstanceState`](https://docs.rs/vimage/latest/vimage/enum.InstanceState.html) has them.
    pub state: String,
    /// The number of handles to it.
    pub handles: u64,
    /// The id of the instance in which it was created, or what took its place; `None` for the base instance.
    pub parent: Option<u64>,
    /// The address of its block.
    pub block: u64,
    /// Its slot.
    pub(crate) slot: Slot,
}

/// What a program has at one moment: classes, modules, symbols, sysctls, and the instances that existed all the while.
///
/// Values are read when they are asked for. Each instance is consistent: all that is said of it is of one life of one
/// instance. Two instances need not be of the same moment, because the program is not stopped.
///
/// A program that reads itself:
///
/// ```
/// #[vimage::module(name = "queue")]
/// mod queue {
///     use std::sync::atomic::AtomicU32;
///     use vimage::prelude::*;
///
///     #[virtualized(symmap, sysctl("queue.length", rw))]
///     static LENGTH: AtomicU32 = AtomicU32::new(7);
/// }
///
/// # #[cfg(all(target_os = "linux", target_pointer_width = "64"))] {
/// vimage::boot()?;
/// let process = vimage_inspect::Process::open(std::process::id())?;
/// assert_eq!(process.pid(), std::process::id());
/// let look = process.look()?;
///
/// let class = look.class_named("Program")?;
/// assert_eq!(look.classes()[class].name, "Program");
/// assert!(look.modules().iter().any(|module| module.name == "queue"));
/// let base = look.instances().iter().find(|instance| instance.class == class).expect("there is a base instance");
/// println!("{}: {} handles, leaks {} bytes", look.label(base), base.handles, look.kept_bytes(base));
///
/// let symbol = look.symbols().iter().find(|symbol| symbol.name == "length").expect("it is a symbol");
/// assert_eq!(look.class_of(symbol), class);
/// assert_eq!(look.value(symbol, base)?.to_string(), "7");
/// assert_eq!(look.bytes(symbol, base, 64)?, 7_u32.to_ne_bytes());
/// assert_ne!(look.address(symbol, base)?, 0);
///
/// let instances = look.instances_named(None, Some(class))?; // the base instance
/// let length = look.sysctl_named("queue.length", &instances)?;
/// assert_eq!(look.get(length.sysctl, base)?.to_string(), "7");
/// assert_eq!(look.below("queue", &instances).len(), 1);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Look<'a> {
    source: &'a Source,
    reader: Reader<'a>,
    tables: Tables,
    instances: Vec<Instance>,
}

impl fmt::Debug for Look<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Look").field("instances", &self.instances).finish_non_exhaustive()
    }
}

impl Look<'_> {
    /// The classes, in the order of boot.
    #[must_use]
    pub fn classes(&self) -> &[Class] {
        &self.tables.classes
    }

    /// The registered modules, class by class, in the order in which they are attached.
    #[must_use]
    pub fn modules(&self) -> &[Module] {
        &self.tables.modules
    }

    /// The instances, class by class, by their ids.
    #[must_use]
    pub fn instances(&self) -> &[Instance] {
        &self.instances
    }

    /// The variables that are marked `symmap`, by name.
    #[must_use]
    pub fn symbols(&self) -> &[Variable] {
        &self.tables.symbols
    }

    /// The sysctls, by name.
    #[must_use]
    pub fn sysctls(&self) -> &[Sysctl] {
        &self.tables.sysctls
    }

    /// The class of a variable.
    #[must_use]
    pub fn class_of(&self, variable: &Variable) -> usize {
        self.tables.modules.get(variable.module).map_or(usize::MAX, |module| module.class)
    }

    /// The bytes of `keep` variables that an instance leaves behind when it is destroyed.
    #[must_use]
    pub fn kept_bytes(&self, instance: &Instance) -> u64 {
        let own = self.tables.modules.iter().filter(|module| module.class == instance.class);
        own.map(|module| module.kept_bytes).fold(0, u64::saturating_add)
    }

    /// The address of a variable in an instance.
    ///
    /// # Errors
    ///
    /// [`ValueError::Gone`] if the instance is of another class, or was destroyed; [`ValueError::Unreadable`].
    pub fn address(&self, variable: &Variable, instance: &Instance) -> Result<u64, ValueError> {
        if self.class_of(variable) != instance.class {
            return Err(ValueError::Gone);
        }
        if !variable.is_in_block {
            return Ok(variable.place);
        }
        let place = instance.block.wrapping_add(variable.place);
        if !variable.is_indirect {
            return Ok(place);
        }
        self.in_instance(instance, || self.reader.word(place).map_err(unreadable))
    }

    /// The value of a variable in an instance.
    ///
    /// A type whose layout the program does not export is looked up in its debug information. That is read once for each
    /// [`Process`](crate::Process) or [`Core`](crate::Core), in a time that is linear in its size.
    ///
    /// # Errors
    ///
    /// [`ValueError`].
    pub fn value(&self, variable: &Variable, instance: &Instance) -> Result<Value, ValueError> {
        self.value_without(variable, instance, &[])
    }

    /// The value of a variable in an instance, without what is in fields of these names: so that a part that is large does not
    /// use up what a value may have.
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value).
    pub fn value_without(
        &self,
        variable: &Variable,
        instance: &Instance,
        fields: &[&str],
    ) -> Result<Value, ValueError> {
        match self.exported_value(variable, instance) {
            Err(ValueError::UnknownType { .. }) => {
                let address = self.address(variable, instance)?;
                let layouts = &self.layout(instance)?.layouts;
                let info = self.source.debug_info();
                let read = || debuginfo::read(&self.reader, layouts, info, variable, fields, address);
                if variable.is_in_block { self.in_instance(instance, read) } else { read() }
            }
            known => known,
        }
    }

    /// The value of a variable of a type whose layout the program exports: without debug information, as all that is read often
    /// should be.
    ///
    /// # Errors
    ///
    /// [`ValueError`]; [`ValueError::UnknownType`] for all other types.
    pub fn exported_value(&self, variable: &Variable, instance: &Instance) -> Result<Value, ValueError> {
        let address = self.address(variable, instance)?;
        let layouts = &self.layout(instance)?.layouts;
        let read = || types::read(&self.reader, layouts, variable, address);
        if variable.is_in_block { self.in_instance(instance, read) } else { read() }
    }

    /// The value of a sysctl in an instance, as the program says it: none where code of the program makes it of the variable,
    /// whose own value is [`value`](Self::value).
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value), and [`ValueError::Handled`].
    pub fn get(&self, sysctl: &Sysctl, instance: &Instance) -> Result<Value, ValueError> {
        if sysctl.handled { Err(ValueError::Handled) } else { self.exported_value(&sysctl.variable, instance) }
    }

    /// The bytes of a variable in an instance, at most this many.
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value).
    pub fn bytes(&self, variable: &Variable, instance: &Instance, most: u64) -> Result<Vec<u8>, ValueError> {
        let address = self.address(variable, instance)?;
        let read = || self.reader.bytes(address, variable.size.min(most)).map_err(unreadable);
        if variable.is_in_block { self.in_instance(instance, read) } else { read() }
    }

    /// Reads from an instance, and checks afterwards that it existed all the while.
    fn in_instance<R>(
        &self,
        instance: &Instance,
        read: impl FnOnce() -> Result<R, ValueError>,
    ) -> Result<R, ValueError> {
        let result = read();
        if !self.reader.is_still() && !self.exists(instance) {
            return Err(ValueError::Gone);
        }
        result
    }

    /// Returns whether the instance has not been destroyed since; always true of a core file.
    ///
    /// ```
    /// # #[cfg(all(feature = "vimage", target_os = "linux", target_pointer_width = "64"))] {
    /// let red = vimage::Vimage::builder().name("red").create()?;
    /// let process = vimage_inspect::Process::open(std::process::id())?;
    /// let look = process.look()?;
    /// let seen = look.instances_named(Some("red"), None)?;
    /// assert!(look.exists(seen[0]));
    /// red.destroy()?;
    /// assert!(!look.exists(seen[0]));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn exists(&self, instance: &Instance) -> bool {
        self.layout(instance).is_ok_and(|layout| instance.slot.is_same(&self.reader, layout))
    }

    fn layout(&self, instance: &Instance) -> Result<&crate::tables::Layout, ValueError> {
        let class = self.tables.classes.get(instance.class).ok_or(ValueError::Gone)?;
        self.tables.layouts.get(class.tables).ok_or(ValueError::Gone)
    }
}

pub(crate) fn unreadable(error: Error) -> ValueError {
    ValueError::Unreadable { what: error.to_string() }
}
