//! The generated crate: modules of statics and functions, as a program has them that keeps its state in globals.
//!
//! Of eight functions two use no variable, four use one, two use two. Each has 8 to 15 statements. One of the eight uses
//! a variable in a closure, one in the arguments of a macro, one is a method. Without the macros the variables are
//! statics of the same names, so that the functions are the same to the letter.

use std::fmt::Write;

/// How much of everything there is.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) modules: usize,
    /// Of each module.
    pub(super) statics: usize,
    /// Of each module.
    pub(super) functions: usize,
}

impl Size {
    /// The crate that is timed: 1,000 statics and 2,000 functions.
    pub(super) const TIMED: Self = Self { modules: 50, statics: 20, functions: 40 };
}

/// The text of the crate, with variables of the macros, or with statics.
pub(super) fn text(size: Size, virtualized: bool) -> String {
    let mut text = "#![allow(dead_code, unused_imports, clippy::all)]\n".to_owned();
    for module in 0..size.modules {
        text.push_str(if virtualized { "\n#[vimage::module]\n" } else { "\n" });
        _ = writeln!(
            text,
            "pub mod m{module} {{{IMPORTS}{}",
            if virtualized { "    use vimage::prelude::*;\n" } else { "" }
        );
        for index in 0..size.statics {
            let (ty, initial) = STATICS[index % STATICS.len()];
            let (attribute, prefix) = if virtualized { ("    #[virtualized]\n", "") } else { ("", "V_") };
            _ = writeln!(text, "{attribute}    static {prefix}STATE_{index}: {ty} = {initial};");
        }
        for index in 0..size.functions {
            text.push_str(&function(index, size.statics));
        }
        text.push_str("}\n");
    }
    text
}

/// A function that uses variables of the types that its shape needs.
fn function(index: usize, statics: usize) -> String {
    let shape = FUNCTIONS[index % FUNCTIONS.len()];
    // The variables of one type are this far from each other.
    let round = index / FUNCTIONS.len() * STATICS.len();
    let variable = |kind: usize| format!("V_STATE_{}", if statics == 0 { 0 } else { (round + kind) % statics });
    let mut text = shape.replace("$name", &format!("f{index}")).replace("$limit", &format!("{}", 100 + index));
    for (kind, placeholder) in ["$count", "$records", "$table", "$label", "$enabled"].iter().enumerate() {
        text = text.replace(placeholder, &variable(kind));
    }
    text
}

const IMPORTS: &str = "
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
    use std::sync::{Mutex, OnceLock, RwLock};

    #[derive(Clone, Debug, Default, PartialEq)]
    pub struct Record {
        pub id: u32,
        pub name: String,
        pub weight: u64,
        pub flags: u8,
    }

    #[derive(Debug)]
    pub enum Error {
        Missing,
        Number,
        Range(u64),
    }
";

/// Types and initial values, in turn.
const STATICS: [(&str, &str); 5] = [
    ("AtomicU64", "AtomicU64::new(0)"),
    ("Mutex<Vec<Record>>", "Mutex::new(Vec::new())"),
    ("RwLock<BTreeMap<u32, Record>>", "RwLock::new(BTreeMap::new())"),
    ("OnceLock<String>", "OnceLock::new()"),
    ("AtomicBool", "AtomicBool::new(true)"),
];

