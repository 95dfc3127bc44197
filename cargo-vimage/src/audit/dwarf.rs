//! The debug information: where each global is declared, and of which type.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use gimli::{
    AttributeValue, DebuggingInformationEntry, Dwarf, DwarfSections, EndianSlice, Operation, RunTimeEndian, SectionId,
    Unit, UnitOffset,
};
use object::{File, Object, ObjectSection};

use super::binary::Place;
use crate::exit::Failure;

pub(super) type Reader<'data> = EndianSlice<'data, RunTimeEndian>;
pub(super) type Entry<'data> = DebuggingInformationEntry<Reader<'data>>;

/// The sections of a file, uncompressed.
pub(super) struct Sections<'data> {
    sections: DwarfSections<Cow<'data, [u8]>>,
    endian: RunTimeEndian,
}

impl<'data> Sections<'data> {
    pub(super) fn load(path: &Path, file: &File<'data>) -> Result<Self, Failure> {
        let load = |id: SectionId| match file.section_by_name(id.name()) {
            Some(section) => section.uncompressed_data(),
            None => Ok(Cow::Borrowed(&[][..])),
        };
        let sections = DwarfSections::load(load).map_err(|error| Failure::unreadable(path, error))?;
        let endian = if file.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
        Ok(Self { sections, endian })
    }
}

/// A type: the place of its entry in the debug information.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Type(pub(super) usize);

/// A global as the debug information describes it.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    unit: usize,
    /// As the symbol has it, without what the optimizer appends.
    symbol: String,
    pub(super) file: Option<PathBuf>,
    pub(super) line: usize,
    pub(super) ty: Option<Type>,
}

/// The debug information of a file.
pub(super) struct Debug<'data> {
    dwarf: Dwarf<Reader<'data>>,
    units: Vec<Unit<Reader<'data>>>,
    /// A static without bytes is at the place of the next one.
    variables: HashMap<Place, Vec<Variable>>,
    /// The namespace of each named type.
    pub(super) namespaces: HashMap<Type, Rc<str>>,
}

impl<'data> Debug<'data> {
    /// Reads all variables that have a fixed place.
    pub(super) fn read(path: &Path, sections: &'data Sections<'_>) -> Result<Self, Failure> {
        let dwarf = sections.sections.borrow(|section| EndianSlice::new(section, sections.endian));
        let mut debug = Self { dwarf, units: Vec::new(), variables: HashMap::new(), namespaces: HashMap::new() };
        debug.read_units().map_err(|error| Failure::unreadable(path, error))?;
        Ok(debug)
    }

    fn read_units(&mut self) -> gimli::Result<()> {
        let mut headers = self.dwarf.units();
        while let Some(header) = headers.next()? {
            self.units.push(self.dwarf.unit(header)?);
            self.read_unit(self.units.len() - 1)?;
        }
        Ok(())
    }

