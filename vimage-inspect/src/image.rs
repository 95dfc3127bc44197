//! Executables and libraries in memory: their headers, and the notes in them.

use std::fs::File;

use object::elf::{FileHeader64, PT_LOAD, PT_NOTE};
use object::read::elf::{FileHeader, NoteIterator, ProgramHeader};
use object::{Endianness, ReadCache, elf};

use crate::error::Error;
use crate::memory::{Memory, Reader};

/// As much of an image as its headers take.
const HEADERS: usize = 4096;
/// The most bytes of one segment of notes, and notes in it.
const NOTES: u64 = 1 << 20;

/// An executable or library, as it lies in memory.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) base: u64,
    pub(crate) endian: Endianness,
    pub(crate) build_id: Option<Vec<u8>>,
    /// The addresses of its root records: those of notes of that name.
    pub(crate) roots: Vec<u64>,
}

impl Image {
    /// The image whose ELF header is at this address, if one is there.
    pub(crate) fn at(memory: &dyn Memory, base: u64) -> Option<Self> {
        let mut head = vec![0; HEADERS];
        memory.read(base, &mut head[..64]).ok()?;
        let header = FileHeader64::<Endianness>::parse(&head[..]).ok()?;
        let endian = header.endian().ok()?;
        let table = u64::from(header.e_phentsize(endian)) * u64::from(header.e_phnum(endian));
        let end = usize::try_from(header.e_phoff(endian).checked_add(table)?).ok().filter(|end| *end <= HEADERS)?;
        memory.read(base, head.get_mut(..end)?).ok()?;
        let header = FileHeader64::<Endianness>::parse(&head[..]).ok()?;
        let segments = header.program_headers(endian, &head[..]).ok()?;
        let first = segments.iter().find(|segment| segment.p_type(endian) == PT_LOAD)?;
        let bias = base.wrapping_sub(first.p_vaddr(endian).wrapping_sub(first.p_offset(endian)));
        let mut image = Self { base, endian, build_id: None, roots: Vec::new() };
        for segment in segments.iter().filter(|segment| segment.p_type(endian) == PT_NOTE) {
            let address = bias.wrapping_add(segment.p_vaddr(endian));
            let size = segment.p_memsz(endian).min(NOTES);
            if let Ok(bytes) = Reader::new(memory, endian).bytes(address, size) {
                image.add_notes(address, segment.p_align(endian), &bytes);
            }
        }
        Some(image)
    }

    fn add_notes(&mut self, address: u64, align: u64, bytes: &[u8]) {
        let Ok(mut notes) = NoteIterator::<FileHeader64<Endianness>>::new(self.endian, align, bytes) else { return };
        while let Ok(Some(note)) = notes.next() {
            match note.name() {
                elf::ELF_NOTE_GNU if note.n_type(self.endian) == elf::NT_GNU_BUILD_ID => {
                    self.build_id = Some(note.desc().to_vec());
                }
                b"vimage.root" => {
                    // Where the description lies in the bytes that were read.
                    let offset = note.desc().as_ptr().addr() - bytes.as_ptr().addr();
                    self.roots.push(address.wrapping_add(offset as u64));
                }
                _ => {}
            }
        }
    }
}

/// The root records in the images at these addresses, and how many images there are.
pub(crate) fn roots(images: &[Image]) -> Result<Vec<(u64, Endianness)>, Error> {
    let roots: Vec<_> =
        images.iter().flat_map(|image| image.roots.iter().map(|root| (*root, image.endian))).take(64).collect();
    if roots.is_empty() { Err(Error::NotVimage { images: images.len() }) } else { Ok(roots) }
}

/// A build id as it is written.
pub(crate) fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The build id of an ELF file.
pub(crate) fn build_id(file: &File) -> Option<Vec<u8>> {
    let cache = ReadCache::new(file.try_clone().ok()?);
    let data = &cache;
    let header = FileHeader64::<Endianness>::parse(data).ok()?;
    let endian = header.endian().ok()?;
    for segment in header.program_headers(endian, data).ok()? {
        if segment.p_type(endian) != PT_NOTE || segment.p_filesz(endian) > NOTES {
            continue;
        }
        let mut notes = segment.notes(endian, data).ok()??;
        while let Ok(Some(note)) = notes.next() {
            if note.name() == elf::ELF_NOTE_GNU && note.n_type(endian) == elf::NT_GNU_BUILD_ID {
                return Some(note.desc().to_vec());
            }
        }
    }
    None
}
