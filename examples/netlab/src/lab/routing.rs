//! Shortest paths by hops, as a routing protocol would find them.

use std::collections::VecDeque;

use crate::lab::topology::Edge;

/// The neighbours of each node, in the order of its links.
pub struct Neighbours(Vec<Vec<usize>>);

impl Neighbours {
    pub fn new(nodes: usize, edges: &[Edge]) -> Self {
        let mut neighbours = vec![Vec::new(); nodes];
        for edge in edges {
            neighbours[edge.source].push(edge.target);
            neighbours[edge.target].push(edge.source);
        }
        Self(neighbours)
    }

    /// The other end of a node's link.
    pub fn of(&self, node: usize, link: usize) -> usize {
        self.0[node][link]
    }

    /// Hops from each node to `destination`; `None` where there is no path.
    fn distances(&self, destination: usize) -> Vec<Option<u32>> {
        let mut distances = vec![None; self.0.len()];
        distances[destination] = Some(0);
        let mut queue = VecDeque::from([(destination, 0)]);
        while let Some((node, hops)) = queue.pop_front() {
            for &neighbour in &self.0[node] {
                if distances[neighbour].is_none() {
                    distances[neighbour] = Some(hops + 1);
                    queue.push_back((neighbour, hops + 1));
                }
            }
        }
        distances
    }

    /// For each node, the links that lead to `destination` over the fewest hops. There are none at the destination, and
    /// none where there is no path.
    pub fn next_hops(&self, destination: usize) -> Vec<Vec<usize>> {
        let distances = self.distances(destination);
        let closer = |node: usize, neighbour: usize| match (distances[node], distances[neighbour]) {
            (Some(here), Some(there)) => there + 1 == here,
            _ => false,
        };
        let links = |(node, neighbours): (usize, &Vec<usize>)| {
            (0..neighbours.len()).filter(|&link| closer(node, neighbours[link])).collect()
        };
        self.0.iter().enumerate().map(links).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_equal_cost_next_hops_are_found() {
        // A square with a tail: 0-1, 0-2, 1-3, 2-3, 3-4; 5 is alone.
        let edges = [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)].map(|(source, target)| Edge { source, target });
        let next_hops = Neighbours::new(6, &edges).next_hops(4);
        assert_eq!(next_hops, [vec![0, 1], vec![1], vec![1], vec![2], vec![], vec![]]);
    }
}
