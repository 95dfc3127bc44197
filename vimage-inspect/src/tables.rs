//! The tables of a program's root record: classes, modules, symbols, sysctls.

use crate::error::Error;
use crate::memory::{Reader, Record};
use crate::types::Type;
use crate::types::{Layouts, parse};

/// The major version of the format that this reader knows.
const MAJOR: u16 = 1;
/// The most records of one table.
const RECORDS: u64 = 1 << 17;
/// The largest record.
const STRIDE: u64 = 512;
/// The longest doc comment, in lines.
const LINES: u64 = 4096;

/// A class.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Class {
    /// The name.
    pub name: String,
    /// The Rust path of the module that declares it.
    pub path: String,
    /// The bytes of each instance.
    pub block: u64,
    pub(crate) chunks: u64,
    /// The tables that it comes from.
    pub(crate) tables: usize,
}

/// A registered module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Module {
    /// The number of its class, in [`Look::classes`](crate::Look::classes).
    pub class: usize,
    /// The name.
    pub name: String,
    /// The Rust path of the module, which starts with the crate.
    pub path: String,
    /// The source file of the declaration.
    pub file: String,
    /// The line of the declaration.
    pub line: u32,
    /// It has an attach hook.
    pub attaches: bool,
    /// It has a quiesce hook.
    pub quiesces: bool,
    /// It has a detach hook.
    pub detaches: bool,
    /// It was registered at run time.
    pub is_added: bool,
    /// The bytes of its `keep` variables in each instance.
    pub kept_bytes: u64,
}

/// A variable that is a symbol, or that of a sysctl.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// The name of the symbol or sysctl.
    pub name: String,
    /// The number of its module, in [`Look::modules`](crate::Look::modules).
    pub module: usize,
    /// The source file of the declaration.
    pub file: String,
    /// The line of the declaration.
    pub line: u32,
    /// The Rust type.
    pub type_name: String,
    /// The size in bytes.
    pub size: u64,
    /// The alignment in bytes.
    pub align: u64,
    /// All instances share it.
    pub shared: bool,
    /// It is a `static mut`.
    pub raw: bool,
    pub(crate) is_in_block: bool,
    pub(crate) is_indirect: bool,
    pub(crate) place: u64,
    pub(crate) parsed: Option<Type>,
}

/// A sysctl.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sysctl {
    /// Its variable, and its name.
    pub variable: Variable,
    /// The variable as written.
    pub ident: String,
    /// The kind of its value.
    pub kind: Kind,
    /// The Rust type of its value.
    pub value_type: String,
    /// The values that may be set, as written in the attribute.
    pub range: Option<String>,
    /// The unit.
    pub unit: Option<String>,
    /// The doc comment of the variable.
    pub text: String,
    /// Can be set at any time.
    pub writable: bool,
    /// Can be set when an instance is created.
    pub tunable: bool,
    /// Only the base instance may set it.
    pub base_only: bool,
    /// A handler of the program makes its value.
    pub handled: bool,
}

/// The kind of a sysctl's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// An integer.
    Integer,
    /// A floating point number.
    Float,
    /// Text.
    Text,
}

impl Kind {
    /// The name, as the socket's clients see it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Text => "text",
        }
    }
}

/// Where instances, and the slots that lead to them, have what a reader shows: offsets.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) slot: u64,
    pub(crate) slot_id: u64,
    pub(crate) block: u64,
    pub(crate) parent: u64,
    pub(crate) handles: u64,
    pub(crate) phase: u64,
    pub(crate) id: u64,
    pub(crate) name: u64,
    pub(crate) handles_mask: u64,
    /// The name of each phase's state.
    pub(crate) states: Vec<String>,
    pub(crate) layouts: Layouts,
}

/// What one root record leads to.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) classes: Vec<Class>,
    pub(crate) modules: Vec<Module>,
    pub(crate) symbols: Vec<Variable>,
    pub(crate) sysctls: Vec<Sysctl>,
    pub(crate) layouts: Vec<Layout>,
}

/// The root record, at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Root {
    generation: u64,
    tables: u64,
}

impl Root {
    /// Reads and checks it; `None` where boot has not made tables.
    pub(crate) fn read(reader: &Reader<'_>, address: u64) -> Result<Option<Self>, Error> {
        let root = reader.record(address, 48)?;
        if root.bytes[..8] != *b"\x7fVIMAGE\n" {
            return Err(Error::damaged("the root record does not begin as one"));
        }
        match (root.u16(8), root.u32(20)) {
            (MAJOR, 8) => {}
            (MAJOR, bytes) => return Err(Error::Pointers { bytes }),
            (major, _) => return Err(Error::NewerFormat { major }),
        }
        let (itself, generation, tables) = (root.u64(24), root.u64(32), root.u64(40));
        if tables == 0 || itself == 0 {
            return Ok(None);
        }
        if itself != address {
            return Err(Error::damaged(format!(
                "the root record is at {address:#x}, and says that it is at {itself:#x}"
            )));
        }
        Ok(Some(Self { generation, tables }))
    }
}

