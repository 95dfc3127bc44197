//! The instances, from the slots of each class.

use std::collections::{HashMap, HashSet};

use crate::error::Error;
use crate::look::Instance;
use crate::memory::{Reader, Record};
use crate::tables::{Class, Layout, Tables};

/// The id of a slot without an instance.
const FREE: u64 = u64::MAX;
/// The parent of a slot that has none.
const NONE: u32 = u32::MAX;
/// The most instances of one process, and the most slots of one chunk.
const INSTANCES: usize = 1 << 22;
const CHUNK: u64 = 1 << 16;
/// The most bytes of a slot, and of a header that a reader looks at.
const SLOT: u64 = 1024;
const HEADER: u64 = 1024;
/// How often the nodes above an instance are read, while they change.
const ATTEMPTS: u32 = 10;

/// A slot at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    address: u64,
    id: u64,
    block: u64,
}

impl Slot {
    /// Returns whether it still has the same instance, which then was there all the while: ids are given once.
    pub(crate) fn is_same(&self, reader: &Reader<'_>, layout: &Layout) -> bool {
        let now = reader.record(self.address, layout.slot);
        now.is_ok_and(|now| Node::new(&now, self.address, layout).slot == *self)
    }
}

/// A slot with what is read of it once.
#[derive(Clone, Copy, Debug)]
struct Node {
    slot: Slot,
    parent: u32,
    handles: u64,
    phase: u8,
}

impl Node {
    fn new(record: &Record, address: u64, layout: &Layout) -> Self {
        Self {
            slot: Slot { address, id: record.u64(layout.slot_id as usize), block: record.u64(layout.block as usize) },
            parent: record.u32(layout.parent as usize),
            handles: record.u64(layout.handles as usize) & layout.handles_mask,
            phase: record.u8(layout.phase as usize),
        }
    }

    fn has_instance(&self) -> bool {
        self.slot.id != FREE && self.slot.block != 0
    }
}

/// All instances that exist while this runs, class by class.
pub(crate) fn instances(reader: &Reader<'_>, tables: &Tables) -> Result<Vec<Instance>, Error> {
    let mut all: Vec<Instance> = Vec::new();
    for (number, class) in tables.classes.iter().enumerate() {
        let layout = &tables.layouts[class.tables];
        let nodes = nodes(reader, class, layout)?;
        let mut found = Vec::new();
        let mut ids = HashSet::new();
        for node in nodes.iter().filter(|node| node.has_instance()) {
            // An instance is in one slot. Where it is in two, one was read before it was destroyed, or memory is damaged.
            if !ids.insert(node.slot.id) {
                continue;
            }
            match instance(reader, number, layout, node) {
                Ok(instance) => found.push(instance),
                // If it was not destroyed meanwhile, its memory is damaged.
                Err(error) if reader.is_still() || node.slot.is_same(reader, layout) => return Err(error),
                Err(_) => {}
            }
        }
        let later = if reader.is_still() { nodes } else { self::nodes(reader, class, layout)? };
        let numbers: HashMap<u64, usize> =
            later.iter().enumerate().map(|(number, node)| (node.slot.address, number)).collect();
        let parents = Parents { reader, layout, nodes: &later };
        found.retain_mut(|instance| {
            // Those whose slots are the same afterwards existed all the while.
            let node = numbers.get(&instance.slot.address).map(|number| &later[*number]);
            let node = node.filter(|node| node.slot == instance.slot);
            instance.parent = node.and_then(|node| parents.of(node));
            node.is_some()
        });
        found.sort_unstable_by_key(|instance| instance.id);
        if all.len() + found.len() > INSTANCES {
            return Err(Error::damaged("there are more instances than any process has"));
        }
        all.extend(found);
    }
    Ok(all)
}

/// The slots of a class, by their numbers.
fn nodes(reader: &Reader<'_>, class: &Class, layout: &Layout) -> Result<Vec<Node>, Error> {
    let ends = [layout.slot_id + 8, layout.block + 8, layout.parent + 4, layout.handles + 8, layout.phase + 1];
    if !(1..=SLOT).contains(&layout.slot) || ends.iter().any(|end| *end > layout.slot) {
        return Err(Error::damaged("slots of an impossible size"));
    }
    let mut nodes = Vec::new();
    let mut seen = HashSet::new();
    let mut next = class.chunks;
    while next != 0 {
        let chunk = reader.record(next, 24)?;
        let (address, count) = (chunk.u64(0), chunk.u64(8));
        if !seen.insert(next) {
            return Err(Error::damaged("the chunks of slots form a circle"));
        }
        if !(1..=CHUNK).contains(&count) || nodes.len() + count as usize > INSTANCES {
            return Err(Error::damaged(format!("a chunk of {count} slots")));
        }
        let slots = reader.record(address, count * layout.slot)?;
        nodes.extend((0..count).map(|index| {
            let offset = index * layout.slot;
            Node::new(&slots.slice(offset as usize, layout.slot as usize), address.wrapping_add(offset), layout)
        }));
        next = chunk.u64(16);
    }
    Ok(nodes)
}

fn instance(reader: &Reader<'_>, class: usize, layout: &Layout, node: &Node) -> Result<Instance, Error> {
    let end = (layout.id + 8).max(layout.name + 16);
    if end > HEADER {
        return Err(Error::damaged("headers of an impossible size"));
    }
    let Slot { id, block, .. } = node.slot;
    let header = reader.record(block, end)?;
    if header.u64(layout.id as usize) != id {
        return Err(Error::damaged(format!("the memory of instance {id} is that of another one")));
    }
    let (name, length) = (header.u64(layout.name as usize), header.u64(layout.name as usize + 8));
    Ok(Instance {
        class,
        id,
        name: if name == 0 { None } else { Some(reader.text(name, length)?) },
        state: layout.states.get(usize::from(node.phase)).cloned().unwrap_or_else(|| "?".to_owned()),
        handles: node.handles,
        parent: None,
        block,
        slot: node.slot,
    })
}

/// The way from an instance to the nearest one above it.
struct Parents<'a> {
    reader: &'a Reader<'a>,
    layout: &'a Layout,
    nodes: &'a [Node],
}

impl Parents<'_> {
    /// The id of the parent; `None` for the base instance.
    fn of(&self, node: &Node) -> Option<u64> {
        if node.slot.id == 0 {
            return None;
        }
        let mut found = self.above(*node, |number| self.nodes.get(number as usize).copied());
        for _ in 0..ATTEMPTS {
            if found.is_some() || self.reader.is_still() {
                break;
            }
            // A node above was destroyed while the slots were read; the links are other ones now.
            let read = |number: u32| self.again(self.nodes.get(number as usize)?);
            found = self.again(node).and_then(|node| self.above(node, read));
        }
        // The base is above all.
        Some(found.unwrap_or(0))
    }

    fn again(&self, node: &Node) -> Option<Node> {
        let address = node.slot.address;
        Some(Node::new(&self.reader.record(address, self.layout.slot).ok()?, address, self.layout))
    }

    /// The id of the first instance above. `None` where the way leads to a later instance: a slot above was used again, because
    /// an instance is always later than those above it. So the way has an end.
    fn above(&self, mut node: Node, read: impl Fn(u32) -> Option<Node>) -> Option<u64> {
        loop {
            let parent = read(node.parent).filter(|_| node.parent != NONE)?;
            if parent.slot.id >= node.slot.id {
                return None;
            }
            if parent.has_instance() {
                return Some(parent.slot.id);
            }
            node = parent;
        }
    }
}
