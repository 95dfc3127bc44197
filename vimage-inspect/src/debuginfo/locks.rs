//! Cells, locks, atomics, and types that are written in a way of their own.

use std::net::IpAddr;
use std::time::Duration;

use super::Type;
use super::index::Id;
use super::walk::{Data, Walk};
use crate::types::Wrapper;
use crate::value::{Fields, NotShown, Value};

impl Walk<'_> {
    /// A value that std's type is put around; `None` for all other types.
    pub(super) fn wrapped(&mut self, found: &Type, namespace: &str, base: &str, data: Data<'_>) -> Option<Value> {
        let value = match (namespace, base) {
            ("core::cell", "UnsafeCell" | "SyncUnsafeCell" | "Cell")
            | ("core::mem::manually_drop", "ManuallyDrop")
            | ("core::mem::maybe_dangling", "MaybeDangling")
            | ("core::num::nonzero", "NonZero")
            | ("core::num::niche_types", _)
            | ("core::num::wrapping", "Wrapping")
            | ("core::num::saturating", "Saturating")
            | ("core::pin", "Pin") => self.transparent(found, data),
            ("core::sync::atomic", "AtomicBool") => self.atomic_bool(found, data),
            ("core::sync::atomic", "Atomic") if found.described.name == "Atomic<bool>" => self.atomic_bool(found, data),
            ("core::sync::atomic", base) if base.starts_with("Atomic") => self.transparent(found, data),
            ("core::cell", "RefCell") => self.ref_cell(found, data),
            ("core::cell::once", "OnceCell") => self.once_cell(found, data),
            (namespace, "Mutex") if is_sync(namespace) => self.lock(Wrapper::Mutex, found, data),
            (namespace, "RwLock") if is_sync(namespace) => self.lock(Wrapper::RwLock, found, data),
            ("std::sync::once_lock", "OnceLock") => self.once_lock(found, data),
            ("std::sync::lazy_lock", "LazyLock") => self.lazy_lock(found, data),
            ("core::marker", "PhantomData") => Some(Value::Struct { name: base.to_owned(), fields: Fields::Unit }),
            ("core::net::ip_addr", "Ipv4Addr" | "Ipv6Addr") => self.address(found, data),
            ("core::time", "Duration") => self.duration(found, data),
            _ => return None,
        };
        Some(value.unwrap_or_else(|| {
            let type_name = super::walk::full(found);
            Value::NotShown(NotShown::Unknown { type_name })
        }))
    }

    fn atomic_bool(&mut self, found: &Type, data: Data<'_>) -> Option<Value> {
        Some(match self.transparent(found, data)? {
            Value::Int(0) => Value::Bool(false),
            Value::Int(1) => Value::Bool(true),
            other => other,
        })
    }

    fn ref_cell(&mut self, found: &Type, data: Data<'_>) -> Option<Value> {
        let borrow = data.after(self.word_of(found, &["borrow"])?).word();
        // A negative number of borrows is one that can change the value.
        if borrow.cast_signed() < 0 && !self.reader.is_still() {
            return Some(self.locked());
        }
        self.note(borrow, 0);
        self.member(found, "value", data)
    }

    fn once_cell(&mut self, found: &Type, data: Data<'_>) -> Option<Value> {
        Some(match self.member(found, "inner", data)? {
            Value::Variant { name, fields: Fields::Unit } if name == "None" => Value::Unset,
            Value::Variant { name, fields: Fields::Tuple(mut values) } if name == "Some" && values.len() == 1 => {
                values.remove(0)
            }
            other => other,
        })
    }

    /// The word of the state, which the program's examples explain.
    fn state(&self, found: &Type, path: &[&str], data: Data<'_>) -> Option<u32> {
        let (offset, of) = self.field(found, path)?;
        (self.info.size(of)? == 4).then(|| data.after(offset).u32())
    }

    fn lock(&mut self, wrapper: Wrapper, found: &Type, data: Data<'_>) -> Option<Value> {
        let path: &[&str] = if wrapper == Wrapper::Mutex { &["inner", "futex"] } else { &["inner", "state"] };
        let state = self.state(found, path, data)?;
        // A core file shows what was there when it was written, under a lock or not.
        if self.layouts.is_locked(wrapper, state) && !self.reader.is_still() {
            return Some(self.locked());
        }
        self.member(found, "data", data)
    }

    fn once_lock(&mut self, found: &Type, data: Data<'_>) -> Option<Value> {
        let (offset, of) = self.field(found, &["value"])?;
        self.once(found, of, data.after(offset), data, || Value::Unset)
    }

    fn lazy_lock(&mut self, found: &Type, data: Data<'_>) -> Option<Value> {
        let (offset, of) = self.field(found, &["data"])?;
        self.once(found, of, data.after(offset), data, || Value::NotShown(NotShown::Uninitialized))
    }

    /// What a `Once` says to be there: at the beginning of the cell `of`, which holds a union.
    fn once(
        &mut self,
        found: &Type,
        of: Id,
        value: Data<'_>,
        data: Data<'_>,
        unset: impl Fn() -> Value,
    ) -> Option<Value> {
        let state = self.state(found, &["once"], data)?;
        let argument = found.argument("T")?;
        let (size, whole) = (self.info.size(argument)?, self.info.size(of)?);
        if size > whole {
            return None;
        }
        self.note(state.into(), 0);
        Some(if self.layouts.is_set(state) { self.value(argument, value) } else { unset() })
    }

    fn address(&mut self, found: &Type, data: Data<'_>) -> Option<Value> {
        let (offset, _) = self.field(found, &["octets"])?;
        let begin = data.after(offset).at;
        let octets = data.bytes.bytes.get(begin..begin.checked_add(usize::try_from(found.described.size).ok()?)?)?;
        let address = match octets.len() {
            4 => IpAddr::from(<[u8; 4]>::try_from(octets).ok()?),
            _ => IpAddr::from(<[u8; 16]>::try_from(octets).ok()?),
        };
        Some(Value::Written(address.to_string()))
    }

    fn duration(&mut self, found: &Type, data: Data<'_>) -> Option<Value> {
        let seconds = data.after(self.word_of(found, &["secs"])?).word();
        let (offset, of) = self.field(found, &["nanos"])?;
        let nanos = (self.info.size(of)? == 4).then(|| data.after(offset).u32())?;
        Some(if nanos < 1_000_000_000 {
            Value::Written(format!("{:?}", Duration::new(seconds, nanos)))
        } else {
            self.contradiction(format!("a duration with {nanos} nanoseconds"))
        })
    }
}

/// Where std has its locks; that with the poison is older.
fn is_sync(namespace: &str) -> bool {
    namespace.starts_with("std::sync")
}
