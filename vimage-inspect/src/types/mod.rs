//! Values of the types whose layout the program exports: scalars, atomics, text, arrays, `Option`, and std's locks and
//! cells around them.

mod layouts;
mod name;

use std::thread;
use std::time::Duration;

pub(crate) use layouts::Layouts;
pub(crate) use name::{Scalar, Type, Wrapper, parse};

use crate::error::ValueError;
use crate::look::unreadable;
use crate::memory::{Reader, Record};
use crate::tables::Variable;
use crate::value::{Fields, Value};

/// The largest variable that is read, and the longest text in one.
pub(crate) const LARGEST: u64 = 1 << 20;
/// The most bytes that are read for one value: lists of lists could multiply.
pub(crate) const VALUE: u64 = 4 << 20;
/// How often a lock is tried, and a text that changes is read again.
pub(crate) const ATTEMPTS: u32 = 20;
pub(crate) const PAUSE: Duration = Duration::from_micros(500);

/// The value of a variable at this address.
pub(crate) fn read(
    reader: &Reader<'_>,
    layouts: &Layouts,
    variable: &Variable,
    address: u64,
) -> Result<Value, ValueError> {
    let unknown = || ValueError::UnknownType { type_name: variable.type_name.clone() };
    let parsed = variable.parsed.as_ref().ok_or_else(unknown)?;
    // What the name says must agree with what the program says.
    if layouts.size_and_align(parsed) != Some((variable.size, variable.align)) {
        return Err(unknown());
    }
    if variable.size > LARGEST {
        return Err(ValueError::Unreadable { what: format!("the variable has {} bytes", variable.size) });
    }
    let mut attempt = 0;
    loop {
        attempt += 1;
        // Once, so that what is read of it is of one moment as far as the kernel copies it at once.
        let decoded = reader.within(VALUE, || {
            let bytes = reader.record(address, variable.size).map_err(unreadable)?;
            decode(reader, layouts, parsed, &bytes)
        });
        match decoded {
            Err(ValueError::Locked | ValueError::Unreadable { .. }) if attempt < ATTEMPTS && !reader.is_still() => {
                thread::sleep(PAUSE);
            }
            result => return result,
        }
    }
}

fn decode(reader: &Reader<'_>, layouts: &Layouts, of_type: &Type, bytes: &Record) -> Result<Value, ValueError> {
    let unknown = || ValueError::UnknownType { type_name: of_type.to_string() };
    match of_type {
        Type::Scalar(scalar) => Ok(self::scalar(*scalar, bytes)),
        Type::Str => text(reader, bytes.u64(0), bytes.u64(8)),
        Type::String => {
            let (address, length, capacity) = layouts.string(bytes).ok_or_else(unknown)?;
            if length > capacity {
                return Err(ValueError::Unreadable { what: "a string is longer than its memory".to_owned() });
            }
            text(reader, address, length)
        }
        Type::Array(element, count) => list(reader, layouts, element, bytes, *count),
        Type::Vec(element) => {
            let (address, length, capacity) = layouts.string(bytes).ok_or_else(unknown)?;
            let (size, _) = layouts.size_and_align(element).filter(|(size, _)| *size > 0).ok_or_else(unknown)?;
            let total = length.checked_mul(size).filter(|total| *total <= LARGEST && length <= capacity);
            let total = total.ok_or_else(|| ValueError::Unreadable { what: format!("a list of {length} elements") })?;
            list(reader, layouts, element, &reader.record(address, total).map_err(unreadable)?, length)
        }
        Type::Boxed(value) => {
            let (size, _) = layouts.size_and_align(value).filter(|(size, _)| *size <= LARGEST).ok_or_else(unknown)?;
            decode(reader, layouts, value, &reader.record(bytes.u64(0), size).map_err(unreadable)?)
        }
        Type::Option(value) => match layouts.is_some(value, bytes).ok_or_else(unknown)? {
            None => Ok(Value::Unset),
            Some(offset) => inner(reader, layouts, value, bytes, offset),
        },
        Type::Wrapped(wrapper, value) => {
            let place = layouts.place(*wrapper, value).ok_or_else(unknown)?;
            match wrapper {
                // A core file shows what was there when it was written, under a lock or not.
                Wrapper::Mutex | Wrapper::RwLock if reader.is_still() => {}
                Wrapper::Mutex | Wrapper::RwLock => {
                    if layouts.is_locked(*wrapper, bytes.u32(place.state as usize)) {
                        return Err(ValueError::Locked);
                    }
                }
                Wrapper::OnceLock | Wrapper::LazyLock => {
                    if !layouts.is_set(bytes.u32(place.state as usize)) {
                        let empty = *wrapper == Wrapper::OnceLock;
                        return if empty { Ok(Value::Unset) } else { Err(ValueError::Uninitialized) };
                    }
                }
            }
            inner(reader, layouts, value, bytes, place.value)
        }
    }
}

