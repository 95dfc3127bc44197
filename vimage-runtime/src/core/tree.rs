//! The instances of a class, by id, each below the one in which it was made.

use std::ptr::NonNull;
use std::sync::Arc;

use super::handle::Handle;
use super::header::{BASE, Header};
use super::index::Index;
use super::phase::Phase;
use super::slot::{Held, Slot};
use crate::export::Chunks;

/// All instances of a class that have memory. Adding, removing and looking up take the same time whatever there is.
///
/// The children of an instance that is removed become those of its parent. They are not changed one by one: its slot stays,
/// empty, as long as it holds several of them together. So there are fewer empty slots than instances.
#[derive(Debug)]
pub(crate) struct Tree {
    index: Arc<Index>,
    /// All slots that were ever made; a link is a position in here.
    slots: Vec<&'static Slot>,
    /// The same for readers outside of the process.
    chunks: Chunks,
    /// Slots that are in no list.
    free: Vec<u32>,
    /// The first and the last one in the order of ids.
    first: Option<u32>,
    last: Option<u32>,
    next_id: u64,
}

/// The last phase in which instances are found.
pub(super) const FINDABLE: Phase = Phase::Live;

/// How many slots are allocated at first, and at a time at most.
const FIRST_CHUNK: usize = 4;
const CHUNK: usize = 64;

impl Tree {
    pub(crate) fn new(index: Arc<Index>) -> Self {
        Self {
            index,
            slots: Vec::new(),
            chunks: Chunks::default(),
            free: Vec::new(),
            first: None,
            last: None,
            next_id: BASE,
        }
    }

    /// A slot for an instance that is to be [inserted](Self::insert), and its id.
    pub(crate) fn reserve(&mut self) -> (u64, &'static Slot) {
        let id = self.next_id;
        self.next_id += 1;
        let number = self.free.pop().unwrap_or_else(|| self.more_slots());
        (id, self.slot(number))
    }

    /// How many ids were handed out.
    #[cfg(vimage_shuttle)]
    pub(crate) fn ids(&self) -> u64 {
        self.next_id
    }

    /// The address of the record of the first chunk of slots, once there is an instance.
    pub(crate) fn chunks(&self) -> u64 {
        self.chunks.first()
    }

