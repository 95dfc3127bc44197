//! Shortest paths by hops, seen from above: the oracle that routers and measured loads are compared with.

use std::collections::VecDeque;

use crate::lab::topology::Edge;

/// One end of a link, as its node sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adjacency {
    /// The node at the other end.
    pub peer: usize,
    /// The link.
    pub edge: usize,
    /// True at the source of the link.
    pub is_source: bool,
    /// The index of the node's interface.
    pub interface: u32,
}

/// The links of each node, in order.
#[derive(Debug)]
pub struct Neighbours(Vec<Vec<Adjacency>>);

/// Hops from each node to one destination.
#[derive(Debug, Default)]
pub struct Distances {
    hops: Vec<u32>,
    /// The nodes that reach the destination, the nearest first.
    pub nearest_first: Vec<usize>,
    queue: VecDeque<usize>,
}

const UNREACHABLE: u32 = u32::MAX;

impl Neighbours {
    pub fn new(nodes: usize, edges: &[Edge]) -> Self {
        Self::of_links(nodes, edges, |_| true)
    }

    /// Only the links for which `is_up` is true. Interfaces keep their numbers.
    pub fn of_links(nodes: usize, edges: &[Edge], is_up: impl Fn(usize) -> bool) -> Self {
        let mut neighbours = vec![Vec::new(); nodes];
        let mut interfaces = vec![0; nodes];
        for (index, edge) in edges.iter().enumerate() {
            for (node, peer, is_source) in [(edge.source, edge.target, true), (edge.target, edge.source, false)] {
                if is_up(index) {
                    neighbours[node].push(Adjacency { peer, edge: index, is_source, interface: interfaces[node] });
                }
                interfaces[node] += 1;
            }
        }
        Self(neighbours)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The links of a node.
    pub fn links(&self, node: usize) -> &[Adjacency] {
        &self.0[node]
    }

    /// Computes the hops from each node to `destination`, in the memory of an earlier result.
    pub fn distances(&self, destination: usize, distances: &mut Distances) {
        let Distances { hops, nearest_first, queue } = distances;
        hops.clear();
        hops.resize(self.0.len(), UNREACHABLE);
        nearest_first.clear();
        hops[destination] = 0;
        queue.push_back(destination);
        while let Some(node) = queue.pop_front() {
            nearest_first.push(node);
            for link in &self.0[node] {
                if hops[link.peer] == UNREACHABLE {
                    hops[link.peer] = hops[node] + 1;
                    queue.push_back(link.peer);
                }
            }
        }
    }

    /// The links of a node that are on a shortest path. There are none at the destination, and none where there is no
    /// path.
    pub fn next_hops(&self, distances: &Distances, node: usize) -> impl Iterator<Item = Adjacency> + Clone {
        let here = distances.hops[node];
        let is_closer = move |link: &&Adjacency| here != UNREACHABLE && distances.hops[link.peer] + 1 == here;
        self.0[node].iter().filter(is_closer).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square with a tail: 0-1, 0-2, 1-3, 2-3, 3-4; 5 is alone.
    fn interfaces(is_up: impl Fn(usize) -> bool) -> Vec<Vec<u32>> {
        let edges = [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)].map(|(source, target)| Edge { source, target });
        let neighbours = Neighbours::of_links(6, &edges, is_up);
        let mut distances = Distances::default();
        neighbours.distances(0, &mut distances);
        neighbours.distances(4, &mut distances);
        let interfaces = |node| neighbours.next_hops(&distances, node).map(|link| link.interface).collect();
        (0..neighbours.len()).map(interfaces).collect()
    }

    #[test]
    fn all_equal_cost_next_hops_are_found() {
        assert_eq!(interfaces(|_| true), [vec![0, 1], vec![1], vec![1], vec![2], vec![], vec![]]);
    }

    #[test]
    fn interfaces_keep_their_numbers_without_a_link() {
        assert_eq!(interfaces(|edge| edge != 0), [vec![1], vec![1], vec![1], vec![2], vec![], vec![]]);
    }
}