impl Tables {
    /// Adds what this root leads to.
    pub(crate) fn add(&mut self, reader: &Reader<'_>, root: Root) -> Result<(), Error> {
        let size = reader.word(root.tables)?;
        if !(8..=64 << 10).contains(&size) {
            return Err(Error::damaged(format!("tables of {size} bytes")));
        }
        let tables = reader.record(root.tables, size)?;
        let records = |offset: usize| records(reader, &tables.slice(offset, 24));
        let (classes, modules) = (self.classes.len(), self.modules.len());
        for record in records(8)? {
            let class = class(reader, &record, self.layouts.len())?;
            self.classes.push(class);
        }
        for record in records(32)? {
            let module = module(reader, &record, classes)?;
            if module.class >= self.classes.len() {
                return Err(Error::damaged("a module of no class"));
            }
            self.modules.push(module);
        }
        let check = |variable: Variable, all: &[Module]| match all.get(variable.module) {
            Some(_) => Ok(variable),
            None => Err(Error::damaged("a variable of no module")),
        };
        for record in records(56)? {
            self.symbols.push(check(variable(reader, &record, modules)?, &self.modules)?);
        }
        for record in records(80)? {
            let mut sysctl = sysctl(reader, &record, modules)?;
            sysctl.variable = check(sysctl.variable, &self.modules)?;
            self.sysctls.push(sysctl);
        }
        let states: Vec<String> =
            records(128)?.iter().map(|record| reader.text(record.u64(0), record.u64(8))).collect::<Result<_, _>>()?;
        let state = |phase: usize| {
            let state = usize::from(tables.u8(192 + phase));
            states.get(state).cloned().unwrap_or_else(|| "?".to_owned())
        };
        let offset = |at: usize| u64::from(tables.u32(at));
        self.layouts.push(Layout {
            slot: offset(152),
            slot_id: offset(156),
            block: offset(160),
            parent: offset(164),
            handles: offset(168),
            phase: offset(172),
            id: offset(176),
            name: offset(180),
            handles_mask: tables.u64(184),
            states: (0..8).map(state).collect(),
            layouts: Layouts::read(reader, &records(104)?, &tables.slice(200, 40))?,
        });
        Ok(())
    }
}

/// The records of a table.
fn records(reader: &Reader<'_>, slice: &Record) -> Result<Vec<Record>, Error> {
    let (address, count, stride) = (slice.u64(0), slice.u64(8), slice.u64(16));
    if count == 0 {
        return Ok(Vec::new());
    }
    if count > RECORDS || !(1..=STRIDE).contains(&stride) {
        return Err(Error::damaged(format!("a table of {count} records of {stride} bytes")));
    }
    let all = reader.record(address, count * stride)?;
    Ok((0..count as usize).map(|index| all.slice(index * stride as usize, stride as usize)).collect())
}

fn text(reader: &Reader<'_>, record: &Record, offset: usize) -> Result<String, Error> {
    reader.text(record.u64(offset), record.u64(offset + 8))
}

fn optional(reader: &Reader<'_>, record: &Record, offset: usize) -> Result<Option<String>, Error> {
    if record.u64(offset) == 0 { Ok(None) } else { text(reader, record, offset).map(Some) }
}

fn class(reader: &Reader<'_>, record: &Record, tables: usize) -> Result<Class, Error> {
    Ok(Class {
        name: text(reader, record, 0)?,
        path: text(reader, record, 16)?,
        chunks: record.u64(32),
        block: record.u64(40),
        tables,
    })
}

fn module(reader: &Reader<'_>, record: &Record, classes: usize) -> Result<Module, Error> {
    let is = |bit: u32| record.u32(4) & bit != 0;
    Ok(Module {
        class: classes + record.u32(0) as usize,
        name: text(reader, record, 8)?,
        path: text(reader, record, 24)?,
        file: text(reader, record, 40)?,
        line: record.u32(56),
        attaches: is(1),
        quiesces: is(2),
        detaches: is(4),
        is_added: is(8),
        kept_bytes: record.u64(64),
    })
}

fn variable(reader: &Reader<'_>, record: &Record, modules: usize) -> Result<Variable, Error> {
    let is = |bit: u32| record.u32(20) & bit != 0;
    let type_name = text(reader, record, 56)?;
    Ok(Variable {
        name: text(reader, record, 0)?,
        module: modules + record.u32(16) as usize,
        file: text(reader, record, 24)?,
        line: record.u32(40),
        align: u64::from(record.u32(44)),
        size: record.u64(48),
        shared: is(1),
        raw: is(2),
        is_in_block: is(4),
        is_indirect: is(8),
        place: record.u64(72),
        parsed: parse(&type_name),
        type_name,
    })
}

fn sysctl(reader: &Reader<'_>, record: &Record, modules: usize) -> Result<Sysctl, Error> {
    let variable = variable(reader, record, modules)?;
    let rest = record.slice(80, record.bytes.len());
    let is = |bit: u32| record.u32(20) & bit != 0;
    let (docs, lines) = (rest.u64(64), rest.u64(72));
    if lines > LINES {
        return Err(Error::damaged(format!("a comment of {lines} lines")));
    }
    let docs = reader.record(docs, lines * 16)?;
    let lines: Vec<String> =
        (0..lines as usize).map(|line| text(reader, &docs, line * 16)).collect::<Result<_, _>>()?;
    Ok(Sysctl {
        variable,
        ident: text(reader, &rest, 0)?,
        value_type: text(reader, &rest, 16)?,
        range: optional(reader, &rest, 32)?,
        unit: optional(reader, &rest, 48)?,
        text: lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n").trim().to_owned(),
        kind: match rest.u32(80) {
            0 => Kind::Bool,
            1 => Kind::Integer,
            2 => Kind::Float,
            _ => Kind::Text,
        },
        writable: is(0x100),
        tunable: is(0x200),
        base_only: is(0x400),
        handled: is(0x800),
    })
}