/// Functions, in turn. `$count` and the others are variables, in the order of their types.
const FUNCTIONS: [&str; 8] = [
    r#"
    pub fn $name(text: &str) -> Result<Record, Error> {
        let mut fields = text.split(',');
        let name = fields.next().ok_or(Error::Missing)?.trim();
        let id = fields.next().ok_or(Error::Missing)?.parse::<u32>().map_err(|_| Error::Number)?;
        let mut weight = 0_u64;
        for field in fields {
            let value: u64 = match field.trim().parse() {
                Ok(value) => value,
                Err(_) => continue,
            };
            if value > $limit {
                return Err(Error::Range(value));
            }
            weight = weight.wrapping_mul(31).wrapping_add(value);
        }
        let flags = if weight % 2 == 0 { 1 } else { 2 };
        Ok(Record { id, name: name.to_owned(), weight, flags })
    }
"#,
    r#"
    pub fn $name(amount: u64, urgent: bool) -> Result<u64, Error> {
        if amount == 0 {
            return Err(Error::Missing);
        }
        let mut amount = amount;
        while amount > $limit {
            amount /= 2;
        }
        let before = $count.fetch_add(amount, Relaxed);
        let mut after = before + amount;
        if urgent && after > 10 * $limit {
            $count.store($limit, Relaxed);
            after = $limit;
        }
        let change = after.saturating_sub(before);
        match change {
            0 => Err(Error::Range(after)),
            1..=9 => Ok(change),
            _ => Ok(change - change % 10),
        }
    }
"#,
    r#"
    pub fn $name(record: Record) -> usize {
        let mut records = $records.lock().unwrap();
        let known = records.iter().position(|other| other.id == record.id);
        let index = match known {
            Some(index) => {
                records[index].weight += record.weight;
                records[index].flags |= record.flags;
                index
            }
            None => {
                records.push(record);
                records.len() - 1
            }
        };
        if records.len() > $limit {
            records.sort_by(|one, other| other.weight.cmp(&one.weight));
            records.truncate($limit / 2);
        }
        index
    }
"#,
    r#"
    pub fn $name(id: u32, name: &str) -> Option<Record> {
        let table = $table.read().unwrap();
        let mut found = table.get(&id).cloned()?;
        drop(table);
        if found.name != name {
            found.name = name.to_owned();
            let weight = found.weight;
            $count.fetch_add(weight, Relaxed);
            let mut table = $table.write().unwrap();
            let replaced = table.insert(id, found.clone());
            assert_eq!(replaced.map(|record| record.weight), Some(weight), "record {id}");
        }
        let rest = found.weight % $limit;
        found.flags = u8::try_from(rest).unwrap_or(u8::MAX);
        Some(found)
    }
"#,
    r#"
    pub fn $name(records: &[Record], least: u64) -> Vec<u64> {
        let mut weights = Vec::with_capacity(records.len());
        let mut total = 0_u64;
        for record in records.iter().filter(|record| record.weight >= least) {
            let weight = match record.flags {
                0 => record.weight,
                flags if flags > 4 => record.weight / u64::from(flags),
                _ => record.weight.min($limit),
            };
            total += weight;
            weights.push(weight);
        }
        weights.sort_unstable();
        weights.dedup();
        let mean = total.checked_div(weights.len() as u64).unwrap_or(0);
        weights.retain(|weight| *weight >= mean);
        weights
    }
"#,
    r#"
    pub fn $name(records: &mut Vec<Record>) -> u64 {
        let enabled = $enabled.load(Relaxed);
        let mut dropped = 0;
        for record in records.iter_mut() {
            let old = record.weight;
            record.weight = if enabled { old.saturating_sub($limit) } else { old };
            if record.weight < old / 2 {
                dropped += 1;
            }
        }
        let before = records.len();
        records.retain(|record| record.weight > 0 && $enabled.load(Relaxed));
        let removed = (before - records.len()) as u64;
        if removed + dropped > $limit {
            $enabled.store(false, Relaxed);
        }
        removed
    }
"#,
    r#"
    pub fn $name(prefix: &str) -> String {
        let name = $label.get_or_init(|| "none".to_owned());
        let mut text = String::with_capacity(prefix.len() + name.len());
        for (index, part) in prefix.split('.').enumerate() {
            if index > 0 {
                text.push('.');
            }
            let part = part.trim_matches('-');
            text.push_str(part);
        }
        if text.is_empty() {
            return format!("{name}#{}", $count.load(Relaxed));
        }
        text.push_str(&format!("{}/{}", name, $limit));
        text
    }
"#,
    r#"
    impl Record {
        pub fn $name(&mut self, times: u32) -> Result<u64, Error> {
            let mut table = $table.write().map_err(|_| Error::Missing)?;
            let mut weight = self.weight;
            for time in 0..times {
                weight = weight.rotate_left(time) ^ u64::from(self.id);
                if weight == 0 {
                    break;
                }
            }
            let old = table.insert(self.id, Self { weight, ..self.clone() });
            let old = old.map_or(0, |old| old.weight);
            self.weight = weight;
            self.flags = self.flags.wrapping_add(1);
            if old > weight { Err(Error::Range(old - weight)) } else { Ok(weight - old + $limit) }
        }
    }
"#,
];
