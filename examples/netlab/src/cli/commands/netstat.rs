//! `netstat`: routes, interfaces and counters of a node, after some traffic.

use std::fmt::Write;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::cli::args::What;
use crate::cli::output::Report;
use crate::cli::style::{bold, grouped};
use crate::lab::address::place;
use crate::lab::names::printable;
use crate::lab::network::Network;
use crate::lab::topology::Topology;
use crate::stack::icmp;
use crate::stack::ifnet::{self, IfStat};
use crate::stack::inet::{self, IpStat, NextHop, Prefix};
use crate::stack::tcp;
use crate::stack::udp;

/// Shows one of the three tables.
pub fn netstat(topology: &Topology, network: &Network, node: usize, what: &What) -> Report {
    let (text, json) = network.on(node, || match what {
        What { routes: true, .. } => {
            let interface = |index| ifnet::if_name(index).unwrap_or_else(|| "none".to_owned());
            routes(&inet::rt_list(), |host| place(topology, host), interface)
        }
        What { interfaces: true, .. } => interfaces(&ifnet::if_list()),
        _ => show(&Statistics::of_this()),
    });
    Report::new(text, json)
}

/// The routes as text and as JSON, with the names of machines and interfaces.
pub fn routes(
    routes: &[(Prefix, Vec<NextHop>)],
    place: impl Fn(Ipv4Addr) -> String,
    interface_name: impl Fn(u32) -> String,
) -> (String, Value) {
    let mut text = format!("{}\n", bold(format!("{:<34} {:<34} interface", "destination", "gateway")));
    let mut json = Vec::new();
    for (to, next_hops) in routes {
        let destination = match to.to_string().parse() {
            Ok(host) => place(host),
            Err(_) => to.to_string(),
        };
        let mut gateways = Vec::new();
        for (NextHop { interface, gateway }, turn) in next_hops.iter().zip(0..) {
            let name = interface_name(*interface);
            let destination = if turn == 0 { destination.as_str() } else { "" };
            _ = writeln!(text, "{destination:<34} {:<34} {name}", place(*gateway));
            gateways.push(json!({"gateway": gateway, "interface": name}));
        }
        json.push(json!({"destination": to.to_string(), "next_hops": gateways}));
    }
    (text, json!({"routes": json}))
}

/// The interfaces as text and as JSON.
pub fn interfaces(interfaces: &[IfStat]) -> (String, Value) {
    let heading = format!(
        "{:<6} {:<24} {:>5} {:>12} {:>14} {:>12} {:>14} {:>7}",
        "name", "to", "mtu", "ipkts", "ibytes", "opkts", "obytes", "drops"
    );
    let mut text = format!("{}\n", bold(heading));
    for stat in interfaces {
        let name = if stat.up { stat.name.clone() } else { format!("{}*", stat.name) };
        _ = writeln!(
            text,
            "{name:<6} {:<24} {:>5} {:>12} {:>14} {:>12} {:>14} {:>7}",
            printable(&stat.description),
            stat.mtu,
            grouped(stat.ipackets),
            grouped(stat.ibytes),
            grouped(stat.opackets),
            grouped(stat.obytes),
            grouped(stat.oqdrops),
        );
    }
    let one = |stat: &IfStat| {
        json!({
            "name": stat.name, "to": stat.description, "up": stat.up, "mtu": stat.mtu,
            "ipackets": stat.ipackets, "ibytes": stat.ibytes,
            "opackets": stat.opackets, "obytes": stat.obytes, "oqdrops": stat.oqdrops,
        })
    };
    (text, json!({"interfaces": interfaces.iter().map(one).collect::<Vec<_>>()}))
}

/// The counters of a node.
#[derive(Debug, PartialEq, Eq)]
pub struct Statistics {
    pub ip: IpStat,
    /// By protocol: how much was received and sent.
    pub protocols: [(&'static str, (u64, u64)); 3],
}

impl Statistics {
    /// Those of the current node.
    pub fn of_this() -> Self {
        let protocols = [("icmp", icmp::icmp_stat()), ("udp", udp::udp_stat()), ("tcp", tcp::tcp_stat())];
        Self { ip: inet::ip_stat(), protocols }
    }
}

/// The counters as text and as JSON.
pub fn show(statistics: &Statistics) -> (String, Value) {
    let Statistics { ip, protocols } = statistics;
    let mut text = format!("{}\n", bold("ip"));
    let own = [
        ("received", ip.received),
        ("forwarded", ip.forwarded),
        ("delivered", ip.delivered),
        ("sent from here", ip.sent),
    ];
    let dropped = ip.dropped.iter().map(|(reason, count)| (reason.name(), *count));
    for (what, count) in own {
        _ = writeln!(text, "  {what:<20} {:>12}", grouped(count));
    }
    for (reason, count) in dropped.clone() {
        _ = writeln!(text, "  dropped: {:<11} {:>12}", reason.replace('_', " "), grouped(count));
    }
    _ = writeln!(text, "  {:<20} {:>12}", "dropped: icmp", grouped(ip.icmp_dropped));
    for &(protocol, (received, sent)) in protocols {
        _ = writeln!(text, "{}\n  {:<20} {:>12}", bold(protocol), "received", grouped(received));
        _ = writeln!(text, "  {:<20} {:>12}", "sent", grouped(sent));
    }
    let dropped: serde_json::Map<String, Value> =
        dropped.map(|(reason, count)| (reason.to_owned(), Value::from(count))).collect();
    let mut json = json!({
        "ip": {
            "received": ip.received, "forwarded": ip.forwarded, "delivered": ip.delivered, "sent": ip.sent,
            "dropped": dropped, "icmp_dropped": ip.icmp_dropped,
        }
    });
    for &(protocol, (received, sent)) in protocols {
        json[protocol] = json!({"received": received, "sent": sent});
    }
    (text, json)
}
