//! Hash tables, as hashbrown has them, which std uses: in front of the control bytes lie the elements, the first one last. The
//! highest bit of a control byte is 0 where there is an element.

use super::Type;
use super::lists::more;
use super::walk::{Data, ELEMENTS, Walk};
use crate::types::LARGEST;
use crate::value::{Fields, Value};

/// How many control bytes are read at once.
const BYTES: u64 = 4096;

impl Walk<'_> {
    /// The pairs of a map, in the order in which the program has them.
    pub(super) fn hash_map(&mut self, found: &Type, data: Data<'_>) -> Option<Value> {
        let (offset, table) = self.field(found, &["table"])?;
        let table = self.info.type_of(table)?;
        let data = data.after(offset);
        let element = table.argument("T")?;
        let size = self.info.size(element)?;
        let word = |name: &str| Some(data.after(self.word_of(&table, &["table", name])?).word());
        let (mask, items, control) = (word("bucket_mask")?, word("items")?, word("ctrl")?);
        self.note(control, items);
        let buckets = mask.wrapping_add(1);
        let begin = buckets.checked_mul(size).and_then(|all| control.checked_sub(all));
        if !buckets.is_power_of_two() || items > buckets || begin.is_none() {
            return Some(self.contradiction(format!("a table of {buckets} places for {items} elements")));
        }
        let mut values = Vec::new();
        let (mut full, mut index) = (0, 0);
        while index < buckets && full < items && full < ELEMENTS && index < LARGEST && !self.is_full() {
            let bytes = match self.record(control + index, BYTES.min(buckets - index)) {
                Ok(bytes) => bytes.bytes,
                Err(why) => return Some(why),
            };
            for byte in bytes {
                index += 1;
                if byte & 0x80 != 0 || full >= ELEMENTS.min(items) || self.is_full() {
                    continue;
                }
                full += 1;
                let address = control - index * size;
                values.push(self.follow(element, address, |walk, data| walk.value(element, data)));
            }
        }
        if index >= buckets && full < items && full < ELEMENTS && !self.is_full() {
            return Some(self.contradiction(format!("a table with {full} of {items} elements")));
        }
        more(&mut values, items - full);
        Some(Value::Map(values.into_iter().map(pair).collect()))
    }
}

/// The two parts of an element; of one that is not shown, the first says why.
fn pair(element: Value) -> (Value, Value) {
    match element {
        Value::Struct { fields: Fields::Tuple(mut values), .. } if values.len() == 2 => {
            let value = values.pop().unwrap_or(Value::Unset);
            (values.pop().unwrap_or(Value::Unset), value)
        }
        other => (other.clone(), other),
    }
}
