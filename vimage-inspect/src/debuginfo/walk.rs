//! From the bytes of a variable to its value, along the types that debug information describes.

use std::thread;

use super::describe::{Member, Number, Shape, Variant};
use super::index::Id;
use super::{DebugInfo, NotFound, Root, Type};
use crate::error::ValueError;
use crate::memory::{Reader, Record};
use crate::tables::Variable;
use crate::types::{ATTEMPTS, LARGEST, Layouts, PAUSE, VALUE};
use crate::value::{Fields, NotShown, Value};

/// The deepest value, the most parts of one, and the most elements of one list.
const DEPTH: u32 = 40;
const PARTS: u32 = 20_000;
pub(super) const ELEMENTS: u64 = 1_000;

/// The value of a variable at this address.
///
/// In a process that runs, whatever is behind a pointer is read twice: pointers, lengths and the states of locks that stay the
/// same mean that what they lead to existed.
pub(crate) fn read(
    reader: &Reader<'_>,
    layouts: &Layouts,
    info: &DebugInfo,
    variable: &Variable,
    without: &[&str],
    address: u64,
) -> Result<Value, ValueError> {
    let type_name = || variable.type_name.clone();
    if variable.size > LARGEST {
        return Err(ValueError::Unreadable { what: format!("the variable has {} bytes", variable.size) });
    }
    let root = info.find(&variable.type_name, variable.size, variable.align).map_err(|why| match why {
        NotFound::Missing(reason) => ValueError::NoDebugInfo { type_name: type_name(), reason },
        NotFound::Unclear(why) => {
            ValueError::Unreadable { what: format!("the layout of `{}` is not known: {why}", type_name()) }
        }
    })?;
    let mut before = None;
    for attempt in 1.. {
        let mut walk = Walk {
            reader,
            layouts,
            info,
            without,
            parts: PARTS,
            depth: 0,
            path: Vec::new(),
            followed: Vec::new(),
            is_busy: false,
        };
        let value = reader.within(VALUE, || match reader.record(address, variable.size) {
            Ok(bytes) => walk.root(&root, Data { bytes: &bytes, at: 0 }),
            Err(error) => unreadable(error.to_string()),
        });
        let Walk { followed, is_busy, .. } = walk;
        let is_certain = reader.is_still() || (!is_busy && (followed.is_empty() || before.as_ref() == Some(&followed)));
        if is_certain || (is_busy && attempt >= ATTEMPTS) {
            return match value {
                Value::NotShown(why) => Err(error(why)),
                value => Ok(value),
            };
        }
        if attempt >= ATTEMPTS {
            return Err(ValueError::Unreadable { what: "it changed at each attempt to read it".to_owned() });
        }
        if before.is_some() || is_busy {
            thread::sleep(PAUSE);
        }
        before = (!is_busy).then_some(followed);
    }
    unreachable!("the loop ends at the last attempt")
}

fn error(why: NotShown) -> ValueError {
    match why {
        NotShown::Unknown { type_name } => ValueError::UnknownType { type_name },
        NotShown::Locked => ValueError::Locked,
        NotShown::Uninitialized => ValueError::Uninitialized,
        other => ValueError::Unreadable { what: other.to_string() },
    }
}

pub(super) fn unreadable(what: impl Into<String>) -> Value {
    Value::NotShown(NotShown::Unreadable { what: what.into() })
}

/// Bytes that were read, from some place on.
#[derive(Clone, Copy)]
pub(super) struct Data<'b> {
    pub(super) bytes: &'b Record,
    pub(super) at: usize,
}

impl Data<'_> {
    /// What lies so many bytes further.
    pub(super) fn after(self, offset: u64) -> Self {
        Self { at: self.at.saturating_add(usize::try_from(offset).unwrap_or(usize::MAX)), ..self }
    }

    pub(super) fn word(self) -> u64 {
        self.bytes.u64(self.at)
    }

    pub(super) fn u32(self) -> u32 {
        self.bytes.u32(self.at)
    }

    /// The number of this size, 0 to 16 bytes.
    pub(super) fn number(self, size: u64) -> Option<u128> {
        Some(match size {
            0 => 0,
            1 => self.bytes.u8(self.at).into(),
            2 => self.bytes.u16(self.at).into(),
            4 => self.bytes.u32(self.at).into(),
            8 => self.bytes.u64(self.at).into(),
            16 => self.bytes.u128(self.at),
            _ => return None,
        })
    }

    fn has(self, size: u64) -> bool {
        self.at as u64 + size <= self.bytes.bytes.len() as u64
    }
}

/// One way through a value.
pub(super) struct Walk<'r> {
    pub(super) reader: &'r Reader<'r>,
    pub(super) layouts: &'r Layouts,
    pub(super) info: &'r DebugInfo,
    /// The names of fields that are left out.
    without: &'r [&'r str],
    /// How many parts may still be read.
    parts: u32,
    depth: u32,
    /// The places behind pointers that the walk is in.
    path: Vec<(u64, Id)>,
    /// What was read behind pointers: addresses and lengths, and states.
    followed: Vec<(u64, u64)>,
    /// A part of it may be another one at the next attempt.
    is_busy: bool,
}

