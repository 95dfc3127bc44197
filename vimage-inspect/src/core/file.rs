//! The memory that a core file has, and what the files that were mapped have beyond it.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use object::elf::{ET_CORE, FileHeader64, NT_FILE, PT_LOAD, PT_NOTE};
use object::read::elf::{FileHeader, NoteIterator, ProgramHeader};
use object::{Endianness, ReadCache, ReadRef};

use super::notes::{Mapped, mapped};
use crate::error::Error;
use crate::image::{Image, build_id, hex};
use crate::memory::Memory;

/// The most bytes of notes: a few hundred for each thread, and the list of mapped files.
const NOTES: u64 = 256 << 20;

/// A part of the memory.
#[derive(Clone, Copy, Debug)]
struct Segment {
    start: u64,
    /// The bytes that the core file has of it, and where.
    length: u64,
    offset: u64,
}

/// A file that was mapped, opened when it is needed.
type Opened = Result<File, (PathBuf, std::io::ErrorKind, String)>;

#[derive(Debug)]
pub(super) struct CoreFile {
    path: PathBuf,
    file: File,
    length: u64,
    /// The length that its headers say.
    expected: u64,
    /// By address.
    segments: Vec<Segment>,
    mapped: Vec<Mapped>,
    /// The files that were opened, by the path that the process had mapped.
    opened: Mutex<HashMap<String, Opened>>,
    /// The file that stands for another one, by the path that the process had mapped.
    replaced: HashMap<String, PathBuf>,
    build_ids: HashMap<String, Vec<u8>>,
}

