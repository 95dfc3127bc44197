//! What a router knows of the network, and the shortest paths in it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::stack::linkstate::pdu::{Lsp, Router};

/// The newest message of each router.
#[derive(Debug)]
pub struct Database(BTreeMap<Router, Lsp>);

/// Whether a message was news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    Newer,
    Same,
    Older,
}

impl Database {
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Keeps a message if it is newer than the one that is there.
    pub fn update(&mut self, lsp: Lsp) -> Age {
        let known = self.0.get(&lsp.origin).map(|known| known.sequence);
        match known.cmp(&Some(lsp.sequence)) {
            std::cmp::Ordering::Less => {
                self.0.insert(lsp.origin, lsp);
                Age::Newer
            }
            std::cmp::Ordering::Equal => Age::Same,
            std::cmp::Ordering::Greater => Age::Older,
        }
    }

    pub fn get(&self, origin: Router) -> Option<&Lsp> {
        self.0.get(&origin)
    }

    pub fn all(&self) -> impl ExactSizeIterator<Item = &Lsp> {
        self.0.values()
    }

    /// The messages in the order of their routers, from the one after this router on and around.
    pub fn after(&self, router: Router) -> impl Iterator<Item = &Lsp> {
        let above = self.0.range((Bound::Excluded(router), Bound::Unbounded));
        above.chain(self.0.range(..=router)).map(|(_, lsp)| lsp)
    }

    /// A number that is the same if two databases are.
    pub fn digest(&self) -> u64 {
        let mixed = |lsp: &Lsp| {
            let number = u64::from(lsp.origin) << 32 | u64::from(lsp.sequence);
            let number = (number ^ (number >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (number ^ (number >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
        };
        self.0.values().fold(0, |digest, lsp| digest ^ mixed(lsp))
    }

    /// Returns whether both routers say that there is a link. After a failure, only one of them may have noticed.
    fn is_mutual(&self, a: Router, b: Router) -> bool {
        let says = |a, b| self.0.get(&a).is_some_and(|lsp: &Lsp| lsp.neighbours.binary_search(&b).is_ok());
        says(a, b) && says(b, a)
    }

    /// The interfaces of `own` on the shortest paths to each router that can be reached, in the order of the routers.
    /// `links` are the interfaces that are up, with the routers at the other ends.
    pub fn paths(&self, own: Router, links: &[(u32, Router)]) -> Vec<(Router, Vec<u32>)> {
        let mut paths: BTreeMap<Router, BTreeSet<u32>> = BTreeMap::new();
        let mut frontier: BTreeMap<Router, BTreeSet<u32>> = BTreeMap::new();
        for (interface, peer) in links.iter().filter(|(_, peer)| self.is_mutual(own, *peer)) {
            frontier.entry(*peer).or_default().insert(*interface);
        }
        // All routers of one distance at a time, so that each path of this length is seen before the next ones.
        while !frontier.is_empty() {
            let mut next: BTreeMap<Router, BTreeSet<u32>> = BTreeMap::new();
            paths.extend(frontier.iter().map(|(router, interfaces)| (*router, interfaces.clone())));
            for (router, interfaces) in &frontier {
                for neighbour in self.0.get(router).into_iter().flat_map(|lsp| &lsp.neighbours) {
                    let is_new = *neighbour != own && !paths.contains_key(neighbour);
                    if is_new && self.is_mutual(*router, *neighbour) {
                        next.entry(*neighbour).or_default().extend(interfaces);
                    }
                }
            }
            frontier = next;
        }
        paths.into_iter().map(|(router, interfaces)| (router, interfaces.into_iter().collect())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lsp(origin: Router, sequence: u32, neighbours: &[Router]) -> Lsp {
        Lsp { origin, sequence, neighbours: neighbours.to_vec() }
    }

    /// A square with a tail: 1-2, 1-3, 2-4, 3-4, 4-5.
    fn square() -> Database {
        let mut database = Database::new();
        for (origin, neighbours) in [(1, &[2, 3][..]), (2, &[1, 4]), (3, &[1, 4]), (4, &[2, 3, 5]), (5, &[4])] {
            assert_eq!(database.update(lsp(origin, 1, neighbours)), Age::Newer);
        }
        database
    }

    #[test]
    fn all_shortest_paths_are_found() {
        let paths = square().paths(1, &[(0, 2), (1, 3)]);
        assert_eq!(paths, [(2, vec![0]), (3, vec![1]), (4, vec![0, 1]), (5, vec![0, 1])]);
        // Of two links to the same router, both are used.
        assert_eq!(square().paths(5, &[(0, 4), (1, 4)])[3], (4, vec![0, 1]));
    }

    #[test]
    fn the_messages_go_around() {
        let around = |router| square().after(router).map(|lsp| lsp.origin).collect::<Vec<Router>>();
        assert_eq!((around(0), around(3), around(5)), (vec![1, 2, 3, 4, 5], vec![4, 5, 1, 2, 3], vec![1, 2, 3, 4, 5]));
    }

    #[test]
    fn a_link_counts_if_both_ends_say_so() {
        let mut database = square();
        assert_eq!(database.update(lsp(4, 2, &[3, 5])), Age::Newer);
        assert_eq!(database.paths(1, &[(0, 2), (1, 3)])[2], (4, vec![1]));
        // A router that was heard and has not said anything is not reached.
        assert_eq!(database.paths(1, &[(0, 9)]), []);
    }

    #[test]
    fn the_newest_message_is_kept() {
        let mut database = square();
        let before = database.digest();
        assert_eq!(database.update(lsp(5, 3, &[])), Age::Newer);
        assert_eq!((database.update(lsp(5, 3, &[4])), database.update(lsp(5, 2, &[4]))), (Age::Same, Age::Older));
        assert_eq!(database.get(5), Some(&lsp(5, 3, &[])));
        assert_ne!(database.digest(), before);
        assert_eq!(square().digest(), before);
    }
}
