//! Reading the memory of a program: in bounded amounts, whatever it says about itself.

use std::cell::Cell;
use std::fs::File;

use object::Endianness;

use crate::error::Error;
use crate::image::Image;

/// Something that has the memory of a program.
pub(crate) trait Memory {
    /// Fills `into` from this address on.
    ///
    /// # Errors
    ///
    /// If a byte of it cannot be read.
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Error>;

    /// Whether it does not change.
    fn is_still(&self) -> bool;

    /// The file that was mapped at this address: its path, and the file if it can be opened and is still the same.
    fn file(&self, image: &Image) -> (String, Result<File, String>);
}

/// The longest text, such as a name or a path.
pub(crate) const TEXT: u64 = 64 << 10;
/// The most bytes that one look reads. A process with a million instances has some 100 MB of rows and headers.
const BUDGET: u64 = 1 << 30;
/// The most bytes of texts that one look keeps.
const TEXTS: u64 = 64 << 20;

/// Reads words, texts and tables, and gives up after a total that no sound program reaches.
pub(crate) struct Reader<'m> {
    memory: &'m dyn Memory,
    pub(crate) endian: Endianness,
    left: Cell<u64>,
    texts: Cell<u64>,
}

impl<'m> Reader<'m> {
    pub(crate) fn new(memory: &'m dyn Memory, endian: Endianness) -> Self {
        Self { memory, endian, left: Cell::new(BUDGET), texts: Cell::new(TEXTS) }
    }

    pub(crate) fn is_still(&self) -> bool {
        self.memory.is_still()
    }

    /// Fills a buffer.
    pub(crate) fn fill(&self, address: u64, into: &mut [u8]) -> Result<(), Error> {
        // Each read takes time, however little it reads.
        spend(&self.left, (into.len() as u64).max(32))?;
        self.memory.read(address, into)
    }

    /// Runs `f`, which can read so many bytes.
    pub(crate) fn within<R>(&self, most: u64, f: impl FnOnce() -> R) -> R {
        let before = self.left.get();
        let limit = before.min(most);
        self.left.set(limit);
        let result = f();
        self.left.set(before - (limit - self.left.get()));
        result
    }

    /// Reads so many bytes, which the caller has bounded.
    pub(crate) fn bytes(&self, address: u64, length: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        // Piece by piece: memory that is not there takes none here.
        while (bytes.len() as u64) < length {
            let done = bytes.len();
            let next = (length - done as u64).min(1 << 20) as usize;
            let address = address.checked_add(done as u64).ok_or_else(|| Error::damaged("an address overflows"))?;
            bytes.resize(done + next, 0);
            self.fill(address, &mut bytes[done..])?;
        }
        Ok(bytes)
    }

    pub(crate) fn record(&self, address: u64, length: u64) -> Result<Record, Error> {
        Ok(Record { bytes: self.bytes(address, length)?, endian: self.endian })
    }

    pub(crate) fn word(&self, address: u64) -> Result<u64, Error> {
        Ok(self.record(address, 8)?.u64(0))
    }

    /// The text at this address; lossy where it is not UTF-8.
    pub(crate) fn text(&self, address: u64, length: u64) -> Result<String, Error> {
        if length > TEXT {
            return Err(Error::damaged(format!("a text of {length} bytes")));
        }
        spend(&self.texts, length)?;
        Ok(String::from_utf8_lossy(&self.bytes(address, length)?).into_owned())
    }
}

fn spend(budget: &Cell<u64>, amount: u64) -> Result<(), Error> {
    let left = budget.get().checked_sub(amount).ok_or_else(|| Error::damaged("there is more than any program has"))?;
    budget.set(left);
    Ok(())
}

/// Bytes that were read, as numbers. What lies behind their end is 0: a record of an older format is shorter.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) bytes: Vec<u8>,
    pub(crate) endian: Endianness,
}

impl Record {
    pub(crate) fn slice(&self, offset: usize, length: usize) -> Self {
        let bytes = self.bytes.get(offset..).unwrap_or_default();
        Self { bytes: bytes[..length.min(bytes.len())].to_vec(), endian: self.endian }
    }

    fn array<const N: usize>(&self, offset: usize) -> [u8; N] {
        let bytes = offset.checked_add(N).and_then(|end| self.bytes.get(offset..end));
        bytes.map_or([0; N], |bytes| bytes.try_into().expect("of this length"))
    }

    pub(crate) fn u8(&self, offset: usize) -> u8 {
        self.array::<1>(offset)[0]
    }

    pub(crate) fn u16(&self, offset: usize) -> u16 {
        let bytes = self.array(offset);
        if self.endian == Endianness::Little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }
    }

    pub(crate) fn u32(&self, offset: usize) -> u32 {
        let bytes = self.array(offset);
        if self.endian == Endianness::Little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
    }

    pub(crate) fn u64(&self, offset: usize) -> u64 {
        let bytes = self.array(offset);
        if self.endian == Endianness::Little { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) }
    }

    pub(crate) fn u128(&self, offset: usize) -> u128 {
        let bytes = self.array(offset);
        if self.endian == Endianness::Little { u128::from_le_bytes(bytes) } else { u128::from_be_bytes(bytes) }
    }
}