impl CoreFile {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        let bad = |reason: &str| Error::NotACore { path: path.to_owned(), reason: reason.to_owned() };
        let cache = ReadCache::new(file.try_clone().map_err(io)?);
        let data = &cache;
        let header = FileHeader64::<Endianness>::parse(data).map_err(|_| bad("it is no 64-bit ELF file"))?;
        let endian = header.endian().map_err(|_| bad("its byte order is unknown"))?;
        if header.e_type(endian) != ET_CORE {
            return Err(bad("it is an ELF file of another kind; give the program with `-e`"));
        }
        let truncated = |expected| Error::Truncated { path: path.to_owned(), length, expected };
        let table = header.e_phoff(endian).saturating_add(u64::from(header.e_phnum(endian)) * 56);
        let headers = header.program_headers(endian, data).map_err(|_| truncated(table))?;
        let mut core = Self {
            path: path.to_owned(),
            file,
            length,
            expected: 0,
            segments: Vec::new(),
            mapped: Vec::new(),
            opened: Mutex::default(),
            replaced: HashMap::new(),
            build_ids: HashMap::new(),
        };
        for header in headers {
            let (offset, size) = (header.p_offset(endian), header.p_filesz(endian));
            core.expected = core.expected.max(offset.saturating_add(size));
            match header.p_type(endian) {
                PT_LOAD => core.segments.push(Segment { start: header.p_vaddr(endian), length: size, offset }),
                PT_NOTE => core.add_notes(data, (offset, size, header.p_align(endian)), endian),
                _ => {}
            }
        }
        core.segments.sort_by_key(|segment| segment.start);
        Ok(core)
    }

    fn add_notes<'d>(&mut self, data: impl ReadRef<'d>, (offset, size, align): (u64, u64, u64), endian: Endianness) {
        let notes = data.read_bytes_at(offset, size.min(NOTES)).ok();
        let notes = notes.and_then(|notes| NoteIterator::<FileHeader64<Endianness>>::new(endian, align, notes).ok());
        let Some(mut notes) = notes else { return };
        while let Ok(Some(note)) = notes.next() {
            if note.n_type(endian) == NT_FILE {
                self.mapped.extend(mapped(note.desc(), endian));
            }
        }
    }

    /// The addresses at which images can begin.
    pub(super) fn starts(&self) -> Vec<u64> {
        let mapped = self.mapped.iter().filter(|mapped| mapped.offset == 0).map(|mapped| mapped.start);
        let mut starts: Vec<u64> = mapped.collect();
        if starts.is_empty() {
            starts = self.segments.iter().map(|segment| segment.start).collect();
        }
        starts.sort_unstable();
        starts.dedup();
        starts
    }

    /// Takes this file for the one that was mapped at this address.
    pub(super) fn replace(&mut self, base: u64, by: &Path) {
        let path = self
            .mapped
            .iter()
            .find(|mapped| (mapped.start..mapped.end).contains(&base))
            .map(|mapped| mapped.path.clone());
        if let Some(path) = path {
            self.opened.lock().unwrap_or_else(PoisonError::into_inner).remove(&path);
            self.replaced.insert(path, by.to_owned());
        }
    }

    /// From now on a file must have the build id of what was mapped.
    pub(super) fn set_build_ids(&mut self, images: &[Image]) {
        for image in images {
            let at = |mapped: &&Mapped| (mapped.start..mapped.end).contains(&image.base);
            if let (Some(mapped), Some(id)) = (self.mapped.iter().find(at), &image.build_id) {
                self.build_ids.insert(mapped.path.clone(), id.clone());
            }
        }
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The error for what is missing because the file ends too early.
    pub(super) fn truncated(&self) -> Option<Error> {
        (self.length < self.expected).then(|| Error::Truncated {
            path: self.path.clone(),
            length: self.length,
            expected: self.expected,
        })
    }

    /// Reads the beginning of `into`, at least one byte.
    fn read_some(&self, address: u64, into: &mut [u8]) -> Result<usize, Error> {
        let index = self.segments.partition_point(|segment| segment.start <= address);
        // The last one that starts before it. Segments that overlap are no core file's.
        if let Some(segment) = index.checked_sub(1).map(|index| self.segments[index]) {
            let within = address - segment.start;
            if within < segment.length {
                let count = into.len().min(usize::try_from(segment.length - within).unwrap_or(usize::MAX));
                let offset = segment.offset.saturating_add(within);
                let read = self.file.read_exact_at(&mut into[..count], offset);
                let missing = || self.truncated().unwrap_or_else(|| nothing(address));
                return read.map(|()| count).map_err(|_| missing());
            }
        }
        let mapped = self.mapped.iter().find(|mapped| (mapped.start..mapped.end).contains(&address));
        let Some(mapped) = mapped else { return Err(nothing(address)) };
        let count = into.len().min(usize::try_from(mapped.end - address).unwrap_or(usize::MAX));
        // A copy of the core may be in the way that this file is not.
        let next = self.segments.get(index).map_or(u64::MAX, |segment| segment.start);
        let count = count.min(usize::try_from(next - address).unwrap_or(usize::MAX));
        self.read_mapped(mapped, mapped.offset.saturating_add(address - mapped.start), &mut into[..count])?;
        Ok(count)
    }

    fn read_mapped(&self, mapped: &Mapped, offset: u64, into: &mut [u8]) -> Result<(), Error> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if !opened.contains_key(&mapped.path) {
            let file = self.open_mapped(&mapped.path)?;
            opened.insert(mapped.path.clone(), file);
        }
        match &opened[&mapped.path] {
            Ok(file) => file
                .read_exact_at(into, offset)
                .map_err(|_| Error::damaged(format!("{} is shorter than what was mapped", mapped.path))),
            Err((path, kind, text)) => {
                Err(Error::NoProgram { path: path.clone(), source: std::io::Error::new(*kind, text.clone()) })
            }
        }
    }

    fn open_mapped(&self, path: &str) -> Result<Opened, Error> {
        // What the kernel writes behind the path of a file that was replaced or deleted.
        let usual = PathBuf::from(path.strip_suffix(" (deleted)").unwrap_or(path));
        let actual = self.replaced.get(path).cloned().unwrap_or(usual);
        // Not a pipe or device of this machine, which a file from elsewhere may name.
        let file = match std::fs::metadata(&actual) {
            Ok(metadata) if !metadata.is_file() => Err(std::io::Error::other("not a regular file")),
            Ok(_) => File::open(&actual),
            Err(error) => Err(error),
        };
        let file = match file {
            Ok(file) => file,
            Err(error) => return Ok(Err((actual, error.kind(), error.to_string()))),
        };
        if let Some(ran) = self.build_ids.get(path) {
            let found = build_id(&file);
            if found.as_ref() != Some(ran) {
                let found = found.map_or_else(|| "none".to_owned(), |id| hex(&id));
                return Err(Error::OtherProgram { path: actual, ran: hex(ran), found });
            }
        }
        Ok(Ok(file))
    }
}

impl Memory for CoreFile {
    fn read(&self, mut address: u64, mut into: &mut [u8]) -> Result<(), Error> {
        while !into.is_empty() {
            let count = self.read_some(address, into)?;
            into = &mut into[count..];
            address = address.checked_add(count as u64).ok_or_else(|| nothing(address))?;
        }
        Ok(())
    }

    fn is_still(&self) -> bool {
        true
    }

    fn file(&self, image: &Image) -> (String, Result<File, String>) {
        let mapped = self.mapped.iter().find(|mapped| (mapped.start..mapped.end).contains(&image.base));
        let Some(mapped) = mapped else {
            return (format!("{:#x}", image.base), Err("the core file has no path of it".to_owned()));
        };
        let opened = self.open_mapped(&mapped.path).map_err(|error| error.to_string());
        (mapped.path.clone(), opened.and_then(|file| file.map_err(|(_, _, text)| text)))
    }
}

fn nothing(address: u64) -> Error {
    Error::damaged(format!("nothing is at address {address:#x}"))
}
