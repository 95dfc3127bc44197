//! Splits a network into parts that are run by a thread each.

use crate::hardware::Time;

/// What a packet-hop takes, and what more if it leads to another part, in seconds.
const HOP: f64 = 0.5e-6;
const CROSSING: f64 = 0.2e-6;
/// What it takes that the threads meet, in seconds.
const MEETING: f64 = 3e-6;
/// At most so many lengths of look-ahead are tried.
const TRIALS: usize = 64;

/// A link, for the partition.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    pub ends: (usize, usize),
    pub delay: Time,
    /// The packets per second that are expected in each direction.
    pub loads: (f64, f64),
}

/// Splits nodes into at most so many parts; returns the part of each node.
///
/// Threads need not meet more often than a packet can cross from one part to another. So the links between parts shall
/// have long delays; the parts shall have the same work; and few packets shall cross. Each delay is tried as the
/// shortest one between parts: nodes with a shorter link between them stay together. The one with the least expected
/// time is taken.
pub fn partition(nodes: usize, links: &[Link], parts: usize) -> Vec<usize> {
    let mut work = vec![1.0; nodes];
    for Link { ends: (source, target), loads: (there, back), .. } in links {
        work[*target] += there;
        work[*source] += back;
    }
    let mut delays: Vec<Time> = links.iter().map(|link| link.delay).collect();
    delays.sort_unstable();
    delays.dedup();
    let step = delays.len().div_ceil(TRIALS).max(1);
    let thresholds = delays.into_iter().step_by(step).chain([Time::MAX]);
    let splits = thresholds.flat_map(|shortest| {
        let cluster = clusters(nodes, links, shortest);
        let mut weights = vec![0.0; cluster.iter().max().map_or(0, |last| last + 1)];
        cluster.iter().zip(&work).for_each(|(cluster, work)| weights[*cluster] += work);
        let in_order = in_order(&cluster, &weights, links, parts);
        [in_order, heaviest_first(&weights, parts)].map(|parts| cluster.iter().map(|of| parts[*of]).collect())
    });
    let of_least_time =
        splits.min_by(|a: &Vec<usize>, b| seconds(a, &work, links).total_cmp(&seconds(b, &work, links)));
    of_least_time.map_or_else(Vec::new, number_in_order)
}

/// What a second of simulated time is expected to take.
fn seconds(part_of: &[usize], work: &[f64], links: &[Link]) -> f64 {
    let mut of_parts = vec![0.0; part_of.iter().max().map_or(0, |last| last + 1)];
    part_of.iter().zip(work).for_each(|(part, work)| of_parts[*part] += work);
    let crossing = || links.iter().filter(|link| part_of[link.ends.0] != part_of[link.ends.1]);
    let packets: f64 = crossing().map(|link| link.loads.0 + link.loads.1).sum();
    let meetings = crossing().map(|link| 1e9 / link.delay as f64).fold(0.0, f64::max);
    of_parts.iter().fold(0.0, |most: f64, work| most.max(*work)) * HOP + packets * CROSSING + meetings * MEETING
}

/// Nodes get the same number if links with a delay of less than `shortest` connect them.
fn clusters(nodes: usize, links: &[Link], shortest: Time) -> Vec<usize> {
    fn root(parents: &mut [usize], mut node: usize) -> usize {
        while parents[node] != node {
            parents[node] = parents[parents[node]];
            node = parents[node];
        }
        node
    }
    let mut parents: Vec<usize> = (0..nodes).collect();
    for link in links.iter().filter(|link| link.delay < shortest) {
        let (a, b) = (root(&mut parents, link.ends.0), root(&mut parents, link.ends.1));
        parents[a.max(b)] = a.min(b);
    }
    number_in_order((0..nodes).map(|node| root(&mut parents, node)).collect())
}

/// Numbers the values from 0 in the order in which they occur.
fn number_in_order(mut values: Vec<usize>) -> Vec<usize> {
    let mut numbers = vec![None; values.iter().max().map_or(0, |last| last + 1)];
    let mut next = 0..;
    for value in &mut values {
        *value = *numbers[*value].get_or_insert_with(|| next.next().unwrap_or_default());
    }
    values
}

/// Splits the clusters in the order of a breadth-first search, so that neighbours stay together as far as possible.
fn in_order(cluster: &[usize], weights: &[f64], links: &[Link], parts: usize) -> Vec<usize> {
    let mut neighbours = vec![Vec::new(); weights.len()];
    for link in links {
        let (a, b) = (cluster[link.ends.0], cluster[link.ends.1]);
        neighbours[a].push(b);
        neighbours[b].push(a);
    }
    let mut order = Vec::with_capacity(weights.len());
    let mut seen = vec![false; weights.len()];
    for start in 0..weights.len() {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut at = order.len();
        order.push(start);
        while at < order.len() {
            for &neighbour in &neighbours[order[at]] {
                if !std::mem::replace(&mut seen[neighbour], true) {
                    order.push(neighbour);
                }
            }
            at += 1;
        }
    }
    let total: f64 = weights.iter().sum();
    let (mut part, mut before) = (vec![0; weights.len()], 0.0);
    for cluster in order {
        // By its middle.
        let middle = before + weights[cluster] / 2.0;
        part[cluster] = ((middle * parts as f64 / total) as usize).min(parts - 1);
        before += weights[cluster];
    }
    part
}

/// Gives each cluster to the part with the least work, the heaviest cluster first: the parts get about the same.
fn heaviest_first(weights: &[f64], parts: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]));
    let (mut part, mut work) = (vec![0; weights.len()], vec![0.0; parts]);
    for cluster in order {
        let least = (0..parts).min_by(|a, b| f64::total_cmp(&work[*a], &work[*b])).unwrap_or(0);
        part[cluster] = least;
        work[least] += weights[cluster];
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Time = 1_000_000;

    fn link(source: usize, target: usize, delay: Time) -> Link {
        Link { ends: (source, target), delay, loads: (100_000.0, 100_000.0) }
    }

    #[test]
    fn parts_have_the_same_work_and_hang_together() {
        let line: Vec<Link> = (1..12).map(|node| link(node - 1, node, MILLISECOND)).collect();
        assert_eq!(partition(12, &line, 3), [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
        assert_eq!(partition(3, &[], 1), [0, 0, 0]);
        assert_eq!(partition(2, &line[..1], 5), [0, 1]);
        assert!(partition(0, &[], 2).is_empty());
        // Work is packets, and not nodes.
        let busy = |link: &Link| Link { loads: (1e6, 1e6), ..*link };
        let one_is_busy: Vec<Link> = [busy(&line[0])].into_iter().chain(line[1..].iter().copied()).collect();
        assert_eq!(partition(12, &one_is_busy, 2), [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn links_between_parts_are_long() {
        // Three towns of four nodes each; the one in the middle is as large as two.
        let town = |first: usize| (first..first + 3).map(|node| link(node, node + 1, 1_000));
        let mut links: Vec<Link> = [0, 4, 8, 12].into_iter().flat_map(town).collect();
        links.extend([link(3, 4, MILLISECOND), link(7, 8, 1_000), link(11, 12, MILLISECOND)]);
        let parts = partition(16, &links, 2);
        let crossing = links.iter().filter(|link| parts[link.ends.0] != parts[link.ends.1]);
        assert!(crossing.clone().count() > 0 && crossing.clone().all(|link| link.delay == MILLISECOND), "{parts:?}");
        assert_eq!(parts.iter().filter(|part| **part == parts[4]).count(), 8, "{parts:?}");
    }
}
