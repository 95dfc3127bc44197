//! Runs the parts of a network, each on a thread of its own, so that the result does not depend on their number.
//!
//! A packet needs at least the delay of its link from one part to another: the look-ahead. So all parts may run that far
//! from the first thing that any of them has to do, without looking at the others (conservative synchronization).

use std::sync::Barrier;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::thread;

use crate::hardware::Time;
use crate::lab::live::part::Part;

/// Runs everything that happens before `end`.
pub fn run_until(parts: &mut [Part<'_>], look_ahead: Time, end: Time) {
    if let [only] = parts {
        return only.run_until(end);
    }
    let barrier = Barrier::new(parts.len());
    let next: Vec<AtomicI64> = parts.iter().map(|_| AtomicI64::new(0)).collect();
    thread::scope(|scope| {
        for (index, part) in parts.iter_mut().enumerate() {
            let (barrier, next) = (&barrier, &next);
            scope.spawn(move || {
                loop {
                    next[index].store(part.next_time(), SeqCst);
                    barrier.wait();
                    let first = next.iter().map(|next| next.load(SeqCst)).min().unwrap_or(end);
                    if first >= end {
                        break;
                    }
                    part.run_until(first.saturating_add(look_ahead).min(end));
                    // No part looks at its queue before all have sent what they send in this window.
                    barrier.wait();
                }
            });
        }
    });
}

/// Splits nodes into parts of about the same number of links, and of neighbours as far as possible: in the order of a
/// breadth-first search.
pub fn partition(nodes: usize, edges: &[(usize, usize)], parts: usize) -> Vec<usize> {
    let mut neighbours = vec![Vec::new(); nodes];
    for &(a, b) in edges {
        neighbours[a].push(b);
        neighbours[b].push(a);
    }
    let mut order = Vec::with_capacity(nodes);
    let mut seen = vec![false; nodes];
    for start in 0..nodes {
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
    let work = |node: usize| neighbours[node].len() + 1;
    let total: usize = (0..nodes).map(work).sum();
    let (mut part, mut before) = (vec![0; nodes], 0);
    for node in order {
        part[node] = (before * parts / total.max(1)).min(parts - 1);
        before += work(node);
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_of_about_the_same_size_and_hang_together() {
        // A line of 12 nodes.
        let edges: Vec<(usize, usize)> = (1..12).map(|node| (node - 1, node)).collect();
        assert_eq!(partition(12, &edges, 3), [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2]);
        assert_eq!(partition(3, &[], 1), [0, 0, 0]);
        assert_eq!(partition(2, &[(0, 1)], 5).iter().max(), Some(&2));
    }
}
