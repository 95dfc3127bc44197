//! `scale`: how many vnets fit.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::time::Instant;

use serde_json::json;

use super::{bold, grouped};
use crate::cli::{Scale, Shape};
use crate::icmp::{IcmpSocket, Message};
use crate::inet::{self, NextHop, Prefix};
use crate::network::{Network, address};
use crate::progress::Progress;
use crate::report::Report;

/// A generated network: edges, and routes of a number that does not grow with it.
trait Plan {
    fn edges(&self) -> Vec<(usize, usize)>;
    /// Prefixes that a node reaches through a neighbour.
    fn routes(&self, node: usize) -> Vec<(Prefix, usize)>;
}

/// Each node knows its two neighbours and sends the rest clockwise.
struct Ring(usize);

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

/// A binary tree numbered in order, from 1: the subtree of a node whose number ends in `t` zeros is what differs from
/// it in the last `t + 1` bits only, so that a prefix leads to each child.
struct Tree(usize);

impl Tree {
    /// The number of the parent; parents beyond the last node are left out.
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

pub fn scale(args: &Scale, quiet: bool) -> Result<Report, Box<dyn Error>> {
    let nodes = args.nodes as usize;
    let plan: Box<dyn Plan> = match args.shape {
        Shape::Ring => Box::new(Ring(nodes)),
        Shape::Tree => Box::new(Tree(nodes)),
    };
    let edges = plan.edges();
    // Each node is made, gets routes, pings, is pinged, and is taken down.
    let progress = Progress::new("scaling", (5 * nodes + edges.len()) as u64, quiet);
    let before = resident();
    let start = Instant::now();
    let name = |node: usize| format!("n{node}");
    let mut network = Network::machines((0..nodes).map(name).inspect(|_| progress.inc(1)))?;
    let made = start.elapsed();
    let only_vnets = resident();

    let start = Instant::now();
    let mut neighbours = vec![Vec::new(); nodes];
    for &(a, b) in &edges {
        network.connect((a, &name(b)), (b, &name(a)))?;
        neighbours[a].push(b);
        neighbours[b].push(a);
        progress.inc(1);
    }
    for (node, neighbours) in neighbours.iter().enumerate() {
        for (prefix, gateway) in plan.routes(node) {
            let link = neighbours.iter().position(|other| *other == gateway);
            let interface = link.expect("routes lead to neighbours") as u32;
            network.on(node, || inet::rt_add(prefix, &[NextHop { interface, gateway: address(gateway) }]));
        }
        progress.inc(1);
    }
    drop(neighbours);
    let connected = start.elapsed();
    let with_wires = resident();

    let start = Instant::now();
    let answered = ping_around(&network, nodes, &progress)?;
    let pinged = start.elapsed();
    let hops: u64 = network.links().iter().map(|link| link.source.sent() + link.target.sent()).sum();
    let after = resident();

    let start = Instant::now();
    network.close(|machines| progress.inc(machines))?;
    let closed = start.elapsed();
    drop(progress);

    let per_vnet = |bytes: Option<u64>| Some(bytes?.saturating_sub(before?) / nodes as u64);
    let (bare, wired, all) = (per_vnet(only_vnets), per_vnet(with_wires), per_vnet(after));
    let shown = |bytes: Option<u64>| bytes.map_or("unknown".to_owned(), |bytes| format!("{} bytes", grouped(bytes)));
    let shape = format!("{:?}", args.shape).to_lowercase();
    let mut text = format!("{}\n", bold(format!("{shape} of {} vnets, {} links", grouped(nodes as u64), edges.len())));
    _ = writeln!(text, "vnets made       {:>9.3} s, {} each", made.as_secs_f64(), shown(bare));
    _ = writeln!(
        text,
        "connected        {:>9.3} s, {} each with interfaces and routes",
        connected.as_secs_f64(),
        shown(wired)
    );
    _ = writeln!(text, "pinged           {:>9.3} s, {} each after that", pinged.as_secs_f64(), shown(all));
    _ = writeln!(text, "taken down       {:>9.3} s", closed.as_secs_f64());
    _ = writeln!(
        text,
        "pings answered   {} of {}, {} packet-hops",
        grouped(answered),
        grouped(nodes as u64),
        grouped(hops)
    );
    let json = json!({
        "nodes": nodes, "shape": shape, "links": edges.len(), "answered": answered, "hops": hops,
        "bytes_per_vnet": bare, "bytes_per_vnet_connected": wired, "bytes_per_vnet_after": all,
        "seconds": {
            "make": made.as_secs_f64(), "connect": connected.as_secs_f64(),
            "ping": pinged.as_secs_f64(), "close": closed.as_secs_f64(),
        },
    });
    Ok(Report { text, json, success: answered == nodes as u64 })
}

/// Each node pings the next one, the last one the first; says how many were answered.
fn ping_around(network: &Network, nodes: usize, progress: &Progress) -> Result<u64, Box<dyn Error>> {
    let mut answered = 0;
    for node in 0..nodes {
        let socket = network.on(node, IcmpSocket::open)?;
        let target = address((node + 1) % nodes);
        socket.enter(|socket| socket.send_echo(target, 1, node as u16, 8));
        network.settle();
        let reply = socket.enter(IcmpSocket::receive);
        answered += u64::from(reply.is_some_and(|reply| {
            reply.from == target && reply.message == Message::EchoReply { ident: 1, seq: node as u16 }
        }));
        progress.inc(2);
    }
    Ok(answered)
}

/// How many bytes of memory this process has, where that can be found out.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
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
        unreachable!("it ends or fails")
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
