//! Values of all types, by the debug information of the program: of those whose layout the program does not export.
//!
//! A variable's record has the name of its type, as `std::any::type_name` writes it. The type with that name, size and
//! alignment is looked up; where several are different, none is taken. From there on references lead from type to type.

mod btree;
mod describe;
mod hash;
mod index;
mod lists;
mod locks;
mod names;
mod pointers;
mod sections;
mod walk;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use self::describe::{Described, Shape};
use self::index::{Id, Index, full_name};
use self::names::Name;

pub(crate) use self::walk::read;

/// The most pairs of types that are compared to find out whether two types of one name are the same.
const PAIRS: usize = 100_000;
/// The deepest array of arrays that a variable is.
const ARRAYS: u32 = 8;

/// The types of a program, from the debug information of its executable and libraries.
pub(crate) struct DebugInfo {
    index: Index,
    /// Why the program itself has none.
    missing: Option<String>,
    described: Mutex<HashMap<Id, Option<Arc<Type>>>>,
    found: Mutex<HashMap<Wanted, Result<Root, NotFound>>>,
}

impl fmt::Debug for DebugInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DebugInfo").field("missing", &self.missing).finish_non_exhaustive()
    }
}

/// What a record says of a type: its name, size and alignment.
type Wanted = (String, u64, u64);

/// A type and its generic arguments.
#[derive(Debug)]
struct Type {
    described: Described,
    arguments: Vec<(String, Id)>,
}

impl Type {
    fn argument(&self, name: &str) -> Option<Id> {
        self.arguments.iter().find(|(own, _)| own == name).map(|(_, of)| *of)
    }
}

/// Why the type of a variable is not known.
#[derive(Clone, Debug)]
enum NotFound {
    /// There is no debug information of it.
    Missing(String),
    /// Which type it is, is not clear.
    Unclear(String),
}

fn unclear(why: &str) -> NotFound {
    NotFound::Unclear(why.to_owned())
}

/// The type of a variable. An array has no entry under its name, but its elements have.
#[derive(Clone, Debug)]
enum Root {
    Of(Id),
    Array(Box<Root>, u64),
}

impl DebugInfo {
    /// Reads these files: linear in their debug information.
    pub(crate) fn load(files: impl Iterator<Item = (String, Result<File, String>)>) -> Self {
        let mut index = Index::default();
        let mut missing = None;
        for (number, (path, file)) in files.enumerate() {
            let added = file.and_then(sections::load).and_then(|dwarf| index.add(dwarf));
            match added {
                // Libraries of the system have none, and need none. The program is the first.
                Err(why) if number == 0 => missing = Some(format!("{path}: {why}")),
                _ => {}
            }
        }
        Self { index, missing, described: Mutex::default(), found: Mutex::default() }
    }

