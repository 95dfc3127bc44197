//! The live instances of a class: found by id, and arranged by who made whom.

use std::collections::HashMap;
use std::ptr::NonNull;

use super::handle::Handle;
use super::header::{Header, Phase};

/// Ids are handed out in order and never again; the base instance has the first.
pub(crate) const BASE: u64 = 0;

/// All instances of a class that have memory. Adding, removing and looking up take the same time whatever
/// there is; a removal hands its children to its parent, one by one.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: HashMap<u64, Node>,
    next_id: u64,
}

/// The children of a node are a list linked by ids.
#[derive(Debug)]
struct Node {
    header: NonNull<Header>,
    parent: u64,
    first_child: Option<u64>,
    previous: Option<u64>,
    next: Option<u64>,
}

// SAFETY: a header is reached through the tree under its lock only, and what is reached is atomic.
unsafe impl Send for Tree {}

impl Tree {
    pub(crate) fn new_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// Adds an instance below its parent, below the base where that is gone. The base is its own parent.
    pub(crate) fn insert(&mut self, id: u64, parent: u64, header: NonNull<Header>) {
        let parent = if self.nodes.contains_key(&parent) { parent } else { BASE };
        self.nodes.insert(id, Node { header, parent, first_child: None, previous: None, next: None });
        if id != BASE {
            self.link(id, parent);
        }
    }

    pub(crate) fn remove(&mut self, id: u64) {
        let Some(node) = self.nodes.remove(&id) else { return };
        match node.previous {
            Some(previous) => self.node(previous).next = node.next,
            None => self.node(node.parent).first_child = node.next,
        }
        if let Some(next) = node.next {
            self.node(next).previous = node.previous;
        }
        let mut orphan = node.first_child;
        while let Some(child) = orphan {
            orphan = self.node(child).next;
            self.link(child, node.parent);
        }
    }

    /// Makes `id` the first child of `parent`.
    fn link(&mut self, id: u64, parent: u64) {
        let next = self.node(parent).first_child.replace(id);
        let node = self.node(id);
        (node.parent, node.previous, node.next) = (parent, None, next);
        if let Some(next) = next {
            self.node(next).previous = Some(id);
        }
    }

    fn node(&mut self, id: u64) -> &mut Node {
        self.nodes.get_mut(&id).expect("links lead to nodes")
    }

    /// A handle to an instance, unless it is gone or going.
    #[track_caller]
    pub(crate) fn find(&self, id: u64) -> Option<Handle> {
        // SAFETY: as in `find_any`.
        let phase = unsafe { self.nodes.get(&id)?.header.as_ref() }.phase();
        if matches!(phase, Phase::Creating | Phase::Live) { self.find_any(id) } else { None }
    }

    /// A handle to an instance to which there are handles, whatever its phase.
    #[track_caller]
    pub(crate) fn find_any(&self, id: u64) -> Option<Handle> {
        let node = self.nodes.get(&id)?;
        // SAFETY: a block is taken out of the tree before it is freed, and the tree is locked.
        unsafe { Handle::try_new(node.header) }
    }

    /// How an instance shows.
    pub(crate) fn describe(&self, id: u64) -> Option<String> {
        // SAFETY: as in `find_any`.
        self.nodes.get(&id).map(|node| unsafe { node.header.as_ref() }.description())
    }

    /// The headers, in no order, by pointers to all of their blocks.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = NonNull<Header>> {
        self.nodes.values().map(|node| node.header)
    }

    /// Looks at each header, in no order.
    pub(crate) fn for_each(&self, mut f: impl FnMut(&Header)) {
        for header in self.blocks() {
            // SAFETY: as in `find_any`.
            f(unsafe { header.as_ref() });
        }
    }

    /// The ids of those for which this holds, in order.
    pub(crate) fn all_where(&self, wanted: impl Fn(&Header) -> bool) -> Vec<u64> {
        let mut found = Vec::new();
        self.for_each(|header| {
            if wanted(header) {
                found.push(header.id);
            }
        });
        found.sort_unstable();
        found
    }

    /// The parent's id; `None` for the base, and for what is not there.
    pub(crate) fn parent(&self, id: u64) -> Option<u64> {
        (id != BASE).then(|| self.nodes.get(&id).map(|node| node.parent))?
    }

    /// The ids of an instance and of all below it, in order.
    pub(crate) fn subtree(&self, root: u64) -> Vec<u64> {
        let mut found = Vec::new();
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            let Some(node) = self.nodes.get(&id) else { continue };
            found.push(id);
            let mut child = node.first_child;
            while let Some(id) = child {
                open.push(id);
                child = self.nodes[&id].next;
            }
        }
        found.sort_unstable();
        found
    }

    /// All ids, in order.
    pub(crate) fn all(&self) -> Vec<u64> {
        let mut found: Vec<u64> = self.nodes.keys().copied().collect();
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree whose headers are never looked at.
    fn tree(links: &[(u64, u64)]) -> Tree {
        let mut tree = Tree::default();
        tree.insert(BASE, BASE, NonNull::dangling());
        for &(id, parent) in links {
            tree.insert(id, parent, NonNull::dangling());
        }
        tree
    }

    #[test]
    fn a_subtree_is_what_was_made_below_in_order_of_ids() {
        let tree = tree(&[(1, 0), (2, 1), (3, 0), (4, 2), (5, 1)]);
        assert_eq!(tree.subtree(1), [1, 2, 4, 5]);
        assert_eq!(tree.subtree(3), [3]);
        assert_eq!(tree.subtree(BASE), [0, 1, 2, 3, 4, 5]);
        assert_eq!(tree.all(), [0, 1, 2, 3, 4, 5]);
        assert_eq!(tree.subtree(9), [0_u64; 0]);
    }

    #[test]
    fn children_go_to_the_parent_of_what_is_removed() {
        // First, middle and last of a list of children, each with children of its own.
        for gone in [1, 2, 3] {
            let mut tree = tree(&[(1, 0), (2, 0), (3, 0), (4, gone), (5, gone), (6, 4)]);
            tree.remove(gone);
            let left: Vec<u64> = (0..=6).filter(|&id| id != gone).collect();
            assert_eq!(tree.subtree(BASE), left);
            assert_eq!(tree.parent(4), Some(BASE));
            assert_eq!(tree.subtree(4), [4, 6]);
            for id in left.into_iter().rev().filter(|&id| id != BASE) {
                tree.remove(id);
            }
            assert_eq!(tree.subtree(BASE), [BASE]);
        }
    }

    #[test]
    fn a_parent_that_is_gone_is_replaced_by_the_base() {
        let tree = tree(&[(1, 7)]);
        assert_eq!(tree.parent(1), Some(BASE));
        assert_eq!(tree.parent(BASE), None);
    }

    #[test]
    fn ids_are_not_used_twice() {
        let mut tree = tree(&[]);
        assert_eq!((tree.new_id(), tree.new_id()), (0, 1));
        tree.remove(1);
        assert_eq!(tree.new_id(), 2);
    }
}
