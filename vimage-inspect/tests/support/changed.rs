//! Where a core file of this process can be changed so that a reader notices.

use std::path::Path;

use vimage_inspect::{Core, Error};

/// A core file, and how it is laid out.
pub struct Seed {
    bytes: Vec<u8>,
    /// Address, length in the file, offset in the file.
    segments: Vec<(u64, u64, u64)>,
}

impl Seed {
    /// Reads the headers.
    pub fn new(bytes: Vec<u8>) -> Self {
        let mut seed = Self { bytes, segments: Vec::new() };
        let count = u64::from(u16::from_ne_bytes(seed.bytes[56..58].try_into().unwrap()));
        seed.segments = (1..count)
            .map(|n| 64 + 56 * n)
            .map(|at| (seed.word(at + 16), seed.word(at + 32), seed.word(at + 8)))
            .collect();
        seed
    }

    /// The word at an offset.
    pub fn word(&self, offset: u64) -> u64 {
        u64::from_ne_bytes(self.bytes[offset as usize..][..8].try_into().unwrap())
    }

    /// A place in one of the segments.
    pub fn address(&self, random: u64) -> u64 {
        self.segments[(random >> 12) as usize % self.segments.len()].0 + random % 4096
    }

    /// Bytes at an offset.
    pub fn at(&self, offset: u64, size: usize) -> &[u8] {
        &self.bytes[offset as usize..][..size]
    }

    /// Where the file has this address.
    pub fn offset(&self, address: u64) -> Option<u64> {
        let has = |&&(start, length, _): &&(u64, u64, u64)| address >= start && address < start + length;
        self.segments.iter().find(has).map(|(start, _, offset)| offset + address - start)
    }

    /// The ranges in the file that a reader follows.
    pub fn regions(&self) -> Vec<(u64, u64)> {
        let mut regions = vec![
            (0, 64),
            (64, 56 * 4),
            (64, 56 * (self.segments.len() as u64 + 1)),
            (64 + 56 * (self.segments.len() as u64 + 1), 512),
        ];
        let magic = b"\x7fVIMAGE\n";
        // Not the one of this very test, nor one in a copy of the file: that which says that it is there.
        let root = (0..self.bytes.len() as u64 - 48)
            .filter(|at| self.bytes[*at as usize..].starts_with(magic))
            .find(|at| self.offset(self.word(at + 24)) == Some(*at))
            .expect("the root record is in the core file");
        regions.push((root - 24, 72));
        let tables = self.offset(self.word(root + 40)).unwrap();
        regions.push((tables, 240));
        regions.push((tables, 240));
        for slice in [8, 32, 56, 80, 104] {
            let length = self.word(tables + slice + 8) * self.word(tables + slice + 16);
            regions.push((self.offset(self.word(tables + slice)).unwrap(), length));
        }
        let classes = self.offset(self.word(tables + 8)).unwrap();
        for class in 0..self.word(tables + 16) {
            let chunk = self.offset(self.word(classes + class * self.word(tables + 24) + 32)).unwrap();
            regions.push((chunk, 24));
            let slots = self.offset(self.word(chunk)).unwrap();
            regions.push((slots, 64 * self.word(chunk + 8)));
            // The first block of the class.
            let block = (0..8).filter_map(|word| self.offset(self.word(slots + word * 8))).find(|at| *at != slots);
            regions.extend(block.map(|at| (at, 64)));
        }
        regions
    }
}

/// Reads whatever a reader shows; the number is another one if something else is shown.
/// `whole` is the file without changes.
pub fn look_at_all(core: &Path, whole: &Core) -> Result<usize, Error> {
    let core = Core::open(core, None)?.sharing_debug_info(whole);
    let look = core.look()?;
    let mut shown = 0;
    for instance in look.instances().iter().take(100) {
        shown += look.label(instance).len() + look.kept_bytes(instance) as usize % 2;
        for sysctl in look.sysctls().iter().take(100) {
            shown += usize::from(look.get(sysctl, instance).is_ok());
        }
        for symbol in look.symbols().iter().take(100) {
            shown += usize::from(look.value(symbol, instance).is_ok());
            shown += look.bytes(symbol, instance, 4096).map_or(0, |bytes| bytes.len());
        }
    }
    let base = look.instances_named(None, None).unwrap_or_default();
    shown += look.below("", &base).len();
    shown += usize::from(look.sysctl_named("foo::net.foo.mode", &base).is_ok());
    Ok(shown)
}
