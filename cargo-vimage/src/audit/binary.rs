//! The globals of an executable, by its sections: what can be written after the program has started, and what exists
//! once per thread. Names decide nothing here.

use std::path::Path;

use object::read::elf::{ElfFile, FileHeader, ProgramHeader};
use object::{File, FileKind, Object, ObjectSection, ObjectSymbol, SectionFlags, SymbolKind, elf};

use crate::exit::Failure;

/// A symbol that has bytes.
#[derive(Debug, Clone)]
pub(super) struct Symbol {
    /// As it is in the file.
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) size: u64,
    pub(super) section: String,
    /// Not so for the entries of virtualized variables, which are constants.
    pub(super) writable: bool,
}

/// An address, or the offset in the block that each thread has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    Address(u64),
    Thread(u64),
}

/// The bytes of a section that no symbol covers: padding, and globals without a name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Uncovered {
    pub(super) section: String,
    pub(super) bytes: u64,
    pub(super) size: u64,
}

/// What an executable contains.
#[derive(Debug)]
pub(super) struct Binary {
    /// In the order of their addresses, one per address.
    pub(super) symbols: Vec<Symbol>,
    /// Sections of which more than a twentieth is not covered.
    pub(super) uncovered: Vec<Uncovered>,
}

/// Part of the symbol of a virtualized variable in the builds with instances.
pub(super) const VARIABLE: &str = "__VIMAGE_VARIABLE";

/// Parses an executable. Only ELF for now; the error says so for other formats.
pub(super) fn parse<'data>(path: &Path, data: &'data [u8]) -> Result<File<'data>, Failure> {
    let kind = FileKind::parse(data).map_err(|error| Failure::unreadable(path, error))?;
    let format = match kind {
        FileKind::Elf32 | FileKind::Elf64 => {
            return File::parse(data).map_err(|error| Failure::unreadable(path, error));
        }
        FileKind::MachO32 | FileKind::MachO64 | FileKind::MachOFat32 | FileKind::MachOFat64 => "a Mach-O file",
        FileKind::Pe32 | FileKind::Pe64 | FileKind::Coff | FileKind::CoffBig => "a PE file",
        _ => "no ELF file",
    };
    let message = format!("{format}, which audit cannot read yet: build for Linux, for example with `--target`");
    Err(Failure::unreadable(path, message))
}

/// Lists the globals.
pub(super) fn read(path: &Path, file: &File<'_>) -> Result<Binary, Failure> {
    let relro = match file {
        File::Elf32(file) => relro(file),
        File::Elf64(file) => relro(file),
        _ => Vec::new(),
    };
    if file.symbols().next().is_none() {
        return Err(Failure::unreadable(path, "has no symbols, because it was stripped"));
    }
    let mut symbols = Vec::new();
    let mut uncovered = Vec::new();
    for section in file.sections() {
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
        let has = |flag: elf::SectionFlags| sh_flags.0 & flag.0 != 0;
        if !has(elf::SHF_ALLOC) || has(elf::SHF_EXECINSTR) {
            continue;
        }
        let thread = has(elf::SHF_TLS);
        let in_relro = relro.iter().any(|(start, end)| (*start..*end).contains(&section.address()));
        let writable = has(elf::SHF_WRITE) && (thread || !in_relro);
        let name = String::from_utf8_lossy(section.name_bytes().unwrap_or_default()).into_owned();
        let first = symbols.len();
        for symbol in file.symbols().filter(|symbol| symbol.section_index() == Some(section.index())) {
            let Some(found) = with_bytes(&symbol, thread, &name, writable) else { continue };
            if writable || found.name.contains(VARIABLE) {
                symbols.push(found);
            }
        }
        // Of several names for one address, the one that covers most.
        symbols[first..].sort_by(|a, b| (a.place, b.size, &a.name).cmp(&(b.place, a.size, &b.name)));
        if writable {
            let start = if thread { section.address() - first_thread_byte(file) } else { section.address() };
            uncovered.extend(rest(&symbols[first..], name, start, section.size()));
        }
    }
    symbols.dedup_by(|next, kept| next.place == kept.place);
    Ok(Binary { symbols, uncovered })
}

