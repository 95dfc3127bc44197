//! `scale`: time and memory of many vnets.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::time::Instant;

use serde_json::json;

use crate::cli::args::{Scale, Shape};
use crate::cli::output::Report;
use crate::cli::progress::Progress;
use crate::cli::style::{bold, grouped};
use crate::lab::address::address;
use crate::lab::network::{Network, next_hop};
use crate::lab::plan::{FatTree, Plan, Random, Ring, Tree};
use crate::lab::routing::Neighbours;
use crate::lab::topology::Edge;
use crate::stack::icmp::{IcmpSocket, Message};
use crate::stack::inet;

pub fn scale(args: &Scale, quiet: bool) -> Result<Report, Box<dyn Error>> {
    /// Each vnet has a route to each other one: a gigabyte or more.
    const MOST_ROUTED: usize = 20_000;
    let nodes = args.nodes as usize;
    if matches!(args.shape, Shape::FatTree | Shape::Random) && nodes > MOST_ROUTED {
        return Err(
            format!("at most {MOST_ROUTED} vnets of this shape, because each has a route to each other one").into()
        );
    }
    let plan: Box<dyn Plan> = match args.shape {
        Shape::Ring => Box::new(Ring(nodes)),
        Shape::Tree => Box::new(Tree(nodes)),
        Shape::FatTree => Box::new(FatTree::within(nodes).ok_or("the smallest fat tree has 7 vnets")?),
        Shape::Random => Box::new(Random { nodes, seed: args.seed }),
    };
    let nodes = plan.nodes();
    let edges = plan.edges();
    // Each node is created, gets routes, pings, is pinged, and is destroyed.
    let progress = Progress::new("scaling", (5 * nodes + edges.len()) as u64, quiet);
    let before = resident();
    let start = Instant::now();
    let name = |node: usize| format!("n{node}");
    let mut network = Network::machines((0..nodes).map(name).inspect(|_| progress.inc(1)))?;
    let made = start.elapsed();
    let only_vnets = resident();

    let start = Instant::now();
    for &(a, b) in &edges {
        network.connect((a, &name(b)), (b, &name(a)), None)?;
        progress.inc(1);
    }
    let links: Vec<Edge> = edges.iter().map(|&(source, target)| Edge { source, target }).collect();
    let neighbours = Neighbours::new(nodes, &links);
    if plan.routes(0).is_none() {
        network.add_routes(&neighbours, |routed| progress.inc(routed));
    } else {
        for node in 0..nodes {
            for (prefix, gateway) in plan.routes(node).unwrap_or_default() {
                let link = neighbours.links(node).iter().find(|link| link.peer == gateway);
                let next_hop = next_hop(*link.expect("routes lead to neighbours"));
                network.on(node, || inet::rt_add(&[(prefix, vec![next_hop])]));
            }
            progress.inc(1);
        }
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
    let shape = args.shape_name();
    let mut text = format!("{}\n", bold(format!("{shape} of {} vnets, {} links", grouped(nodes as u64), edges.len())));
    _ = writeln!(text, "vnets created    {:>9.3} s, {} each", made.as_secs_f64(), shown(bare));
    _ = writeln!(
        text,
        "connected        {:>9.3} s, {} each with interfaces and routes",
        connected.as_secs_f64(),
        shown(wired)
    );
    _ = writeln!(text, "pinged           {:>9.3} s, {} each after that", pinged.as_secs_f64(), shown(all));
    _ = writeln!(text, "destroyed        {:>9.3} s", closed.as_secs_f64());
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

/// Each node pings the next one, the last one pings the first; returns the number of answers.
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

/// The resident memory of this process in bytes, if the system tells it.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}
