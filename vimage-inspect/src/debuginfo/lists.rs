//! std's types: which of them have a meaning beyond their fields, and lists and texts.

use super::index::Id;
use super::walk::{Data, ELEMENTS, Walk};
use super::{Shape, Type};
use crate::types::LARGEST;
use crate::value::{Fields, NotShown, Value};

impl Walk<'_> {
    /// The value of a type of std that is not shown as its fields; `None` for all other types. A layout that is not the known one
    /// is unknown.
    pub(super) fn of_std(&mut self, id: Id, found: &Type, data: Data<'_>) -> Option<Value> {
        let described = &found.described;
        let value = match (described.namespace.as_str(), described.base()) {
            ("", _) => return self.wide(id, found, data),
            ("alloc::string", "String") => self.string(found, data),
            ("alloc::vec", "Vec") => self.vec(found, data),
            ("alloc::collections::vec_deque", "VecDeque") => self.deque(found, data),
            ("alloc::collections::binary_heap", "BinaryHeap") => self.transparent(found, data),
            ("alloc::collections::btree::map", "BTreeMap") => self.tree(found, data),
            ("alloc::collections::btree::set", "BTreeSet") => self.set_of_map(found, "map", data),
            ("std::collections::hash::map", "HashMap") => self.member(found, "base", data),
            ("std::collections::hash::set", "HashSet") => self.member(found, "base", data),
            ("hashbrown::map", "HashMap") => self.hash_map(found, data),
            ("hashbrown::set", "HashSet") => self.set_of_map(found, "map", data),
            ("alloc::rc", "Rc") => self.counted(found, "value", data),
            ("alloc::sync", "Arc") => self.counted(found, "data", data),
            ("alloc::rc" | "alloc::sync", "Weak") => Some(Value::Pointer(data.word())),
            // Of whichever variant, it is written as what it is.
            ("alloc::borrow", "Cow") | ("core::net::ip_addr", "IpAddr") => match self.plain(id, found, data) {
                Value::Variant { fields: Fields::Tuple(mut values), .. } if values.len() == 1 => values.pop(),
                other => Some(other),
            },
            (namespace, base) => return self.wrapped(found, namespace, base, data),
        };
        Some(value.unwrap_or_else(|| self.unknown(id)))
    }

    /// The offset and type of a field of fields.
    pub(super) fn field(&self, found: &Type, path: &[&str]) -> Option<(u64, Id)> {
        let (first, rest) = path.split_first()?;
        let member = found.described.member(first)?;
        if rest.is_empty() {
            return Some((member.offset, member.of));
        }
        let (offset, of) = self.field(&*self.info.type_of(member.of)?, rest)?;
        Some((member.offset.checked_add(offset)?, of))
    }

    /// The offset of a field of fields that has 8 bytes.
    pub(super) fn word_of(&self, found: &Type, path: &[&str]) -> Option<u64> {
        let (offset, of) = self.field(found, path)?;
        (self.info.size(of)? == 8).then_some(offset)
    }

    pub(super) fn member(&mut self, found: &Type, name: &str, data: Data<'_>) -> Option<Value> {
        let member = found.described.member(name)?;
        Some(self.value(member.of, data.after(member.offset)))
    }

    /// The address and length of a `Vec`; a value where they contradict themselves.
    fn vec_parts(&mut self, found: &Type, size: u64, data: Data<'_>) -> Option<Result<(u64, u64), Value>> {
        let offset = |path: &[&str]| self.word_of(found, path);
        let (address, capacity) = (offset(&["buf", "inner", "ptr"])?, offset(&["buf", "inner", "cap"])?);
        let (address, capacity) = (data.after(address).word(), data.after(capacity).word());
        let length = data.after(offset(&["len"])?).word();
        if size > 0 && length > capacity {
            return Some(Err(self.contradiction(format!("a list of {length} elements in memory for {capacity}"))));
        }
        Some(Ok((address, length)))
    }

    fn vec(&mut self, found: &Type, data: Data<'_>) -> Option<Value> {
        let element = found.argument("T")?;
        let size = self.info.size(element)?;
        Some(match self.vec_parts(found, size, data)? {
            Ok((address, length)) => self.sequence(element, address, length),
            Err(why) => why,
        })
    }

    fn string(&mut self, found: &Type, data: Data<'_>) -> Option<Value> {
        let (offset, of) = self.field(found, &["vec"])?;
        Some(match self.vec_parts(&*self.info.type_of(of)?, 1, data.after(offset))? {
            Ok((address, length)) => self.text(address, length),
            Err(why) => why,
        })
    }

    /// So many elements one after the other.
    pub(super) fn sequence(&mut self, element: Id, address: u64, length: u64) -> Value {
        let Some(size) = self.info.size(element) else { return self.unknown(element) };
        let shown = length.min(ELEMENTS).min(LARGEST.checked_div(size).unwrap_or(ELEMENTS));
        self.note(address, length);
        let list = |walk: &mut Self, data: Data<'_>| {
            let mut values = walk.several(shown, |walk, index| walk.value(element, data.after(index * size)));
            more(&mut values, length - shown);
            Value::List(values)
        };
        self.behind(element, address, shown * size, list)
    }

    pub(super) fn text(&mut self, address: u64, length: u64) -> Value {
        if length == 0 {
            return Value::Text(String::new());
        }
        match self.record(address, length) {
            Err(why) => why,
            Ok(bytes) => match String::from_utf8(bytes.bytes) {
                Ok(text) => Value::Text(text),
                Err(_) => self.contradiction("the text is no UTF-8"),
            },
        }
    }

    /// A ring: from the head on, and around its end.
    fn deque(&mut self, found: &Type, data: Data<'_>) -> Option<Value> {
        let element = found.argument("T")?;
        let size = self.info.size(element)?;
        let word = |path: &[&str]| Some(data.after(self.word_of(found, path)?).word());
        let (address, capacity) = (word(&["buf", "inner", "ptr"])?, word(&["buf", "inner", "cap"])?);
        let (head, length) = (word(&["head"])?, word(&["len"])?);
        if size == 0 {
            return Some(self.sequence(element, address, length));
        }
        if length > capacity || (head >= capacity && capacity > 0) || capacity.checked_mul(size).is_none() {
            return Some(self.contradiction(format!("{length} elements from {head} on in memory for {capacity}")));
        }
        let first = length.min(capacity - head);
        let begin = address.wrapping_add(head * size);
        let (Value::List(mut values), Value::List(rest)) =
            (self.sequence(element, begin, first), self.sequence(element, address, length - first))
        else {
            return Some(self.contradiction("its memory cannot be read"));
        };
        // Only the end of a list that was cut says how much is missing.
        if let Some(Value::NotShown(NotShown::More(count))) = values.last_mut() {
            *count += length - first;
        } else {
            values.extend(rest);
        }
        Some(Value::List(values))
    }

    /// The keys of a map.
    fn set_of_map(&mut self, found: &Type, map: &str, data: Data<'_>) -> Option<Value> {
        Some(match self.member(found, map, data)? {
            Value::Map(pairs) => Value::Set(pairs.into_iter().map(|(key, _)| key).collect()),
            other => other,
        })
    }

    /// The one field that has a size, as the value itself.
    pub(super) fn transparent(&mut self, found: &Type, data: Data<'_>) -> Option<Value> {
        let Shape::Struct(members) = &found.described.shape else { return None };
        let sized = members.iter().filter(|member| self.info.size(member.of) != Some(0)).collect::<Vec<_>>();
        let member = match (sized.as_slice(), members.as_slice()) {
            ([only], _) => only,
            ([], [only]) => only,
            _ => return None,
        };
        Some(self.value(member.of, data.after(member.offset)))
    }
}

/// Says that there are so many more.
pub(super) fn more(values: &mut Vec<Value>, count: u64) {
    match values.last_mut() {
        _ if count == 0 => {}
        Some(Value::NotShown(NotShown::More(before))) => *before += count,
        _ => values.push(Value::NotShown(NotShown::More(count))),
    }
}
