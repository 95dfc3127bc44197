//! Generated networks of any size, with few routes per node.

use crate::lab::address::address;
use crate::stack::inet::Prefix;

/// A generated network. The number of routes of a node does not grow with the network.
pub trait Plan {
    fn edges(&self) -> Vec<(usize, usize)>;
    /// Prefixes that a node reaches through a neighbour.
    fn routes(&self, node: usize) -> Vec<(Prefix, usize)>;
}

/// A ring: each node has routes to its two neighbours, and sends everything else clockwise.
pub struct Ring(pub usize);

impl Plan for Ring {
    fn edges(&self) -> Vec<(usize, usize)> {
        let closing = (self.0 > 2).then_some((self.0 - 1, 0));
        (1..self.0).map(|node| (node - 1, node)).chain(closing).collect()
    }

    fn routes(&self, node: usize) -> Vec<(Prefix, usize)> {
        if self.0 < 2 {
            return Vec::new();
        }
        let (next, previous) = ((node + 1) % self.0, (node + self.0 - 1) % self.0);
        vec![(Prefix::host(address(next)), next), (Prefix::host(address(previous)), previous), (Prefix::ANY, next)]
    }
}

/// A binary tree whose nodes are numbered in order, from 1. If a number ends in `t` zeros, the numbers of the subtree
/// differ from it in the last `t + 1` bits only, so that one prefix leads to each child.
pub struct Tree(pub usize);

impl Tree {
    /// The number of the parent; numbers beyond the last node are skipped.
    fn parent(&self, number: usize) -> Option<usize> {
        if number == self.root() {
            return None;
        }
        let mut parent = number;
        loop {
            let bit = parent & parent.wrapping_neg();
            parent = (parent - bit) | (bit << 1);
            if parent <= self.0 {
                return Some(parent);
            }
        }
    }

    fn root(&self) -> usize {
        1 << self.0.ilog2()
    }

    /// The children: the lower one's subtree starts where this one's does, the upper one's at this node.
    fn children(&self, number: usize) -> [Option<usize>; 2] {
        let mut half = (number & number.wrapping_neg()) >> 1;
        if half == 0 {
            return [None, None];
        }
        let lower = Some(number - half);
        while half > 0 && number + half > self.0 {
            half >>= 1;
        }
        [lower, (half > 0).then_some(number + half)]
    }
}

impl Plan for Tree {
    fn edges(&self) -> Vec<(usize, usize)> {
        (1..=self.0).filter_map(|number| Some((self.parent(number)? - 1, number - 1))).collect()
    }

    fn routes(&self, node: usize) -> Vec<(Prefix, usize)> {
        let number = node + 1;
        let size = number & number.wrapping_neg();
        let length = 32 - size.trailing_zeros() as u8;
        let mut routes = Vec::new();
        let [lower, upper] = self.children(number);
        // The first address of the lower half is not in the subtree: it is a node further up.
        if let Some(lower) = lower {
            routes.push((Prefix::new(address(lower - 1), length), lower - 1));
        }
        if let Some(upper) = upper {
            routes.push((Prefix::new(address(upper - 1), length), upper - 1));
        }
        if let Some(parent) = self.parent(number) {
            if number > size {
                routes.push((Prefix::host(address(number - size - 1)), parent - 1));
            }
            routes.push((Prefix::ANY, parent - 1));
        }
        routes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows the routes of a plan from one node to another.
    fn path_length(plan: &dyn Plan, from: usize, to: usize) -> usize {
        let mut at = from;
        for length in 0.. {
            if at == to {
                return length;
            }
            let routes = plan.routes(at);
            let matching = routes.iter().filter(|(prefix, _)| prefix.contains(address(to)));
            at = matching.max_by_key(|(prefix, _)| prefix.length()).expect("there is a route").1;
            assert!(length < 100, "{from} to {to} does not end");
        }
        unreachable!("the loop returns or panics")
    }

    #[test]
    fn trees_are_trees_and_everything_is_reached() {
        for nodes in 1..=40 {
            let tree = Tree(nodes);
            assert_eq!(tree.edges().len(), nodes - 1);
            for (from, to) in (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to))) {
                assert!(path_length(&tree, from, to) <= 12, "{from} to {to} of {nodes}");
            }
        }
    }

    #[test]
    fn rings_are_rings() {
        assert_eq!((Ring(1).edges().len(), Ring(2).edges().len(), Ring(5).edges().len()), (0, 1, 5));
        for nodes in 1..=10 {
            assert!((0..nodes).all(|node| path_length(&Ring(nodes), node, (node + 1) % nodes) <= 1));
        }
    }
}