    /// The type of this name, size and alignment.
    ///
    /// # Errors
    ///
    /// Why it is not known.
    fn find(&self, name: &str, size: u64, align: u64) -> Result<Root, NotFound> {
        let key = (name.to_owned(), size, align);
        if let Some(found) = self.found.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return found.clone();
        }
        let parsed = Name::parse(name).ok_or_else(|| NotFound::Unclear("its name is not understood".to_owned()));
        let found = parsed.and_then(|parsed| self.find_named(&parsed, size, Some(align), 0));
        self.found.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
        found
    }

    fn find_named(&self, name: &Name, size: u64, align: Option<u64>, depth: u32) -> Result<Root, NotFound> {
        if let Name::Array(element, count) = name {
            if depth >= ARRAYS || *count == 0 || !size.is_multiple_of(*count) {
                return Err(unclear("it is an array that has nothing to show"));
            }
            let element = self.find_named(element, size / count, align, depth + 1)?;
            return Ok(Root::Array(Box::new(element), *count));
        }
        let of_name = |id: &&Id| {
            self.type_of(**id).is_some_and(|found| {
                let Described { name: own, namespace, .. } = &found.described;
                full_name(namespace, own).is_some_and(|full| name.is(&full))
            })
        };
        let named: Vec<Id> = self.index.with_key(name.key()).iter().filter(of_name).copied().collect();
        let fits = |id: &Id| {
            self.type_of(*id).is_some_and(|found| {
                found.described.size == size
                    && found.described.align.is_none_or(|own| align.is_none_or(|align| own == align))
            })
        };
        let fitting: Vec<Id> = named.iter().filter(|id| fits(id)).copied().collect();
        let Some((first, others)) = fitting.split_first() else {
            let missing = || "it does not have the type: build that with `debug = true`".to_owned();
            return Err(match named.len() {
                0 => NotFound::Missing(self.missing.clone().unwrap_or_else(missing)),
                _ => unclear("the debug information has it with another size"),
            });
        };
        let mut same = Same { info: self, seen: HashSet::new(), agree: true };
        if !others.iter().all(|other| same.are(*first, *other)) {
            return Err(unclear("the debug information has different types of this name"));
        }
        Ok(Root::Of(*first))
    }

    /// What is known of a type.
    fn type_of(&self, id: Id) -> Option<Arc<Type>> {
        if let Some(known) = self.described.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return known.clone();
        }
        let found = describe::describe(&self.index, id);
        let found = found.map(|(described, arguments)| Arc::new(Type { described, arguments }));
        self.described.lock().unwrap_or_else(PoisonError::into_inner).insert(id, found.clone());
        found
    }

    /// The size of a type, if it is bounded and known.
    fn size(&self, id: Id) -> Option<u64> {
        self.size_at(id, 0)
    }

    fn size_at(&self, id: Id, depth: u32) -> Option<u64> {
        let found = self.type_of(id)?;
        match found.described.shape {
            Shape::Array(element, count) if depth < ARRAYS => self.size_at(element, depth + 1)?.checked_mul(count),
            Shape::Array(..) => None,
            _ => Some(found.described.size),
        }
    }
}

/// Compares types of the same name, of which each unit of a program can have a copy.
struct Same<'i> {
    info: &'i DebugInfo,
    seen: HashSet<(Id, Id)>,
    agree: bool,
}

impl Same<'_> {
    /// Returns whether everything that both lead to is the same, as far as values depend on it.
    fn are(&mut self, one: Id, other: Id) -> bool {
        let mut left = vec![(one, other)];
        while let Some((one, other)) = left.pop() {
            if left.len() > PAIRS {
                return false;
            }
            if one == other || !self.seen.insert((one, other)) {
                continue;
            }
            if self.seen.len() > PAIRS || !self.agree {
                return false;
            }
            self.agree = match (self.info.type_of(one), self.info.type_of(other)) {
                (Some(one), Some(other)) => pairs(&one, &other, &mut left),
                (None, None) => true,
                _ => false,
            };
        }
        self.agree
    }
}

/// Compares two types and adds the types that they lead to.
fn pairs(one: &Type, other: &Type, left: &mut Vec<(Id, Id)>) -> bool {
    let (a, b) = (&one.described, &other.described);
    let mut members = |a: &[describe::Member], b: &[describe::Member]| {
        let same = a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (&a.name, a.offset) == (&b.name, b.offset));
        left.extend(a.iter().zip(b).map(|(a, b)| (a.of, b.of)));
        same
    };
    let same = match (&a.shape, &b.shape) {
        (Shape::Number(a), Shape::Number(b)) => a == b,
        (Shape::Struct(a), Shape::Struct(b)) | (Shape::Union(a), Shape::Union(b)) => members(a, b),
        (Shape::Variants { tag, variants }, Shape::Variants { tag: other, variants: others }) => {
            variants.len() == others.len()
                && members(tag.as_slice(), other.as_slice())
                && variants.iter().zip(others).all(|(a, b)| {
                    a.tag == b.tag && members(std::slice::from_ref(&a.member), std::slice::from_ref(&b.member))
                })
        }
        (Shape::Names(a), Shape::Names(b)) => a == b,
        (Shape::Pointer(a), Shape::Pointer(b)) => {
            left.extend(a.zip(*b));
            a.is_some() == b.is_some()
        }
        (Shape::Array(a, count), Shape::Array(b, other)) => {
            left.push((*a, *b));
            count == other
        }
        _ => false,
    };
    left.extend(one.arguments.iter().zip(&other.arguments).map(|((_, a), (_, b))| (*a, *b)));
    same && (&a.name, &a.namespace, a.size, a.align) == (&b.name, &b.namespace, b.size, b.align)
}
