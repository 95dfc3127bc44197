//! References, boxes, and pointers that count.

use super::index::Id;
use super::walk::{Data, Walk, full};
use super::{Shape, Type};
use crate::value::Value;

/// What a pointer's name says of it.
enum Kind<'n> {
    /// A reference or `Box`, which always leads to a value of the type.
    Followed(&'n str),
    Raw,
}

fn kind(name: &str) -> Kind<'_> {
    if let Some(rest) = name.strip_prefix("&mut ").or_else(|| name.strip_prefix('&')) {
        return Kind::Followed(rest);
    }
    match name.strip_prefix("alloc::boxed::Box<") {
        Some(rest) => Kind::Followed(rest.strip_suffix(", alloc::alloc::Global>").unwrap_or(rest)),
        None => Kind::Raw,
    }
}

impl Walk<'_> {
    /// A pointer of one word.
    pub(super) fn pointer(&mut self, found: &Type, target: Option<Id>, data: Data<'_>) -> Value {
        let address = data.word();
        match (kind(&found.described.name), target) {
            (Kind::Followed(_), Some(_)) if address == 0 => self.contradiction("a reference to address 0"),
            (Kind::Followed(_), Some(target)) => self.follow(target, address, |walk, data| walk.value(target, data)),
            _ => Value::Pointer(address),
        }
    }

    /// A pointer of two words, which is described as a struct; `None` for everything else that is in no module.
    pub(super) fn wide(&mut self, id: Id, found: &Type, data: Data<'_>) -> Option<Value> {
        let described = &found.described;
        let Shape::Struct(members) = &described.shape else { return None };
        let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
        match (names.as_slice(), kind(&described.name)) {
            (["data_ptr", "length"], Kind::Followed(of)) => {
                let (length, begin) = (data.after(members[1].offset).word(), data.after(members[0].offset).word());
                let element = self.target(members[0].of);
                Some(match (of, element) {
                    ("str", Some(_)) => self.text(begin, length),
                    (of, Some(element)) if of.starts_with('[') => self.sequence(element, begin, length),
                    _ => self.unknown(id),
                })
            }
            (["data_ptr", "length"] | ["pointer", "vtable"], Kind::Raw) if !described.name.starts_with('(') => {
                Some(Value::Pointer(data.after(members[0].offset).word()))
            }
            // A trait object: the debug information does not say of which type.
            (["pointer", "vtable"], Kind::Followed(_)) => Some(self.unknown(id)),
            _ => None,
        }
    }

    fn target(&self, pointer: Id) -> Option<Id> {
        match self.info.type_of(pointer)?.described.shape {
            Shape::Pointer(target) => target,
            _ => None,
        }
    }

    /// An `Rc` or `Arc`, whose counters are in front of the value.
    pub(super) fn counted(&mut self, found: &Type, value: &str, data: Data<'_>) -> Option<Value> {
        let (offset, of) = self.field(found, &["ptr"])?;
        let address = data.after(offset).word();
        let inner = self.info.type_of(of)?.argument("T")?;
        let counted = self.info.type_of(inner)?;
        let (offset, of) = self.field(&counted, &[value])?;
        match self.info.size(found.described.member("ptr")?.of)? {
            8 if address == 0 => Some(self.contradiction("a reference to address 0")),
            8 => Some(self.follow(inner, address, |walk, data| walk.value(of, data.after(offset)))),
            16 => {
                // The description of the pointer tells a length from a table of functions.
                let (_, pointer) = self.field(found, &["ptr", "pointer"])?;
                let length = self.info.type_of(pointer)?.described.member("length")?.offset;
                let length = data.after(self.field(found, &["ptr"])?.0 + length).word();
                let begin = address.wrapping_add(offset);
                let name = full(&counted);
                if name.ends_with("Inner<str>") {
                    Some(self.text(begin, length))
                } else if name.contains("Inner<[") {
                    Some(self.sequence(of, begin, length))
                } else {
                    None
                }
            }
            _ => None,
        }
    }
}
