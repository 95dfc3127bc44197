//! `ping`: echo requests and their answers.

use std::error::Error;
use std::fmt::Write;
use std::net::Ipv4Addr;
use std::time::Instant;

use serde_json::{Value, json};

use crate::cli::output::Report;
use crate::cli::style::bold;
use crate::lab::address::{address, name, place};
use crate::lab::network::Network;
use crate::lab::topology::{Node, Topology};
use crate::stack::icmp::{IcmpSocket, Message, Received};
use crate::stack::machine;

const IDENT: u16 = 0x564e;

/// An answer, and the simulated time that it took; the real time if this host pings itself.
struct Answer {
    seq: u16,
    received: Received,
    microseconds: f64,
}

/// Sends `count` requests with `size` bytes of data each.
fn echo(
    network: &Network,
    from: usize,
    to: Ipv4Addr,
    (count, size): (u16, u16),
) -> Result<Vec<Answer>, Box<dyn Error>> {
    let socket = network.on(from, IcmpSocket::open)?;
    let mut answers = Vec::new();
    for seq in 0..count {
        let (start, sent) = (Instant::now(), machine::nanotime());
        socket.enter(|socket| socket.send_echo(to, IDENT, seq, size.into()));
        network.settle();
        let microseconds = match machine::nanotime() - sent {
            0 => start.elapsed().as_secs_f64() * 1e6,
            simulated => simulated as f64 / 1e3,
        };
        while let Some(received) = socket.enter(IcmpSocket::receive) {
            answers.push(Answer { seq, received, microseconds });
        }
    }
    Ok(answers)
}

/// This host pings itself, which works in builds without instances.
pub fn ping_self(topology: &Topology, network: &Network, (count, size): (u16, u16)) -> Result<Report, Box<dyn Error>> {
    let answers = echo(network, 0, Ipv4Addr::LOCALHOST, (count, size))?;
    let plain = |address: Ipv4Addr| address.to_string();
    Ok(report(&topology.nodes[0], Ipv4Addr::LOCALHOST, (count, size), &answers, &plain, |_| Value::Null))
}

pub fn ping(
    topology: &Topology,
    network: &Network,
    source: usize,
    target: usize,
    (count, size): (u16, u16),
) -> Result<Report, Box<dyn Error>> {
    let answers = echo(network, source, address(target), (count, size))?;
    let from = &topology.nodes[source];
    let place = |address| place(topology, address);
    Ok(report(from, address(target), (count, size), &answers, &place, |address| json!(name(topology, address))))
}

fn report(
    source: &Node,
    to: Ipv4Addr,
    (count, size): (u16, u16),
    answers: &[Answer],
    place: &dyn Fn(Ipv4Addr) -> String,
    name: impl Fn(Ipv4Addr) -> Value,
) -> Report {
    let mut text = format!("{}\n", bold(format!("PING {} from {}: {size} data bytes", place(to), source.shown())));
    let mut replies = Vec::new();
    let mut errors = Vec::new();
    for &Answer { seq, received: Received { from, ttl, message }, microseconds } in answers {
        match message {
            Message::EchoReply { seq, .. } => {
                let bytes = usize::from(size) + 8;
                let from = place(from);
                let time = microseconds / 1e3;
                _ = writeln!(text, "{bytes} bytes from {from}: icmp_seq={seq} ttl={ttl} time={time:.3} ms");
                replies.push(json!({"seq": seq, "ttl": ttl, "microseconds": microseconds}));
            }
            Message::TtlExceeded { .. } => {
                _ = writeln!(text, "from {}: icmp_seq={seq} time to live exceeded", place(from));
                errors.push(json!({"seq": seq, "from": from, "name": name(from), "error": "ttl_exceeded"}));
            }
            Message::Unreachable { reason, .. } => {
                _ = writeln!(text, "from {}: icmp_seq={seq} {reason}", place(from));
                errors.push(json!({"seq": seq, "from": from, "name": name(from), "error": reason.to_string()}));
            }
        }
    }
    let lost = 100.0 * (1.0 - replies.len() as f64 / f64::from(count));
    _ = writeln!(text, "\n{count} packets sent, {} received, {lost:.1}% lost", replies.len());
    let success = !replies.is_empty();
    let json = json!({
        "source": source.name, "target": name(to), "address": to, "sent": count, "received": replies.len(),
        "replies": replies, "errors": errors,
    });
    Report { text, json, success }
}
