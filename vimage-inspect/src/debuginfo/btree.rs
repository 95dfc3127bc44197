//! Ordered maps, as std has them: nodes of up to 11 pairs, and in inner nodes one more edge than there are pairs.

use super::Type;
use super::describe::Shape;
use super::index::Id;
use super::lists::more;
use super::walk::{Data, ELEMENTS, Walk};
use crate::memory::Record;
use crate::value::Value;

/// The greatest height: each level multiplies by 6 or more.
const HEIGHT: u64 = 24;

/// Where nodes have their parts.
struct Nodes {
    leaf: u64,
    inner: u64,
    length: u64,
    edges: u64,
    /// The most pairs of a node.
    most: u64,
    /// Type, size and offset.
    key: (Id, u64, u64),
    value: (Id, u64, u64),
}

impl Walk<'_> {
    /// The pairs of a map, in order.
    pub(super) fn tree(&mut self, found: &Type, data: Data<'_>) -> Option<Value> {
        let length = data.after(self.word_of(found, &["length"])?).word();
        let (root, of) = self.field(found, &["root"])?;
        let (some, node) = self.some(of)?;
        let node_type = self.info.type_of(node)?;
        let at = |name: &str| Some(data.after(root).after(some).after(self.word_of(&node_type, &[name])?).word());
        let (address, height) = (at("node")?, at("height")?);
        let (_, pointer) = self.field(&node_type, &["node"])?;
        let nodes = self.nodes(self.info.type_of(pointer)?.argument("T")?)?;
        if length == 0 {
            return Some(Value::Map(Vec::new()));
        }
        self.note(address, length);
        if address == 0 || height > HEIGHT {
            return Some(self.contradiction(format!("a map of {length} pairs with a height of {height}")));
        }
        let mut pairs = Vec::new();
        if let Err(why) = self.node(&nodes, address, height, &mut pairs) {
            return Some(why);
        }
        let shown = pairs.len() as u64;
        let is_whole = shown < ELEMENTS && !self.is_full();
        if shown > length || (is_whole && shown != length) {
            return Some(self.contradiction(format!("a map with {shown} of {length} pairs")));
        }
        let mut rest = Vec::new();
        more(&mut rest, length - shown);
        pairs.extend(rest.into_iter().map(|more| (more, Value::Unset)));
        Some(Value::Map(pairs))
    }

    /// The offset and type of the value in an `Option`.
    fn some(&self, option: Id) -> Option<(u64, Id)> {
        let found = self.info.type_of(option)?;
        let Shape::Variants { variants, .. } = &found.described.shape else { return None };
        let some = variants.iter().find(|variant| variant.member.name == "Some")?;
        let (offset, of) = self.field(&*self.info.type_of(some.member.of)?, &["__0"])?;
        Some((some.member.offset.checked_add(offset)?, of))
    }

    fn nodes(&self, leaf: Id) -> Option<Nodes> {
        let leaf_type = self.info.type_of(leaf)?;
        let (_, parent) = self.field(&leaf_type, &["parent"])?;
        let (_, pointer) = self.some(parent)?;
        let inner = self.info.type_of(pointer)?.argument("T")?;
        let inner_type = self.info.type_of(inner)?;
        let (begin, data) = self.field(&inner_type, &["data"])?;
        let (edges, edge_list) = self.field(&inner_type, &["edges"])?;
        let (length, length_type) = self.field(&leaf_type, &["len"])?;
        let list = |name: &str, argument: &str| {
            let (offset, of) = self.field(&leaf_type, &[name])?;
            let element = leaf_type.argument(argument)?;
            let size = self.info.size(element)?;
            match self.info.type_of(of)?.described.shape {
                Shape::Array(slot, count) if self.info.size(slot)? == size => Some(((element, size, offset), count)),
                _ => None,
            }
        };
        let ((key, most), (value, values)) = (list("keys", "K")?, list("vals", "V")?);
        let is_known = begin == 0
            && self.info.size(data)? == self.info.size(leaf)?
            && self.info.size(length_type)? == 2
            && self.info.size(edge_list)? == (most + 1) * 8
            && values == most;
        is_known.then_some(Nodes {
            leaf: self.info.size(leaf)?,
            inner: self.info.size(inner)?,
            length,
            edges,
            most,
            key,
            value,
        })
    }

    /// Adds the pairs of a node and of those below it. Each node has a pair, so no more nodes are read than pairs are shown.
    fn node(&mut self, nodes: &Nodes, address: u64, height: u64, pairs: &mut Vec<(Value, Value)>) -> Result<(), Value> {
        let bytes = self.record(address, if height > 0 { nodes.inner } else { nodes.leaf })?;
        let count = u64::from(bytes.u16(nodes.length as usize));
        if count == 0 || count > nodes.most {
            return Err(self.contradiction(format!("a node of a map with {count} pairs")));
        }
        self.note(address, count);
        for index in 0..=count {
            if height > 0 {
                let edge = bytes.u64((nodes.edges + index * 8) as usize);
                self.node(nodes, edge, height - 1, pairs)?;
            }
            if pairs.len() as u64 >= ELEMENTS || self.is_full() {
                break;
            }
            if index < count {
                let key = self.part(&bytes, nodes.key, index);
                let value = self.part(&bytes, nodes.value, index);
                pairs.push((key, value));
            }
        }
        Ok(())
    }

    fn part(&mut self, bytes: &Record, (of, size, offset): (Id, u64, u64), index: u64) -> Value {
        self.value(of, Data { bytes, at: 0 }.after(offset).after(index * size))
    }
}
