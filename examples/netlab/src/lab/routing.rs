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

/// The routes of all nodes, for one destination after the other, in little memory and time.
///
/// Most nodes reach all destinations over a few sets of links, so that a route is the number of a set. A node's sets are
/// made from each other by adding a link.
#[derive(Debug)]
pub struct Routes {
    /// The links of all nodes; those of a node start at its number here.
    starts: Vec<u32>,
    links: Vec<Link>,
    sets: Vec<Sets>,
    queue: Vec<u32>,
    reached: Vec<Reached>,
    /// The result.
    to: Vec<u16>,
}

/// The node at the far end of a link, and the position of the link among those of that node.
#[derive(Clone, Copy, Debug)]
struct Link {
    peer: u32,
    back: u16,
}

/// How a node reaches the destination: the hops, and the number of the set of its next hops.
#[derive(Clone, Copy, Debug)]
struct Reached {
    hops: u32,
    set: u16,
}

/// The sets of links of one node.
#[derive(Debug)]
struct Sets {
    /// Positions of links, in order: first the empty set, then those of each link alone.
    all: Vec<Box<[u16]>>,
    /// The set that results if a link is added to a set.
    added: Vec<((u16, u16), u16)>,
}

impl Routes {
    /// # Panics
    ///
    /// If a node has 65,535 links or more.
    pub fn new(neighbours: &Neighbours) -> Self {
        let position = |node: usize, edge: usize| {
            let position = neighbours.links(node).iter().position(|link| link.edge == edge);
            position.and_then(|position| u16::try_from(position).ok()).expect("a node has fewer links")
        };
        let link = |link: &Adjacency| Link { peer: link.peer as u32, back: position(link.peer, link.edge) };
        let nodes = 0..neighbours.len();
        let mut starts = vec![0];
        let mut links = Vec::new();
        for node in nodes.clone() {
            links.extend(neighbours.links(node).iter().map(link));
            starts.push(links.len() as u32);
        }
        let sets = |node: usize| {
            let alone = (0..neighbours.links(node).len()).map(|link| Box::from([link as u16]));
            Sets { all: [Box::default()].into_iter().chain(alone).collect(), added: Vec::new() }
        };
        let reached = vec![Reached { hops: UNREACHABLE, set: 0 }; nodes.len()];
        let (queue, to) = (Vec::with_capacity(nodes.len()), vec![0; nodes.len()]);
        Self { starts, links, sets: nodes.map(sets).collect(), queue, reached, to }
    }

    /// Finds all shortest paths to `destination`; returns for each node the number of the set of its next hops.
    pub fn to(&mut self, destination: usize) -> &[u16] {
        let Self { starts, links, sets, queue, reached, to } = self;
        reached.fill(Reached { hops: UNREACHABLE, set: 0 });
        queue.clear();
        reached[destination].hops = 0;
        queue.push(destination as u32);
        let mut at = 0;
        while at < queue.len() {
            let node = queue[at] as usize;
            at += 1;
            let farther = reached[node].hops + 1;
            for &Link { peer, back } in &links[starts[node] as usize..starts[node + 1] as usize] {
                let there = &mut reached[peer as usize];
                if there.hops == UNREACHABLE {
                    *there = Reached { hops: farther, set: back + 1 };
                    queue.push(peer);
                } else if there.hops == farther {
                    there.set = sets[peer as usize].add(there.set, back);
                }
            }
        }
        to.iter_mut().zip(reached).for_each(|(to, reached)| *to = reached.set);
        to
    }

    /// The sets of a node: the positions of the links in each.
    pub fn sets(&self, node: usize) -> &[Box<[u16]>] {
        &self.sets[node].all
    }
}

impl Sets {
    fn add(&mut self, set: u16, link: u16) -> u16 {
        if let Some((_, result)) = self.added.iter().find(|(from, _)| *from == (set, link)) {
            return *result;
        }
        let mut links = self.all[usize::from(set)].to_vec();
        links.push(link);
        links.sort_unstable();
        let known = self.all.iter().position(|other| **other == *links);
        let result = known.unwrap_or_else(|| {
            self.all.push(links.into());
            self.all.len() - 1
        });
        let result = u16::try_from(result).expect("a node has fewer sets of next hops");
        self.added.push(((set, link), result));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::plan::{Plan, Random};

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

    #[test]
    fn all_routes_at_once_are_those_of_each_destination() {
        let edges = Random { nodes: 60, seed: 3 }.edges();
        let mut edges: Vec<Edge> = edges.into_iter().map(|(source, target)| Edge { source, target }).collect();
        // Two links between the same nodes, and two nodes that only have each other.
        edges.extend([edges[0], Edge { source: 60, target: 61 }]);
        let neighbours = Neighbours::new(62, &edges);
        let (mut routes, mut distances) = (Routes::new(&neighbours), Distances::default());
        for destination in 0..62 {
            neighbours.distances(destination, &mut distances);
            let sets = routes.to(destination).to_vec();
            for (node, set) in sets.into_iter().enumerate() {
                let expected: Vec<Adjacency> = neighbours.next_hops(&distances, node).collect();
                let links = routes.sets(node)[usize::from(set)].iter().map(|link| usize::from(*link));
                let found: Vec<Adjacency> = links.map(|link| neighbours.links(node)[link]).collect();
                assert_eq!(found, expected, "from {node} to {destination}");
            }
        }
        // Nodes have about four links.
        assert!((0..60).all(|node| routes.sets(node).len() < 60));
    }
}
