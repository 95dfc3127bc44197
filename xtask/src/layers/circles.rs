//! Files that import one another in a circle.

use std::collections::BTreeSet;

/// The circles of a graph (its strongly connected components of more than one node), largest first.
pub(super) fn circles(nodes: usize, edges: &BTreeSet<(usize, usize)>) -> Vec<Vec<usize>> {
    let mut search = Search {
        next: (0..nodes).map(|node| edges.range((node, 0)..(node + 1, 0)).map(|edge| edge.1).collect()).collect(),
        states: vec![State::New; nodes],
        lowest: vec![0; nodes],
        stack: Vec::new(),
        count: 0,
        found: Vec::new(),
    };
    for node in 0..nodes {
        if search.states[node] == State::New {
            search.visit(node);
        }
    }
    search.found.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    search.found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    OnStack(usize),
    Done,
}

/// Tarjan's algorithm.
struct Search {
    next: Vec<Vec<usize>>,
    states: Vec<State>,
    lowest: Vec<usize>,
    stack: Vec<usize>,
    count: usize,
    found: Vec<Vec<usize>>,
}

impl Search {
    fn visit(&mut self, node: usize) {
        let number = self.count;
        self.count += 1;
        self.states[node] = State::OnStack(number);
        self.lowest[node] = number;
        self.stack.push(node);
        for next in std::mem::take(&mut self.next[node]) {
            match self.states[next] {
                State::New => {
                    self.visit(next);
                    self.lowest[node] = self.lowest[node].min(self.lowest[next]);
                }
                State::OnStack(other) => self.lowest[node] = self.lowest[node].min(other),
                State::Done => (),
            }
        }
        if self.lowest[node] == number {
            let begin = self.stack.iter().rposition(|on_stack| *on_stack == node).unwrap_or(0);
            let circle = self.stack.split_off(begin);
            for node in &circle {
                self.states[*node] = State::Done;
            }
            if circle.len() > 1 {
                self.found.push(circle);
            }
        }
    }
}