    fn slot(&self, number: u32) -> &'static Slot {
        self.slots[number as usize]
    }

    /// Adds slots, and returns the number of one that is in no list.
    #[cold]
    fn more_slots(&mut self) -> u32 {
        let count = self.slots.len().clamp(FIRST_CHUNK, CHUNK);
        // Never freed: see `Slot`.
        let start = self.slots.len();
        let number = |position: usize| u32::try_from(position).expect("memory for this many instances does not exist");
        let chunk: &'static [Slot] = Box::leak((start..start + count).map(number).map(Slot::new).collect());
        self.slots.extend(chunk);
        self.chunks.add(chunk);
        if self.slots.len() > self.index.len() {
            self.index.grow(self.slots[..start].iter().copied().filter(|slot| slot.is_used()));
        }
        self.free.extend(chunk[1..].iter().rev().map(|slot| slot.number));
        chunk[0].number
    }

    /// Adds an instance below its parent, or below the base if that is destroyed. The base is its own parent.
    ///
    /// From now on other threads find it, also without the lock.
    pub(crate) fn insert(&mut self, slot: &'static Slot, id: u64, parent: u64, header: NonNull<Header>) {
        let (number, links) = (slot.number, &slot.links);
        let parent = self.index.find(parent).or_else(|| self.index.find(BASE));
        let parent = parent.map_or(number, |parent| self.at_or_above(parent).number);
        links.parent.set(Some(parent));
        links.first_child.set(None);
        links.previous.set(None);
        links.next.set(None);
        if parent != number {
            let next = self.slot(parent).links.first_child.replace(Some(number));
            links.next.set(next);
            if let Some(next) = next {
                self.slot(next).links.previous.set(Some(number));
            }
        }
        links.earlier.set(self.last);
        links.later.set(None);
        match self.last.replace(number) {
            Some(last) => self.slot(last).links.later.set(Some(number)),
            None => self.first = Some(number),
        }
        slot.begin(id, header);
        self.index.insert(slot);
    }

    /// Takes an instance out, to which there are no handles. Afterwards its memory may be freed.
    pub(crate) fn remove(&mut self, slot: &'static Slot) {
        slot.forget_header();
        let (earlier, later) = (slot.links.earlier.get(), slot.links.later.get());
        match earlier {
            Some(earlier) => self.slot(earlier).links.later.set(later),
            None => self.first = later,
        }
        match later {
            Some(later) => self.slot(later).links.earlier.set(earlier),
            None => self.last = earlier,
        }
        let mut empty = slot;
        // A slot that loses a child may keep one, or none. Each one is taken out once, so this is constant on average.
        while let Some(parent) = self.take_out(empty) {
            empty = parent;
        }
    }

    /// Takes an empty slot out that does not hold several children together; a single one takes its place. Returns the
    /// parent, if that has lost a child.
    fn take_out(&mut self, slot: &'static Slot) -> Option<&'static Slot> {
        let links = &slot.links;
        let child = links.first_child.get();
        if slot.header().is_some() || child.is_some_and(|child| self.slot(child).links.next.get().is_some()) {
            return None;
        }
        let (parent, previous, next) = (links.parent.get(), links.previous.get(), links.next.get());
        let parent = self.slot(parent.expect("each slot in the tree has a parent"));
        if let Some(child) = child {
            let child = &self.slot(child).links;
            child.parent.set(Some(parent.number));
            child.previous.set(previous);
            child.next.set(next);
        }
        match previous {
            Some(previous) => self.slot(previous).links.next.set(child.or(next)),
            None => parent.links.first_child.set(child.or(next)),
        }
        if let Some(next) = next {
            self.slot(next).links.previous.set(child.or(previous));
        }
        self.index.remove(slot);
        if slot.end() {
            self.free.push(slot.number);
        }
        child.is_none().then_some(parent)
    }

    /// The instance, or the nearest one above it that is there.
    fn at_or_above(&self, mut slot: &'static Slot) -> &'static Slot {
        // The base is always there.
        while slot.header().is_none() {
            slot = self.slot(slot.links.parent.get().expect("each slot in the tree has a parent"));
        }
        slot
    }

    /// A handle to an instance, unless it is shutting down or destroyed.
    #[track_caller]
    pub(crate) fn find(&self, id: u64) -> Option<Handle> {
        self.hold(id, FINDABLE)
    }

    /// A handle to an instance to which there are handles, whatever its phase.
    #[track_caller]
    pub(crate) fn find_any(&self, id: u64) -> Option<Handle> {
        self.hold(id, Phase::Gone)
    }

    #[track_caller]
    fn hold(&self, id: u64, most: Phase) -> Option<Handle> {
        match self.index.find(id)?.hold(id, most) {
            // SAFETY: just counted.
            Held::Counted(header) => Some(unsafe { Handle::from_counted(header) }),
            Held::Another | Held::NotAnyMore => None,
        }
    }

    /// How an instance shows.
    pub(crate) fn describe(&self, id: u64) -> Option<String> {
        // SAFETY: as in `for_each`.
        self.index.find(id)?.header().map(|header| unsafe { header.as_ref() }.description())
    }

    /// The slots of the instances that are there, in the order of their ids.
    fn present(&self) -> impl Iterator<Item = &'static Slot> {
        let slot = |number| self.slot(number);
        std::iter::successors(self.first.map(slot), move |last| last.links.later.get().map(slot))
    }

    /// The headers, in the order of their ids, by pointers to all of their blocks.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = NonNull<Header>> {
        self.present().filter_map(Slot::header)
    }

    /// Looks at each header, in the order of their ids.
    pub(crate) fn for_each(&self, mut f: impl FnMut(&Header)) {
        for header in self.blocks() {
            // SAFETY: a block is taken out of the tree before it is freed, and the tree is locked.
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
        found
    }

    /// The parent's id; `None` for the base, and for what is not there.
    pub(crate) fn parent(&self, id: u64) -> Option<u64> {
        let slot = self.index.find(id).filter(|slot| id != BASE && slot.header().is_some())?;
        Some(self.at_or_above(self.slot(slot.links.parent.get()?)).id())
    }

    /// The ids of an instance and of all below it, in order.
    pub(crate) fn subtree(&self, root: u64) -> Vec<u64> {
        let mut found = Vec::new();
        let mut open = Vec::from_iter(self.index.find(root));
        while let Some(slot) = open.pop() {
            found.extend(slot.header().map(|_| slot.id()));
            let mut child = slot.links.first_child.get();
            while let Some(number) = child {
                let slot = self.slot(number);
                open.push(slot);
                child = slot.links.next.get();
            }
        }
        found.sort_unstable();
        found
    }

    /// All ids, in order.
    pub(crate) fn all(&self) -> Vec<u64> {
        self.present().map(Slot::id).collect()
    }
}

