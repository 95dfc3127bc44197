//! The note of a core file that lists the files that were mapped.

use object::Endianness;

use crate::memory::Record;

/// The most mappings that are looked at: the kernel allows a process some 65,000.
const MAPPINGS: u64 = 1 << 20;

/// A file that was mapped, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mapped {
    pub(super) start: u64,
    pub(super) end: u64,
    /// The offset in the file, in bytes.
    pub(super) offset: u64,
    pub(super) path: String,
}

/// The mappings in an `NT_FILE` note: a count, the size of the unit of offsets, three words for each mapping, then the paths.
pub(super) fn mapped(description: &[u8], endian: Endianness) -> Vec<Mapped> {
    let note = Record { bytes: description.to_vec(), endian };
    let (count, unit) = (note.u64(0), note.u64(8));
    let paths = count.checked_mul(24).and_then(|size| size.checked_add(16)).and_then(|at| usize::try_from(at).ok());
    let Some(paths) = paths.and_then(|at| description.get(at..)).filter(|_| count <= MAPPINGS) else {
        return Vec::new();
    };
    let paths = paths.split(|byte| *byte == 0);
    let mapped = (0..count as usize).zip(paths).map(|(index, path)| {
        let at = 16 + index * 24;
        Mapped {
            start: note.u64(at),
            end: note.u64(at + 8),
            offset: note.u64(at + 16).saturating_mul(unit),
            path: String::from_utf8_lossy(path).into_owned(),
        }
    });
    mapped.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_that_says_more_than_it_has_is_empty() {
        for count in [0, 1, 2, u64::MAX / 24, u64::MAX] {
            let mut note = count.to_le_bytes().to_vec();
            note.extend(4096_u64.to_le_bytes());
            assert_eq!(mapped(&note, Endianness::Little), []);
        }
        assert_eq!(mapped(&[], Endianness::Little), []);
    }

    #[test]
    fn mappings_have_their_paths() {
        let mut note: Vec<u8> =
            [2_u64, 4096, 0x1000, 0x2000, 0, 0x2000, 0x4000, 1].iter().flat_map(|word| word.to_le_bytes()).collect();
        note.extend(b"/a\0/b c\0");
        let expected = [(0x1000, 0x2000, 0, "/a"), (0x2000, 0x4000, 4096, "/b c")];
        let expected = expected.map(|(start, end, offset, path)| Mapped { start, end, offset, path: path.to_owned() });
        assert_eq!(mapped(&note, Endianness::Little), expected);
    }
}