impl Walk<'_> {
    fn root(&mut self, root: &Root, data: Data<'_>) -> Value {
        match root {
            Root::Of(id) => self.value(*id, data),
            Root::Array(element, count) => {
                let whole = data.bytes.bytes.len() as u64 / count;
                let Some(size) = self.root_size(element).filter(|size| *size > 0 && *size <= whole) else {
                    return unreadable("an array of elements without a size");
                };
                self.elements(*count, |walk, index| walk.root(element, data.after(index * size)))
            }
        }
    }

    fn root_size(&self, root: &Root) -> Option<u64> {
        match root {
            Root::Of(id) => self.info.size(*id),
            Root::Array(element, count) => self.root_size(element)?.checked_mul(*count),
        }
    }

    /// The type of a value, whose layout is not known: a part that is not shown.
    pub(super) fn unknown(&self, id: Id) -> Value {
        let type_name = self.info.type_of(id).map_or_else(|| "?".to_owned(), |found| full(&found));
        Value::NotShown(NotShown::Unknown { type_name })
    }

    /// A part that contradicts itself; it may be right at the next attempt.
    pub(super) fn contradiction(&mut self, what: impl Into<String>) -> Value {
        self.is_busy = true;
        unreadable(what)
    }

    /// A part that is under a lock that is held.
    pub(super) fn locked(&mut self) -> Value {
        self.is_busy = true;
        Value::NotShown(NotShown::Locked)
    }

    /// The value of this type.
    pub(super) fn value(&mut self, id: Id, data: Data<'_>) -> Value {
        if self.parts == 0 || self.depth >= DEPTH {
            return Value::NotShown(NotShown::Depth);
        }
        self.parts -= 1;
        let (Some(found), Some(size)) = (self.info.type_of(id), self.info.size(id)) else { return self.unknown(id) };
        if !data.has(size) {
            return unreadable("it lies outside of what it is part of");
        }
        self.depth += 1;
        let value = self.of_std(id, &found, data).unwrap_or_else(|| self.plain(id, &found, data));
        self.depth -= 1;
        value
    }

    /// Runs `f` with what is at this address, if that is not what the walk is in.
    pub(super) fn follow(&mut self, id: Id, address: u64, f: impl FnOnce(&mut Self, Data<'_>) -> Value) -> Value {
        let Some(size) = self.info.size(id) else { return self.unknown(id) };
        self.behind(id, address, size, f)
    }

    /// As [`follow`](Self::follow), with so many bytes.
    pub(super) fn behind(
        &mut self,
        id: Id,
        address: u64,
        size: u64,
        f: impl FnOnce(&mut Self, Data<'_>) -> Value,
    ) -> Value {
        if self.path.contains(&(address, id)) {
            return Value::NotShown(NotShown::Cycle);
        }
        let bytes = match self.record(address, size) {
            Ok(bytes) => bytes,
            Err(why) => return why,
        };
        // What has no bytes can be anywhere, so it leads to no circle.
        let is_place = size > 0;
        if is_place {
            self.path.push((address, id));
        }
        let value = f(self, Data { bytes: &bytes, at: 0 });
        if is_place {
            self.path.pop();
        }
        value
    }

    /// Reads behind a pointer.
    pub(super) fn record(&mut self, address: u64, size: u64) -> Result<Record, Value> {
        if size > LARGEST {
            return Err(self.contradiction(format!("it has {size} bytes")));
        }
        self.note(address, size);
        match self.reader.record(address, size) {
            Ok(bytes) => Ok(bytes),
            Err(error) => Err(self.contradiction(error.to_string())),
        }
    }

    /// Notes what must be the same when it is read again.
    pub(super) fn note(&mut self, what: u64, length: u64) {
        self.followed.push((what, length));
    }

    /// The first elements of so many.
    pub(super) fn elements(&mut self, count: u64, element: impl FnMut(&mut Self, u64) -> Value) -> Value {
        Value::List(self.several(count, element))
    }

    pub(super) fn several(&mut self, count: u64, mut element: impl FnMut(&mut Self, u64) -> Value) -> Vec<Value> {
        let mut values = Vec::new();
        for index in 0..count {
            if index >= ELEMENTS || self.parts == 0 {
                values.push(Value::NotShown(NotShown::More(count - index)));
                break;
            }
            values.push(element(self, index));
        }
        values
    }

    /// Whether another part may be read.
    pub(super) fn is_full(&self) -> bool {
        self.parts == 0
    }

    /// A value of a type that is laid out as its description says.
    pub(super) fn plain(&mut self, id: Id, found: &Type, data: Data<'_>) -> Value {
        let described = &found.described;
        match &described.shape {
            Shape::Number(number) => scalar(*number, described.size, data).unwrap_or_else(|| self.unknown(id)),
            Shape::Names(names) => {
                let Some(bits) = data.number(described.size) else { return self.unknown(id) };
                let named = names.iter().find(|(value, _)| is_same(*value, bits, described.size));
                match named {
                    Some((_, name)) => Value::Variant { name: name.clone(), fields: Fields::Unit },
                    None => self.contradiction(format!("no variant of {} has the number {bits}", described.name)),
                }
            }
            Shape::Variants { tag, variants } => self.variant(id, tag.as_ref(), variants, data),
            Shape::Struct(members) => {
                let name = if described.name.starts_with('(') { "" } else { described.base() };
                Value::Struct { name: name.to_owned(), fields: self.fields(members, data) }
            }
            Shape::Array(element, count) => {
                let Some(size) = self.info.size(*element) else { return self.unknown(*element) };
                self.elements(*count, |walk, index| walk.value(*element, data.after(index * size)))
            }
            Shape::Pointer(target) => self.pointer(found, *target, data),
            // Which of its fields it has is not in it.
            Shape::Union(_) => self.unknown(id),
        }
    }

    fn fields(&mut self, members: &[Member], data: Data<'_>) -> Fields {
        let is_tuple = members.iter().enumerate().all(|(index, member)| member.name == format!("__{index}"));
        let mut values = Vec::new();
        for (index, Member { name, of, offset }) in members.iter().enumerate() {
            if self.parts == 0 {
                let more = Value::NotShown(NotShown::More((members.len() - index) as u64));
                values.push(("..".to_owned(), more));
                break;
            }
            let is_wanted = !self.without.contains(&name.as_str());
            let value = || Value::NotShown(NotShown::LeftOut);
            values.push((name.clone(), if is_wanted { self.value(*of, data.after(*offset)) } else { value() }));
        }
        match (members.is_empty(), is_tuple) {
            (true, _) => Fields::Unit,
            (_, true) => Fields::Tuple(values.into_iter().map(|(_, value)| value).collect()),
            _ => Fields::Named(values),
        }
    }

    fn variant(&mut self, id: Id, tag: Option<&Member>, variants: &[Variant], data: Data<'_>) -> Value {
        let found = match tag {
            None => match variants {
                [only] => Some(only),
                _ => return self.unknown(id),
            },
            Some(tag) => {
                let size = self.info.size(tag.of);
                let Some((size, bits)) = size.and_then(|size| Some((size, data.after(tag.offset).number(size)?)))
                else {
                    return self.unknown(id);
                };
                let tagged = |variant: &&Variant| variant.tag.is_some_and(|tag| is_same(tag, bits, size));
                let mut others = variants.iter().filter(|variant| variant.tag.is_none());
                let other = others.next();
                if others.next().is_some() {
                    return self.unknown(id);
                }
                variants.iter().find(tagged).or(other)
            }
        };
        let Some(Variant { member, .. }) = found else { return self.contradiction("no variant has its tag") };
        let Some(of) = self.info.type_of(member.of) else { return self.unknown(member.of) };
        let fields = self.fields(of.described.members(), data.after(member.offset));
        Value::Variant { name: member.name.clone(), fields }
    }
}

/// The name of a type with its path.
pub(super) fn full(found: &Type) -> String {
    let described = &found.described;
    match described.namespace.as_str() {
        "" => described.name.clone(),
        namespace => format!("{namespace}::{}", described.name),
    }
}

/// Compares as many bits as a value of this size has.
fn is_same(one: u128, other: u128, size: u64) -> bool {
    let unused = 128 - 8 * u32::try_from(size.min(16)).unwrap_or(16);
    one.checked_shl(unused).unwrap_or(0) == other.checked_shl(unused).unwrap_or(0)
}

/// A number; `None` for a size that Rust does not have.
pub(super) fn scalar(number: Number, size: u64, data: Data<'_>) -> Option<Value> {
    let bits = data.number(size)?;
    Some(match (number, size) {
        // The unit type is a number of no bytes.
        (Number::Unsigned, 0) => Value::Struct { name: String::new(), fields: Fields::Unit },
        (Number::Unsigned, _) => bits.into(),
        (Number::Signed, 1..) => {
            let unused = 128 - 8 * size;
            Value::Int(bits.cast_signed() << unused >> unused)
        }
        (Number::Bool, 1) => match bits {
            0 => Value::Bool(false),
            1 => Value::Bool(true),
            _ => unreadable(format!("a bool of {bits}")),
        },
        (Number::Char, 4) => match char::from_u32(data.u32()) {
            Some(char) => Value::Char(char),
            None => unreadable(format!("a char of {bits:#x}")),
        },
        // The shortest number that is this one, as it is printed.
        (Number::Float, 4) => Value::Float(f32::from_bits(data.u32()).to_string().parse().ok()?),
        (Number::Float, 8) => Value::Float(f64::from_bits(data.word())),
        _ => return None,
    })
}
