//! The sections of a file that describe its types.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use gimli::{Dwarf, DwarfSections, EndianArcSlice, RunTimeEndian, SectionId};
use object::{Object, ObjectSection, ReadCache, ReadRef};

pub(super) type Bytes = EndianArcSlice<RunTimeEndian>;

/// The most bytes of one section.
const SECTION: u64 = 1 << 30;

/// The debug information of an ELF file.
///
/// # Errors
///
/// Why there is none, as the end of a sentence.
pub(super) fn load(file: File) -> Result<Dwarf<Bytes>, String> {
    let missing = match parse(&ReadCache::new(file)) {
        Ok(found) => return Ok(found),
        Err(missing) => missing,
    };
    match missing.build_id.and_then(|id| separate(&id)) {
        Some(separate) => parse(&ReadCache::new(separate)).map_err(|missing| missing.why),
        None => Err(missing.why),
    }
}

/// The file that distributions install beside a stripped one.
fn separate(build_id: &[u8]) -> Option<File> {
    let id = crate::image::hex(build_id);
    let (folder, name) = id.split_at_checked(2)?;
    File::open(PathBuf::from(format!("/usr/lib/debug/.build-id/{folder}/{name}.debug"))).ok()
}

struct Missing {
    why: String,
    build_id: Option<Vec<u8>>,
}

/// The debug information in an ELF file, of which only the sections that have it are read.
fn parse<'d>(data: impl ReadRef<'d>) -> Result<Dwarf<Bytes>, Missing> {
    let missing = |why: String| Missing { why, build_id: None };
    let file = object::File::parse(data).map_err(|error| missing(error.to_string()))?;
    if file.section_by_name(SectionId::DebugInfo.name()).is_none() {
        let build_id = file.build_id().ok().flatten().map(<[u8]>::to_vec);
        return Err(Missing {
            why: "it has no debug information: it was built without, or stripped".to_owned(),
            build_id,
        });
    }
    let endian = if file.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let load = |id: SectionId| -> Result<Bytes, String> {
        let Some(section) = file.section_by_name(id.name()) else { return Ok(Bytes::new(Arc::from([]), endian)) };
        let size = section.compressed_file_range().map_err(|error| error.to_string())?.uncompressed_size;
        if size > SECTION {
            return Err(format!("{} has {size} bytes", id.name()));
        }
        let bytes = section.uncompressed_data().map_err(|error| error.to_string())?;
        Ok(Bytes::new(Arc::from(&*bytes), endian))
    };
    let sections = DwarfSections::load(load).map_err(missing)?;
    Ok(sections.borrow(Clone::clone))
}
