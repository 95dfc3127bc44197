//! Tables of entries by name, rebuilt when modules were registered or unregistered.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use super::identity::{Identity, Named};
use crate::boot;
use crate::error::BootError;
use crate::registry::{self, ModuleEntry, classes};

/// The entries of registered modules. Entries of one name are sorted, so that the order is not the linker's.
#[derive(Debug)]
pub(crate) struct Table<E: 'static> {
    /// Sorted by name.
    named: Vec<NamedEntries<E>>,
    /// By the hash of a name, the position in `named` and one more, or the same in the next free place; 0 for none. At least
    /// half of the places are free.
    places: Vec<usize>,
}

/// A name, and the entries that have it.
type NamedEntries<E> = (&'static str, Vec<&'static E>);

impl<E: Named> Table<E> {
    fn new(mut entries: Vec<&'static E>) -> Self {
        entries.sort_by_key(|entry| {
            let Identity { name, module, file, line } = *entry.identity();
            let address = std::ptr::from_ref(*entry);
            (name, module.class.name, module.name, module.path, file, line, entry.variable(), address)
        });
        // A library that is loaded twice may register its entries twice.
        entries.dedup_by(|a, b| std::ptr::eq(*a, *b));
        let name = |entry: &&'static E| entry.identity().name;
        let named: Vec<_> =
            entries.chunk_by(|a, b| name(a) == name(b)).map(|named| (name(&named[0]), named.to_vec())).collect();
        let mut places = vec![0; (2 * named.len()).next_power_of_two()];
        for (position, (name, _)) in named.iter().enumerate() {
            let place = probe(&places, name).find(|place| places[*place] == 0).expect("there are free places");
            places[place] = position + 1;
        }
        Self { named, places }
    }

    /// The entries of this name. Costs a hash and a comparison.
    pub(crate) fn get(&self, name: &str) -> &[&'static E] {
        for place in probe(&self.places, name) {
            match self.places[place].checked_sub(1) {
                Some(position) if self.named[position].0 == name => return &self.named[position].1,
                Some(_) => {}
                None => break,
            }
        }
        &[]
    }

    /// The entries that `name`, or `qualifier::name`, identifies. `get` returns those of a name.
    pub(crate) fn find<'t>(
        &'t self,
        name: &'t str,
        get: impl Fn(&'t Self, &'t str) -> &'t [&'static E],
    ) -> impl Iterator<Item = &'static E> + Clone + 't {
        let (mut qualifier, mut named) = (None, get(self, name));
        // No name has a qualifier in it.
        if named.is_empty()
            && let Some((before, bare)) = name.rsplit_once("::")
        {
            (qualifier, named) = (Some(before), get(self, bare));
        }
        named.iter().copied().filter(move |entry| qualifier.is_none_or(|qualifier| entry.is_in(qualifier)))
    }

    /// All names, in order, and the entries of each.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &[&'static E])> {
        self.named.iter().map(|(name, entries)| (*name, entries.as_slice()))
    }

    /// All entries, by name.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &'static E> {
        self.named.iter().flat_map(|(_, entries)| entries).copied()
    }
}

/// The places where a name may be.
fn probe(places: &[usize], name: &str) -> impl Iterator<Item = usize> + use<> {
    let last = places.len() - 1;
    let start = hash(name);
    (0..=last).map(move |step| start.wrapping_add(step) & last)
}

/// Hashes as rustc does its own names: fast, and against no attack, since names are those of the program.
fn hash(name: &str) -> usize {
    const FACTOR: u64 = 0x51_7c_c1_b7_27_22_0a_95;
    let add = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    let bytes = name.as_bytes();
    let mut state = bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = add(state, u64::from_le_bytes(*word));
    }
    match bytes.last_chunk::<8>() {
        // Some bytes twice.
        Some(last) => state = add(state, u64::from_le_bytes(*last)),
        None => rest.iter().for_each(|byte| state = add(state, u64::from(*byte))),
    }
    // The best bits are the highest ones.
    #[allow(clippy::cast_possible_truncation, reason = "32 bits")]
    let hash = (state >> 32) as usize;
    hash
}

/// A collection of entries with names, and the table of them.
pub(crate) struct Names<E: 'static> {
    collected: fn() -> Vec<&'static E>,
    known: RwLock<Option<(u64, Table<E>)>>,
}

impl<E: Named> Names<E> {
    pub(crate) const fn new(collected: fn() -> Vec<&'static E>) -> Self {
        Self { collected, known: RwLock::new(None) }
    }

    /// Calls `f` with the current table; boots first if necessary. `f` runs under a lock, and calls no code of the program.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&Table<E>) -> R) -> Result<R, BootError> {
        boot::ensure()?;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((made, table)) if *made == registry::changes() => Ok(f(table)),
            _ => {
                drop(known);
                self.make(f)
            }
        }
    }

    #[cold]
    fn make<R>(&self, f: impl FnOnce(&Table<E>) -> R) -> Result<R, BootError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Read before the modules: after a concurrent change the table is made once more.
        let changes = registry::changes();
        let table = make((self.collected)())?;
        Ok(f(&known.insert((changes, table)).1))
    }
}

fn make<E: Named>(mut entries: Vec<&'static E>) -> Result<Table<E>, BootError> {
    // Boot has checked only the modules of variables and hooks.
    let named = entries.iter().map(|entry| entry.identity().module);
    if let Some(missing) = registry::missing_module(&registry::collected(), named) {
        return Err(BootError::NotCollected { missing });
    }
    let present: HashSet<*const ModuleEntry> =
        classes().iter().flat_map(|class| class.laid_out().present()).map(std::ptr::from_ref).collect();
    entries.retain(|entry| present.contains(&std::ptr::from_ref(entry.identity().module)));
    Ok(Table::new(entries))
}