#[cfg(all(test, not(vimage_shuttle)))]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// A tree whose headers are never looked at.
    fn tree(links: &[(u64, u64)]) -> Tree {
        let mut tree = Tree::new(Arc::new(Index::new()));
        insert(&mut tree, BASE, BASE);
        links.iter().for_each(|&(id, parent)| insert(&mut tree, id, parent));
        tree
    }

    fn insert(tree: &mut Tree, id: u64, parent: u64) {
        let (next, slot) = tree.reserve();
        assert_eq!(next, id);
        tree.insert(slot, id, parent, NonNull::dangling());
    }

    fn remove(tree: &mut Tree, id: u64) {
        let slot = tree.index.find(id).unwrap();
        assert!(slot.handles.release_last());
        tree.remove(slot);
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
            remove(&mut tree, gone);
            let left: Vec<u64> = (0..=6).filter(|&id| id != gone).collect();
            assert_eq!(tree.subtree(BASE), left);
            assert_eq!(tree.parent(4), Some(BASE));
            assert_eq!(tree.subtree(4), [4, 6]);
            for id in left.into_iter().rev().filter(|&id| id != BASE) {
                remove(&mut tree, id);
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
                remove(&mut tree, there.remove(1 + removal % (there.len() - 1)));
                proptest::prop_assert_eq!(&tree.all(), &there);
                let used = tree.slots.iter().filter(|slot| slot.is_used()).count();
                proptest::prop_assert!(used < 2 * there.len(), "fewer empty slots than others");
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
    fn ids_are_not_used_twice_and_slots_are() {
        let mut tree = tree(&[(1, 0)]);
        let slot = tree.index.find(1).unwrap();
        remove(&mut tree, 1);
        insert(&mut tree, 2, 0);
        assert!(std::ptr::eq(slot, tree.index.find(2).unwrap()));
        assert_eq!(slot.hold(1, Phase::Gone), Held::Another);
        assert!(tree.index.find(1).is_none());
        assert!(matches!(slot.hold(2, Phase::Gone), Held::Counted(_)));
    }

    #[test]
    fn what_is_there_is_found_by_its_id_alone() {
        let mut tree = tree(&[]);
        // Beyond several sizes of the index; what remains has ids that fall into few buckets.
        for id in 1..1_000 {
            insert(&mut tree, id, id / 2);
        }
        for id in (1..1_000).filter(|id| id % 128 != 0) {
            remove(&mut tree, id);
        }
        for id in 0..1_000 {
            let found = tree.index.hold(id, Phase::Gone);
            assert_eq!(matches!(found, Held::Counted(_)), id % 128 == 0, "{id}");
        }
        assert_eq!(tree.all(), [0, 128, 256, 384, 512, 640, 768, 896]);
    }
}
