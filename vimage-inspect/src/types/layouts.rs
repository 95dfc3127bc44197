//! The layouts of std's types, as the program measured them.

use super::name::{Scalar, Type, Wrapper};
use crate::error::Error;
use crate::memory::{Reader, Record};

/// The number that the format has for `Option`.
const OPTION: u32 = 4;

/// Where a wrapper has its value, and the word that says what state it is in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) value: u64,
    pub(crate) state: u64,
    whole: u64,
}

/// The layouts of std's types in one program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layouts {
    measured: Vec<Measured>,
    /// The states of a `OnceLock` that has its value, and of a `Mutex` and an `RwLock` that are not locked.
    set: Option<u32>,
    mutex: Option<u32>,
    rw_lock: Option<u32>,
    /// The offsets of the address, the length and the capacity of a `String`.
    string: Option<[usize; 3]>,
}

#[derive(Clone, Copy, Debug)]
struct Measured {
    wrapper: u32,
    align: u64,
    size: u64,
    offset: u64,
    whole: u64,
}

impl Layouts {
    pub(crate) fn read(reader: &Reader<'_>, records: &[Record], examples: &Record) -> Result<Self, Error> {
        let measured = records.iter().map(|record| Measured {
            wrapper: record.u32(0),
            align: u64::from(record.u32(4)),
            size: record.u64(8),
            offset: record.u64(16),
            whole: record.u64(24),
        });
        let mut layouts = Self { measured: measured.collect(), ..Self::default() };
        let value = Type::Scalar(Scalar::U32);
        let state = |wrapper: Wrapper, address: u64| -> Result<Option<u32>, Error> {
            let Some(place) = layouts.place(wrapper, &value).filter(|place| place.whole <= 256) else {
                return Ok(None);
            };
            Ok(Some(reader.record(address, place.whole)?.u32(place.state as usize)))
        };
        let (empty, set) = (state(Wrapper::OnceLock, examples.u64(0))?, state(Wrapper::OnceLock, examples.u64(8))?);
        let (mutex, rw_lock) = (state(Wrapper::Mutex, examples.u64(16))?, state(Wrapper::RwLock, examples.u64(24))?);
        layouts.set = set.filter(|_| empty != set);
        (layouts.mutex, layouts.rw_lock) = (mutex, rw_lock);
        layouts.string = string(&reader.record(examples.u64(32), 24)?);
        Ok(layouts)
    }

    pub(crate) fn size_and_align(&self, of_type: &Type) -> Option<(u64, u64)> {
        match of_type {
            Type::Scalar(scalar) => Some((scalar.size(), scalar.size())),
            Type::Str => Some((16, 8)),
            Type::String => Some((24, 8)),
            // The parameter must be known too, so that the name is not taken for more than it says.
            Type::Vec(element) => self.size_and_align(element).map(|_| (24, 8)),
            Type::Boxed(value) => self.size_and_align(value).map(|_| (8, 8)),
            Type::Array(element, count) => {
                let (size, align) = self.size_and_align(element)?;
                Some((size.checked_mul(*count)?, align))
            }
            Type::Option(value) => {
                let (size, align) = self.size_and_align(value)?;
                match niche(value) {
                    Some(_) => Some((size, align)),
                    None if matches!(**value, Type::Scalar(_)) => Some((self.find(OPTION, size, align)?.whole, align)),
                    None => None,
                }
            }
            Type::Wrapped(wrapper, value) => {
                let (_, align) = self.stored(*wrapper, value)?;
                Some((self.place(*wrapper, value)?.whole, align.max(4)))
            }
        }
    }

    /// The size and alignment of what a wrapper stores: the value; in a `LazyLock` also the function in its place.
    fn stored(&self, wrapper: Wrapper, value: &Type) -> Option<(u64, u64)> {
        let (size, align) = self.size_and_align(value)?;
        Some(match wrapper {
            Wrapper::LazyLock => (size.max(8).next_multiple_of(align.max(8)), align.max(8)),
            _ => (size, align),
        })
    }