fn with_bytes<'data>(symbol: &impl ObjectSymbol<'data>, thread: bool, section: &str, writable: bool) -> Option<Symbol> {
    let is_data = matches!(symbol.kind(), SymbolKind::Data | SymbolKind::Tls | SymbolKind::Unknown | SymbolKind::Label);
    if !is_data || symbol.size() == 0 {
        return None;
    }
    let place = if thread { Place::Thread(symbol.address()) } else { Place::Address(symbol.address()) };
    let name = String::from_utf8_lossy(symbol.name_bytes().ok()?).into_owned();
    Some(Symbol { name, place, size: symbol.size(), section: section.to_owned(), writable })
}

/// The ranges that the loader makes read-only once it has relocated them.
fn relro<'data, Elf: FileHeader>(file: &ElfFile<'data, Elf>) -> Vec<(u64, u64)> {
    let endian = file.endian();
    let headers = file.elf_program_headers().iter();
    let relro = headers.filter(|header| header.p_type(endian) == elf::PT_GNU_RELRO);
    relro
        .map(|header| {
            let start: u64 = header.p_vaddr(endian).into();
            let size: u64 = header.p_memsz(endian).into();
            (start, start + size)
        })
        .collect()
}

/// The address of the first section that each thread gets a copy of; symbols in them count from there.
fn first_thread_byte(file: &File<'_>) -> u64 {
    let is_thread = |flags| matches!(flags, SectionFlags::Elf { sh_flags, .. } if sh_flags.0 & elf::SHF_TLS.0 != 0);
    let sections = file.sections().filter(|section| is_thread(section.flags()));
    sections.map(|section| section.address()).min().unwrap_or(0)
}

/// What the symbols, which are sorted by place, leave of a section, if it is more than a twentieth.
fn rest(symbols: &[Symbol], section: String, start: u64, size: u64) -> Option<Uncovered> {
    let mut end = start;
    let mut covered = 0;
    for symbol in symbols {
        let (Place::Address(from) | Place::Thread(from)) = symbol.place;
        let to = from + symbol.size;
        covered += to.saturating_sub(from.max(end));
        end = end.max(to);
    }
    let bytes = size.saturating_sub(covered);
    (bytes * 20 > size).then_some(Uncovered { section, bytes, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(from: u64, size: u64) -> Symbol {
        let place = Place::Address(from);
        Symbol { name: String::new(), place, size, section: ".data".to_owned(), writable: true }
    }

    #[test]
    fn bytes_that_no_symbol_covers() {
        let uncovered = |symbols: &[Symbol], size| rest(symbols, ".data".to_owned(), 100, size).map(|rest| rest.bytes);
        assert_eq!(uncovered(&[symbol(100, 95)], 100), None, "no more than a twentieth");
        assert_eq!(uncovered(&[symbol(100, 94)], 100), Some(6));
        assert_eq!(uncovered(&[symbol(100, 50), symbol(110, 10), symbol(140, 20)], 100), Some(40), "they overlap");
        assert_eq!(uncovered(&[], 8), Some(8));
    }

    #[test]
    fn other_formats_are_named() {
        let message = |data: &[u8]| match parse(Path::new("x"), data) {
            Err(Failure::Unreadable(message)) => message,
            other => panic!("{other:?}"),
        };
        let mach_o = [&0xfeed_facf_u32.to_le_bytes()[..], &[0; 60]].concat();
        assert!(message(&mach_o).contains("a Mach-O file, which audit cannot read yet"), "{}", message(&mach_o));
        let mut pe = [&b"MZ"[..], &[0; 58], &64_u32.to_le_bytes(), b"PE\0\0", &[0; 128]].concat();
        pe[88..90].copy_from_slice(&0x20b_u16.to_le_bytes());
        assert!(message(&pe).contains("a PE file, which audit cannot read yet"), "{}", message(&pe));
        assert!(message(b"#!/bin/sh\necho a script\n").starts_with("x: "));
    }
}