    fn read_unit(&mut self, number: usize) -> gimli::Result<()> {
        let unit = &self.units[number];
        let mut entries = unit.entries();
        // The namespaces around the current entry, with their depths.
        let mut around: Vec<(isize, Rc<str>)> = Vec::new();
        while let Some(entry) = entries.next_dfs()? {
            let depth = entry.depth();
            around.retain(|(outer, _)| *outer < depth);
            let namespace = || around.last().map(|(_, path)| path.clone());
            match entry.tag() {
                gimli::DW_TAG_namespace => {
                    let name = self.string(unit, entry, gimli::DW_AT_name).unwrap_or_default();
                    let path = namespace().map_or(name.clone(), |outer| format!("{outer}::{name}"));
                    around.push((depth, path.into()));
                }
                gimli::DW_TAG_structure_type | gimli::DW_TAG_union_type | gimli::DW_TAG_enumeration_type => {
                    if let Some(path) = namespace() {
                        self.namespaces.insert(Type(unit.offset().0 + entry.offset().0), path);
                    }
                }
                gimli::DW_TAG_variable => {
                    for place in self.places(unit, entry)? {
                        let variable = self.variable(number, entry);
                        self.variables.entry(place).or_default().push(variable);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The places of a variable: more than one if the optimizer has split it, none if it is local to a call.
    fn places(&self, unit: &Unit<Reader<'data>>, entry: &Entry<'data>) -> gimli::Result<Vec<Place>> {
        let Some(AttributeValue::Exprloc(expression)) = entry.attr_value(gimli::DW_AT_location) else {
            return Ok(Vec::new());
        };
        let mut places = Vec::new();
        let mut constant = 0;
        let mut operations = expression.operations(unit.encoding());
        while let Some(operation) = operations.next()? {
            match operation {
                Operation::Address { address } => places.push(Place::Address(address)),
                Operation::AddressIndex { index } => places.push(Place::Address(self.dwarf.address(unit, index)?)),
                Operation::UnsignedConstant { value } => constant = value,
                Operation::TLS => places.push(Place::Thread(constant)),
                _ => {}
            }
        }
        Ok(places)
    }

    fn variable(&self, number: usize, entry: &Entry<'data>) -> Variable {
        let unit = &self.units[number];
        // A definition outside of its class or namespace, as in C++, refers to its declaration.
        let declared = match entry.attr_value(gimli::DW_AT_specification) {
            Some(AttributeValue::UnitRef(offset)) => unit.entry(offset).ok(),
            _ => None,
        };
        let value = |name| {
            let there = || declared.as_ref().and_then(|declared| declared.attr_value(name));
            entry.attr_value(name).or_else(there)
        };
        let text =
            |name| self.dwarf.attr_string(unit, value(name)?).ok().map(|text| text.to_string_lossy().into_owned());
        let symbol = text(gimli::DW_AT_linkage_name).or_else(|| text(gimli::DW_AT_name)).unwrap_or_default();
        let file = value(gimli::DW_AT_decl_file).and_then(|value| match value {
            AttributeValue::FileIndex(index) => self.file(unit, index),
            other => self.file(unit, other.udata_value()?),
        });
        let line = value(gimli::DW_AT_decl_line).and_then(|value| value.udata_value()).unwrap_or(0);
        let ty = value(gimli::DW_AT_type).and_then(|value| type_at(unit, &value));
        Variable { unit: number, symbol, file, line: usize::try_from(line).unwrap_or(0), ty }
    }

    /// The variable of a symbol, the name of which is given without what the optimizer appends. In C the name of a static in
    /// a function is the symbol up to the first dot.
    pub(super) fn variable_of(&self, place: Place, symbol: &str) -> Option<&Variable> {
        let name = symbol.split('.').next().unwrap_or_default();
        let at = self.variables.get(&place)?;
        at.iter().find(|variable| variable.symbol == symbol || variable.symbol == name)
    }

    /// The root file of the crate, or the file of C, whose compilation made the variable.
    pub(super) fn root(&self, variable: &Variable) -> Option<PathBuf> {
        let unit = &self.units[variable.unit];
        let name = unit.name?.to_string_lossy();
        // rustc appends the name of the codegen unit.
        let name = name.split("/@/").next().unwrap_or_default();
        let folder = unit.comp_dir.map(|folder| folder.to_string_lossy()).unwrap_or_default();
        Some(Path::new(&*folder).join(name))
    }

    pub(super) fn string(&self, unit: &Unit<Reader<'data>>, entry: &Entry<'data>, name: gimli::DwAt) -> Option<String> {
        let value = entry.attr_value(name)?;
        Some(self.dwarf.attr_string(unit, value).ok()?.to_string_lossy().into_owned())
    }

    fn file(&self, unit: &Unit<Reader<'data>>, index: u64) -> Option<PathBuf> {
        let header = unit.line_program.as_ref()?.header();
        let file = header.file(index)?;
        let text = |value| Some(self.dwarf.attr_string(unit, value).ok()?.to_string_lossy().into_owned());
        let mut path = PathBuf::from(unit.comp_dir.map(|folder| folder.to_string_lossy().into_owned())?);
        if let Some(folder) = file.directory(header) {
            path.push(text(folder)?);
        }
        path.push(text(file.path_name())?);
        Some(path)
    }

    /// The units are in the order of their places.
    pub(super) fn entry(&self, ty: Type) -> Option<(&Unit<Reader<'data>>, Entry<'data>)> {
        let behind = self.units.partition_point(|unit| unit.offset().0 <= ty.0);
        let unit = &self.units[behind.checked_sub(1)?];
        let entry = unit.entry(UnitOffset(ty.0 - unit.offset().0)).ok()?;
        Some((unit, entry))
    }
}

/// Resolves a reference to a type, which may be in another unit after link-time optimization.
pub(super) fn type_at<'data>(unit: &Unit<Reader<'data>>, value: &AttributeValue<Reader<'data>>) -> Option<Type> {
    match value {
        AttributeValue::UnitRef(entry) => Some(Type(unit.offset().0 + entry.0)),
        AttributeValue::DebugInfoRef(offset) => Some(Type(offset.0)),
        _ => None,
    }
}
