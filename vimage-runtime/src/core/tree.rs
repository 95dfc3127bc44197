//! The instances of a class, by id, each below the one in which it was made.

use std::collections::HashMap;
use std::ptr::NonNull;

use super::handle::Handle;
use super::header::{BASE, Header};
use super::phase::Phase;
use crate::export::{RowIndex, Rows};

/// All instances of a class that have memory. Adding, removing and looking up take the same time whatever there is.
///
/// The children of an instance that is removed become those of its parent. They are not changed one by one: its node stays,
/// empty, as long as it holds several of them together. So there are fewer empty nodes than instances.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: HashMap<u64, Node>,
    next_id: u64,
    /// The nodes as they can be read from outside.
    rows: Rows,
}

/// The children of a node are a list linked by ids.
#[derive(Debug)]
struct Node {
    /// `None` where the instance is destroyed and the node has several children.
    header: Option<NonNull<Header>>,
    parent: u64,
    first_child: Option<u64>,
    previous: Option<u64>,
    next: Option<u64>,
    row: RowIndex,
}

// SAFETY: a header is reached through the tree under its lock only, and what is reached is atomic.
unsafe impl Send for Tree {}

impl Tree {
    pub(crate) fn new_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// The address of the directory of rows, which stays.
    pub(crate) fn directory(&self) -> u64 {
        self.rows.directory()
    }

    /// Adds an instance below its parent, or below the base if that is destroyed. The base is its own parent.
    pub(crate) fn insert(&mut self, id: u64, parent: u64, header: NonNull<Header>) {
        let parent = self.at_or_above(parent);
        let row = self.rows.add(id, parent, header);
        let mut node = Node { header: Some(header), parent, first_child: None, previous: None, next: None, row };
        if id != BASE {
            node.next = self.node(parent).first_child.replace(id);
            if let Some(next) = node.next {
                self.node(next).previous = Some(id);
            }
        }
        self.nodes.insert(id, node);
    }

    pub(crate) fn remove(&mut self, id: u64) {
        let Some(node) = self.nodes.get_mut(&id) else { return };
        node.header = None;
        self.rows.clear(node.row);
        let mut empty = id;
        // A node that loses a child may keep one, or none. Each node is taken out once, so this is constant on average.
        while let Some(parent) = self.take_out(empty) {
            empty = parent;
        }
    }

    /// Takes an empty node out that does not hold several children together; a single one takes its place. Returns the
    /// parent, if that has lost a child.
    fn take_out(&mut self, id: u64) -> Option<u64> {
        let node = &self.nodes[&id];
        let child = node.first_child;
        if node.header.is_some() || child.is_some_and(|child| self.nodes[&child].next.is_some()) {
            return None;
        }
        let Node { parent, previous, next, row, .. } = self.nodes.remove(&id)?;
        if let Some(child) = child {
            let child = self.node(child);
            (child.parent, child.previous, child.next) = (parent, previous, next);
            let row = child.row;
            self.rows.set_parent(row, parent);
        }
        self.rows.remove(row);
        match previous {
            Some(previous) => self.node(previous).next = child.or(next),
            None => self.node(parent).first_child = child.or(next),
        }
        if let Some(next) = next {
            self.node(next).previous = child.or(previous);
        }
        child.is_none().then_some(parent)
    }

    /// The instance, or the nearest one above it that is there.
    fn at_or_above(&self, mut id: u64) -> u64 {
        loop {
            match self.nodes.get(&id) {
                Some(node) if node.header.is_none() => id = node.parent,
                Some(_) => return id,
                None => return BASE,
            }
        }
    }

    fn header(&self, id: u64) -> Option<NonNull<Header>> {
        self.nodes.get(&id)?.header
    }

    fn node(&mut self, id: u64) -> &mut Node {
        self.nodes.get_mut(&id).expect("links lead to nodes")
    }

    /// A handle to an instance, unless it is shutting down or destroyed.
    #[track_caller]
    pub(crate) fn find(&self, id: u64) -> Option<Handle> {
        // SAFETY: as in `find_any`.
        let phase = unsafe { self.header(id)?.as_ref() }.phase();
        if matches!(phase, Phase::Creating | Phase::Live) { self.find_any(id) } else { None }
    }

    /// A handle to an instance to which there are handles, whatever its phase.
    #[track_caller]
    pub(crate) fn find_any(&self, id: u64) -> Option<Handle> {
        // SAFETY: a block is taken out of the tree before it is freed, and the tree is locked.
        unsafe { Handle::try_new(self.header(id)?) }
    }

    /// How an instance shows.
    pub(crate) fn describe(&self, id: u64) -> Option<String> {
        // SAFETY: as in `find_any`.
        self.header(id).map(|header| unsafe { header.as_ref() }.description())
    }

    /// The headers, in no order, by pointers to all of their blocks.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = NonNull<Header>> {
        self.nodes.values().filter_map(|node| node.header)
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
        if id == BASE {
            return None;
        }
        self.header(id)?;
        Some(self.at_or_above(self.nodes[&id].parent))
    }

    /// The ids of an instance and of all below it, in order.
    pub(crate) fn subtree(&self, root: u64) -> Vec<u64> {
        let mut found = Vec::new();
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            let Some(node) = self.nodes.get(&id) else { continue };
            found.extend(node.header.map(|_| id));
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
        let there = self.nodes.iter().filter(|(_, node)| node.header.is_some());
        let mut found: Vec<u64> = there.map(|(id, _)| *id).collect();
        found.sort_unstable();
        found
    }
}

#[cfg(all(test, not(vimage_shuttle)))]
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

    /// What the tree should say, from the parents that instances were made in.
    fn parent_in(made_in: &HashMap<u64, u64>, there: &[u64], id: u64) -> u64 {
        let mut parent = made_in[&id];
        while !there.contains(&parent) {
            parent = made_in[&parent];
        }
        parent
    }

    proptest::proptest! {
        #[test]
        fn any_order_of_removals_leaves_the_same_families(
            parents in proptest::collection::vec(0_u64..20, 1..20),
            removals in proptest::collection::vec(0_usize..20, 0..20),
        ) {
            let links: Vec<(u64, u64)> = (1..).zip(parents).map(|(id, parent)| (id, parent % id)).collect();
            let made_in: HashMap<u64, u64> = links.iter().copied().collect();
            let mut tree = tree(&links);
            let mut there: Vec<u64> = (0..=links.len() as u64).collect();
            for removal in removals {
                if there.len() == 1 {
                    break;
                }
                tree.remove(there.remove(1 + removal % (there.len() - 1)));
                proptest::prop_assert_eq!(&tree.all(), &there);
                proptest::prop_assert!(tree.nodes.len() < 2 * there.len(), "fewer empty nodes than others");
                for &id in &there {
                    let below = |other: &u64| {
                        let mut other = *other;
                        while other != id && other != BASE {
                            other = parent_in(&made_in, &there, other);
                        }
                        other == id
                    };
                    let subtree: Vec<u64> = there.iter().copied().filter(below).collect();
                    proptest::prop_assert_eq!(tree.subtree(id), subtree);
                    let parent = (id != BASE).then(|| parent_in(&made_in, &there, id));
                    proptest::prop_assert_eq!(tree.parent(id), parent);
                }
            }
        }
    }

    #[test]
    fn ids_are_not_used_twice() {
        let mut tree = tree(&[]);
        assert_eq!((tree.new_id(), tree.new_id()), (0, 1));
        tree.remove(1);
        assert_eq!(tree.new_id(), 2);
    }
}