    /// Where a wrapper around a value of this type has it.
    pub(crate) fn place(&self, wrapper: Wrapper, value: &Type) -> Option<Place> {
        let (size, align) = self.stored(wrapper, value)?;
        let found = self.find(wrapper as u32, size, align)?;
        // The state is the first word that is not the value: what else there is has no larger alignment.
        let state = if found.offset >= 4 { 0 } else { found.offset.checked_add(size)?.checked_next_multiple_of(4)? };
        (state.checked_add(4)? <= found.whole && found.offset.checked_add(size)? <= found.whole).then_some(Place {
            value: found.offset,
            state,
            whole: found.whole,
        })
    }

    fn find(&self, wrapper: u32, size: u64, align: u64) -> Option<&Measured> {
        self.measured.iter().find(|layout| (layout.wrapper, layout.size, layout.align) == (wrapper, size, align))
    }

    pub(crate) fn is_set(&self, state: u32) -> bool {
        self.set == Some(state)
    }

    /// Returns whether a lock in this state may have a writer.
    pub(crate) fn is_locked(&self, wrapper: Wrapper, state: u32) -> bool {
        match wrapper {
            Wrapper::Mutex => self.mutex != Some(state),
            // With readers it differs from the unlocked one too; then the value does not change.
            Wrapper::RwLock => self.rw_lock != Some(state) && state & WRITER == WRITER,
            _ => false,
        }
    }

    /// The address, length and capacity of a `String`, or of a `Vec`, of which it is made.
    pub(crate) fn string(&self, bytes: &Record) -> Option<(u64, u64, u64)> {
        let [address, length, capacity] = self.string?;
        Some((bytes.u64(address), bytes.u64(length), bytes.u64(capacity)))
    }

    /// The offset of the value of an `Option`, if it has one; the outer `None` where that is not known.
    #[expect(clippy::option_option, reason = "unknown, no value, a value")]
    pub(crate) fn is_some(&self, value: &Type, bytes: &Record) -> Option<Option<u64>> {
        let (size, align) = self.size_and_align(value)?;
        match niche(value) {
            Some(Niche::Byte(none)) => Some((u64::from(bytes.u8(0)) != none).then_some(0)),
            Some(Niche::Char) => Some((char::from_u32(bytes.u32(0)).is_some()).then_some(0)),
            Some(Niche::Null) => Some((bytes.u64(0) != 0).then_some(0)),
            // A capacity above all that exist.
            Some(Niche::Capacity) => {
                let [_, _, capacity] = self.string?;
                Some((bytes.u64(capacity) >> 63 == 0).then_some(0))
            }
            None => {
                let found = self.find(OPTION, size, align)?;
                // The tag is 0 or 1, in as many bytes as the alignment leaves, in front of the value or behind it.
                let tag = if found.offset > 0 { 0 } else { size };
                Some((bytes.u8(tag as usize) != 0 || bytes.u8((tag + align - 1) as usize) != 0).then_some(found.offset))
            }
        }
    }
}

/// In std's lock, all bits of the count of readers are set while there is a writer.
const WRITER: u32 = (1 << 30) - 1;

/// How `None` is told from a value, where no tag does.
enum Niche {
    /// A byte that no value has.
    Byte(u64),
    Char,
    Null,
    Capacity,
}

fn niche(value: &Type) -> Option<Niche> {
    match value {
        Type::Scalar(Scalar::Bool) => Some(Niche::Byte(2)),
        Type::Scalar(Scalar::Char) => Some(Niche::Char),
        Type::Str => Some(Niche::Null),
        Type::String => Some(Niche::Capacity),
        _ => None,
    }
}

/// The offsets in a `String` of 7 bytes, with room for at least 32.
fn string(example: &Record) -> Option<[usize; 3]> {
    let length = [0, 8, 16].into_iter().find(|at| example.u64(*at) == 7)?;
    let capacity = [0, 8, 16].into_iter().find(|at| (32..4096).contains(&example.u64(*at)))?;
    let address = [0, 8, 16].into_iter().find(|at| ![length, capacity].contains(at))?;
    (length != capacity).then_some([address, length, capacity])
}