fn list(
    reader: &Reader<'_>,
    layouts: &Layouts,
    element: &Type,
    bytes: &Record,
    count: u64,
) -> Result<Value, ValueError> {
    let size = layouts.size_and_align(element).map_or(0, |(size, _)| size);
    // A type of no size repeats for nothing.
    if size == 0 {
        return Err(ValueError::UnknownType { type_name: element.to_string() });
    }
    let decoded = |index| {
        let value = decode(reader, layouts, element, &bytes.slice((index * size) as usize, size as usize))?;
        // Among others it is written as it is in the program.
        Ok(match element {
            Type::Option(_) if value != Value::Unset => {
                Value::Variant { name: "Some".to_owned(), fields: Fields::Tuple(vec![value]) }
            }
            _ => value,
        })
    };
    (0..count).map(decoded).collect::<Result<_, _>>().map(Value::List)
}

fn inner(
    reader: &Reader<'_>,
    layouts: &Layouts,
    of_type: &Type,
    bytes: &Record,
    offset: u64,
) -> Result<Value, ValueError> {
    let (size, _) =
        layouts.size_and_align(of_type).ok_or_else(|| ValueError::UnknownType { type_name: of_type.to_string() })?;
    decode(reader, layouts, of_type, &bytes.slice(offset as usize, size as usize))
}

fn text(reader: &Reader<'_>, address: u64, length: u64) -> Result<Value, ValueError> {
    if length > LARGEST {
        return Err(ValueError::Unreadable { what: format!("a text of {length} bytes") });
    }
    if length == 0 {
        return Ok(Value::Text(String::new()));
    }
    let bytes = reader.bytes(address, length).map_err(unreadable)?;
    let text =
        String::from_utf8(bytes).map_err(|_| ValueError::Unreadable { what: "the text is no UTF-8".to_owned() })?;
    Ok(Value::Text(text))
}

#[expect(clippy::cast_possible_wrap, reason = "the bits are those of a signed number")]
fn scalar(scalar: Scalar, bytes: &Record) -> Value {
    match scalar {
        Scalar::Bool => Value::Bool(bytes.u8(0) != 0),
        Scalar::Char => Value::Text(char::from_u32(bytes.u32(0)).unwrap_or(char::REPLACEMENT_CHARACTER).to_string()),
        Scalar::I8 => Value::Int((bytes.u8(0) as i8).into()),
        Scalar::I16 => Value::Int((bytes.u16(0) as i16).into()),
        Scalar::I32 => Value::Int((bytes.u32(0) as i32).into()),
        Scalar::I64 => Value::Int((bytes.u64(0) as i64).into()),
        Scalar::I128 => Value::Int(bytes.u128(0) as i128),
        Scalar::U8 => Value::Int(bytes.u8(0).into()),
        Scalar::U16 => Value::Int(bytes.u16(0).into()),
        Scalar::U32 => Value::Int(bytes.u32(0).into()),
        Scalar::U64 => Value::Int(bytes.u64(0).into()),
        Scalar::U128 => bytes.u128(0).into(),
        Scalar::F32 => Value::Float(f32::from_bits(bytes.u32(0)).into()),
        Scalar::F64 => Value::Float(f64::from_bits(bytes.u64(0))),
    }
}
