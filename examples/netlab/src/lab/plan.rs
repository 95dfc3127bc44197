//! Generated networks of any size.

use crate::lab::address::address;
use crate::stack::inet::Prefix;

/// A generated network.
pub trait Plan {
    fn nodes(&self) -> usize;
    fn edges(&self) -> Vec<(usize, usize)>;
    /// Prefixes that a node reaches through a neighbour, if a few of them are enough. Otherwise each node has a route to
    /// each other one.
    fn routes(&self, node: usize) -> Option<Vec<(Prefix, usize)>>;
}

/// A fat tree of switches with `k` ports, and its hosts: the network of a data centre. The hosts are the first nodes.
pub struct FatTree {
    k: usize,
}

impl FatTree {
    /// The largest one with at most so many nodes.
    pub fn within(nodes: usize) -> Option<Self> {
        let fits = |k: &usize| Self { k: *k }.nodes() <= nodes;
        (2..).step_by(2).take_while(fits).last().map(|k| Self { k })
    }
}

impl Plan for FatTree {
    fn nodes(&self) -> usize {
        self.k.pow(3) / 4 + 5 * self.k.pow(2) / 4
    }

    fn edges(&self) -> Vec<(usize, usize)> {
        let (k, half) = (self.k, self.k / 2);
        let hosts = k * half * half;
        let edge_switch = |pod: usize, index: usize| hosts + pod * k + index;
        let aggregation = |pod: usize, index: usize| hosts + pod * k + half + index;
        let core = |group: usize, index: usize| hosts + k * k + group * half + index;
        let mut edges = Vec::new();
        for pod in 0..k {
            for a in 0..half {
                for b in 0..half {
                    edges.push((pod * half * half + a * half + b, edge_switch(pod, a)));
                    edges.push((edge_switch(pod, a), aggregation(pod, b)));
                    // Each core switch has a link to each pod.
                    edges.push((aggregation(pod, a), core(a, b)));
                }
            }
        }
        edges
    }

    fn routes(&self, _: usize) -> Option<Vec<(Prefix, usize)>> {
        None
    }
}

/// A random connected graph with about four links per node.
pub struct Random {
    pub nodes: usize,
    pub seed: u64,
}

impl Plan for Random {
    fn nodes(&self) -> usize {
        self.nodes
    }

    fn edges(&self) -> Vec<(usize, usize)> {
        let mut random = self.seed | 1;
        let mut below = |limit: usize| {
            // Knuth's generator; its upper bits are the better ones.
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((random >> 33) % limit as u64) as usize
        };
        let mut edges = Vec::new();
        for node in 1..self.nodes {
            // One link to an earlier node makes the graph connected; there is another one to any other node.
            edges.push((below(node), node));
            let other = below(self.nodes);
            if other != node {
                edges.push((node, other));
            }
        }
        edges
    }

    fn routes(&self, _: usize) -> Option<Vec<(Prefix, usize)>> {
        None
    }
}

/// A ring: each node has routes to its two neighbours, and sends everything else clockwise.
pub struct Ring(pub usize);

impl Plan for Ring {
    fn nodes(&self) -> usize {
        self.0
    }

    fn edges(&self) -> Vec<(usize, usize)> {
        let closing = (self.0 > 2).then_some((self.0 - 1, 0));
        (1..self.0).map(|node| (node - 1, node)).chain(closing).collect()
    }

    fn routes(&self, node: usize) -> Option<Vec<(Prefix, usize)>> {
        if self.0 < 2 {
            return Some(Vec::new());
        }
        let (next, previous) = ((node + 1) % self.0, (node + self.0 - 1) % self.0);
        let host = |node| (Prefix::host(address(node)), node);
        Some(vec![host(next), host(previous), (Prefix::ANY, next)])
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
    fn nodes(&self) -> usize {
        self.0
    }

    fn edges(&self) -> Vec<(usize, usize)> {
        (1..=self.0).filter_map(|number| Some((self.parent(number)? - 1, number - 1))).collect()
    }

    fn routes(&self, node: usize) -> Option<Vec<(Prefix, usize)>> {
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
        Some(routes)
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
            let routes = plan.routes(at).expect("the plan has routes");
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

    #[test]
    fn fat_trees_are_those_of_the_book() {
        assert!(FatTree::within(6).is_none());
        for (nodes, k) in [(7, 2), (36, 4), (98, 4), (1_344, 16)] {
            let tree = FatTree::within(nodes).unwrap();
            assert_eq!(tree.k, k);
            let mut degrees = vec![0; tree.nodes()];
            tree.edges().iter().for_each(|(a, b)| (degrees[*a] += 1, degrees[*b] += 1).0);
            let hosts = k.pow(3) / 4;
            assert!(degrees[..hosts].iter().all(|degree| *degree == 1));
            assert!(degrees[hosts..].iter().all(|degree| *degree == k), "{degrees:?}");
        }
    }

    #[test]
    fn random_graphs_hang_together_and_can_be_made_again() {
        let edges = Random { nodes: 500, seed: 7 }.edges();
        assert_eq!(edges, Random { nodes: 500, seed: 7 }.edges());
        assert_ne!(edges, Random { nodes: 500, seed: 8 }.edges());
        let mut reached = vec![false; 500];
        reached[0] = true;
        // The first link of each node leads to an earlier one.
        edges.iter().filter(|(a, b)| a < b).for_each(|(a, b)| reached[*b] |= reached[*a]);
        assert!(reached.iter().all(|reached| *reached) && edges.iter().all(|(a, b)| a != b));
    }
}
