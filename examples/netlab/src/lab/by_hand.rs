//! The same forwarding, written by hand: each function gets its router as an argument.
//!
//! `bench` compares the stack with it. It handles UDP packets that arrive as the stack does, with the same tables,
//! locks, counters and wires; the handling of other packets is left out.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, RwLock};

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{IpProtocol, Ipv4Packet, Ipv4Repr, UdpPacket, UdpRepr};

use crate::hardware::{Controller, Line, Mbuf, wire};
use crate::lab::address::address;
use crate::lab::flood::{DISCARD, Outcome, PAYLOAD, schedule};
use crate::lab::network::{WIRE_LIMIT, next_hop};
use crate::lab::routing::{Distances, Neighbours};
use crate::lab::topology::Topology;
use crate::lab::traffic::Flow;
use crate::stack::ifnet::Ifnet;
use crate::stack::inet::{Drop, Fib, NextHop, Prefix};
use crate::stack::ipfw::Rule;
use crate::stack::udp::Datagram;

type Queue = Mutex<VecDeque<Datagram>>;
type Input = fn(&Router, Mbuf);
type Filter = fn(&Router, &[u8]) -> bool;

const PROTOCOL_FIELD: usize = 9;
const BUDGET: usize = 64;
const SOCKET_LIMIT: usize = 4096;

struct Entry {
    rule: Rule,
    packets: AtomicU64,
    bytes: AtomicU64,
}

/// The state that the stack keeps in globals.
struct Router {
    line: Line,
    loopback: Mutex<VecDeque<Mbuf>>,
    interfaces: RwLock<Vec<Option<Arc<Ifnet>>>>,
    mtu: AtomicU32,
    addresses: RwLock<Vec<Ipv4Addr>>,
    fib: RwLock<Fib>,
    protocols: RwLock<Vec<(IpProtocol, Input)>>,
    filters: RwLock<Vec<Filter>>,
    forwarding: AtomicBool,
    ttl: AtomicU32,
    received: AtomicU64,
    forwarded: AtomicU64,
    delivered: AtomicU64,
    sent: AtomicU64,
    drops: [AtomicU64; Drop::ALL.len()],
    icmp_drops: AtomicU64,
    rules: RwLock<Vec<Entry>>,
    default_packets: AtomicU64,
    default_bytes: AtomicU64,
    ports: RwLock<BTreeMap<u16, Arc<Queue>>>,
    udp_received: AtomicU64,
    udp_sent: AtomicU64,
}

impl Router {
    fn new(index: usize, line: Line) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            line,
            loopback: Mutex::default(),
            interfaces: RwLock::default(),
            mtu: AtomicU32::new(1500),
            addresses: RwLock::new(vec![address(index)]),
            fib: RwLock::new(Fib::new()),
            protocols: RwLock::new(vec![
                (IpProtocol::Icmp, drop_input),
                (IpProtocol::Tcp, drop_input),
                (IpProtocol::Udp, udp_input),
            ]),
            filters: RwLock::new(vec![ipfw_passes]),
            forwarding: AtomicBool::new(true),
            ttl: AtomicU32::new(64),
            received: zero(),
            forwarded: zero(),
            delivered: zero(),
            sent: zero(),
            drops: [const { AtomicU64::new(0) }; Drop::ALL.len()],
            icmp_drops: zero(),
            rules: RwLock::default(),
            default_packets: zero(),
            default_bytes: zero(),
            ports: RwLock::new(BTreeMap::from([(DISCARD, Arc::new(Queue::default()))])),
            udp_received: zero(),
            udp_sent: zero(),
        }
    }
}

fn drop_input(router: &Router, packet: Mbuf) {
    ip_drop(router, &packet, Drop::NoProtocol);
}

fn ip_drop(router: &Router, packet: &[u8], reason: Drop) {
    if packet.get(PROTOCOL_FIELD) == Some(&u8::from(IpProtocol::Icmp)) {
        router.icmp_drops.fetch_add(1, Relaxed);
    } else {
        router.drops[reason as usize].fetch_add(1, Relaxed);
    }
}

fn netisr(router: &Router) {
    if if_poll(router, BUDGET) == BUDGET {
        router.line.raise();
    }
}

fn if_poll(router: &Router, budget: usize) -> usize {
    let mut polled = 0;
    while polled < budget
        && let Some(packet) = lo_input(router)
    {
        ip_input(router, packet);
        polled += 1;
    }
    let count = router.interfaces.read().unwrap().len();
    for index in 0..count {
        let Some(interface) = router.interfaces.read().unwrap().get(index).cloned().flatten() else { continue };
        while polled < budget
            && let Some(packet) = interface.receive()
        {
            ip_input(router, packet);
            polled += 1;
        }
    }
    polled
}

fn lo_input(router: &Router) -> Option<Mbuf> {
    router.loopback.lock().unwrap().pop_front()
}

fn lo_output(router: &Router, packet: Mbuf) {
    router.loopback.lock().unwrap().push_back(packet);
    router.line.raise();
}

fn if_output(router: &Router, index: u32, packet: Mbuf) -> Result<(), (Drop, Mbuf)> {
    let interfaces = router.interfaces.read().unwrap();
    let Some(Some(interface)) = interfaces.get(index as usize) else { return Err((Drop::InterfaceDown, packet)) };
    interface.transmit(packet, router.mtu.load(Relaxed)).map_err(|(error, packet)| (error.into(), packet))
}

fn ipfw_passes(router: &Router, packet: &[u8]) -> bool {
    let bytes = packet.len() as u64;
    let rules = router.rules.read().unwrap();
    let header = Ipv4Packet::new_unchecked(packet);
    match rules.iter().find(|entry| entry.rule.matches(&header)) {
        Some(entry) => {
            entry.packets.fetch_add(1, Relaxed);
            entry.bytes.fetch_add(bytes, Relaxed);
            entry.rule.allow
        }
        None => {
            router.default_packets.fetch_add(1, Relaxed);
            router.default_bytes.fetch_add(bytes, Relaxed);
            true
        }
    }
}

fn pfil_passes(router: &Router, packet: &[u8]) -> bool {
    router.filters.read().unwrap().iter().all(|filter| filter(router, packet))
}

fn in_is_local(router: &Router, address: Ipv4Addr) -> bool {
    address.is_loopback() || router.addresses.read().unwrap().contains(&address)
}

fn ip_input(router: &Router, packet: Mbuf) {
    router.received.fetch_add(1, Relaxed);
    let Some((destination, ttl)) = ip_check(&packet) else { return ip_drop(router, &packet, Drop::BadPacket) };
    if !pfil_passes(router, &packet) {
        return ip_drop(router, &packet, Drop::Filtered);
    }
    if in_is_local(router, destination) {
        ip_deliver(router, packet)
    } else {
        ip_forward(router, packet, destination, ttl)
    }
}

fn ip_check(packet: &[u8]) -> Option<(Ipv4Addr, u8)> {
    let header = Ipv4Packet::new_checked(packet).ok()?;
    let sound = header.version() == 4 && header.verify_checksum() && usize::from(header.total_len()) == packet.len();
    sound.then(|| (header.dst_addr(), header.hop_limit()))
}

fn ip_deliver(router: &Router, packet: Mbuf) {
    let protocol = Ipv4Packet::new_unchecked(&packet).next_header();
    let input = router.protocols.read().unwrap().iter().find(|(other, _)| *other == protocol).map(|(_, input)| *input);
    match input {
        Some(input) => {
            router.delivered.fetch_add(1, Relaxed);
            input(router, packet);
        }
        None => ip_drop(router, &packet, Drop::NoProtocol),
    }
}

fn ip_forward(router: &Router, mut packet: Mbuf, destination: Ipv4Addr, ttl: u8) {
    if !router.forwarding.load(Relaxed) {
        return ip_drop(router, &packet, Drop::NotForwarding);
    }
    if ttl <= 1 {
        return ip_drop(router, &packet, Drop::TtlExceeded);
    }
    let Some(next_hop) = router.fib.read().unwrap().lookup(destination) else {
        return ip_drop(router, &packet, Drop::NoRoute);
    };
    let mut header = Ipv4Packet::new_unchecked(&mut packet);
    header.set_hop_limit(ttl - 1);
    header.fill_checksum();
    match if_output(router, next_hop.interface, packet) {
        Ok(()) => _ = router.forwarded.fetch_add(1, Relaxed),
        Err((reason, packet)) => ip_drop(router, &packet, reason),
    }
}

fn ip_output(router: &Router, packet: Mbuf) {
    match ip_try_output(router, packet) {
        Ok(()) => _ = router.sent.fetch_add(1, Relaxed),
        Err((reason, packet)) => ip_drop(router, &packet, reason),
    }
}

fn ip_try_output(router: &Router, packet: Mbuf) -> Result<(), (Drop, Mbuf)> {
    if !pfil_passes(router, &packet) {
        return Err((Drop::Filtered, packet));
    }
    let destination = Ipv4Packet::new_unchecked(&packet).dst_addr();
    if in_is_local(router, destination) {
        lo_output(router, packet);
        return Ok(());
    }
    let Some(next_hop) = router.fib.read().unwrap().lookup(destination) else {
        return Err((Drop::NoRoute, packet));
    };
    if_output(router, next_hop.interface, packet)
}

fn udp_input(router: &Router, packet: Mbuf) {
    let header = Ipv4Packet::new_unchecked(&packet[..]);
    let (source, destination) = (header.src_addr(), header.dst_addr());
    let Ok(datagram) = UdpPacket::new_checked(header.payload()) else {
        return ip_drop(router, &packet, Drop::BadPacket);
    };
    let checksums = ChecksumCapabilities::default();
    let Ok(ports) = UdpRepr::parse(&datagram, &source.into(), &destination.into(), &checksums) else {
        return ip_drop(router, &packet, Drop::BadPacket);
    };
    let Some(queue) = router.ports.read().unwrap().get(&ports.dst_port).cloned() else {
        return ip_drop(router, &packet, Drop::NoPort);
    };
    let mut queue = queue.lock().unwrap();
    if queue.len() >= SOCKET_LIMIT {
        return ip_drop(router, &packet, Drop::SocketFull);
    }
    router.udp_received.fetch_add(1, Relaxed);
    queue.push_back(Datagram { from: source, from_port: ports.src_port, payload: datagram.payload().to_vec() });
}

fn udp_receive(queue: &Queue) -> Option<Datagram> {
    queue.lock().unwrap().pop_front()
}

fn discard(queue: &Queue) -> u64 {
    std::iter::from_fn(|| udp_receive(queue)).filter(|datagram| datagram.payload == PAYLOAD).count() as u64
}

fn udp_send(router: &Router, destination: Ipv4Addr, payload: &[u8]) {
    let source = *router.addresses.read().unwrap().first().unwrap();
    let ports = UdpRepr { src_port: DISCARD, dst_port: DISCARD };
    let header = Ipv4Repr {
        src_addr: source,
        dst_addr: destination,
        next_header: IpProtocol::Udp,
        payload_len: ports.header_len() + payload.len(),
        hop_limit: router.ttl.load(Relaxed) as u8,
    };
    let checksums = ChecksumCapabilities::default();
    let mut packet = vec![0; header.buffer_len() + header.payload_len];
    let mut datagram = UdpPacket::new_unchecked(&mut packet[header.buffer_len()..]);
    let copy = |to: &mut [u8]| to.copy_from_slice(payload);
    ports.emit(&mut datagram, &source.into(), &destination.into(), payload.len(), copy, &checksums);
    header.emit(&mut Ipv4Packet::new_unchecked(&mut packet), &checksums);
    router.udp_sent.fetch_add(1, Relaxed);
    ip_output(router, packet);
}

/// A network of routers.
pub struct Network {
    routers: Vec<Router>,
    links: Vec<(Arc<Ifnet>, Arc<Ifnet>)>,
    controller: Arc<Controller>,
}

impl Network {
    /// Like `network::Network::build`.
    pub fn build(topology: &Topology, progress: impl Fn(u64)) -> Self {
        let count = topology.nodes.len();
        let controller = Controller::new(count);
        let routers: Vec<Router> = (0..count).map(|index| Router::new(index, Line::new(&controller, index))).collect();
        let plug = |node: usize, port: crate::hardware::Port| {
            let router = &routers[node];
            let mut interfaces = router.interfaces.write().unwrap();
            port.connect(Some(router.line.clone()));
            let interface = Ifnet::new(format!("ge{}", interfaces.len()), String::new(), port);
            interfaces.push(Some(Arc::clone(&interface)));
            interface
        };
        let lay = |edge: &crate::lab::topology::Edge| {
            let (left, right) = wire(WIRE_LIMIT);
            (plug(edge.source, left), plug(edge.target, right))
        };
        let links = topology.edges.iter().map(lay).collect();
        let neighbours = Neighbours::new(count, &topology.edges);
        let mut distances = Distances::default();
        for destination in 0..count {
            neighbours.distances(destination, &mut distances);
            for (node, router) in routers.iter().enumerate() {
                let next_hops: Vec<NextHop> = neighbours.next_hops(&distances, node).map(next_hop).collect();
                router.fib.write().unwrap().insert(Prefix::host(address(destination)), &next_hops);
            }
            progress(1);
        }
        Self { routers, links, controller }
    }

    fn settle(&self) {
        while let Some(router) = self.controller.next() {
            netisr(&self.routers[router]);
        }
    }

    /// Like `flood::flood`.
    pub fn flood(&self, flows: &[Flow], progress: impl Fn(u64)) -> Outcome {
        let links = || self.links.iter().map(|(source, target)| (source.sent(), target.sent()));
        let before: Vec<(u64, u64)> = links().collect();
        let queues: Vec<Arc<Queue>> =
            self.routers.iter().map(|router| Arc::clone(&router.ports.read().unwrap()[&DISCARD])).collect();
        let mut outcome = Outcome::default();
        let start = std::time::Instant::now();
        schedule(
            flows,
            |flow| {
                for _ in 0..flow.packets {
                    udp_send(&self.routers[flow.from], address(flow.to), &PAYLOAD);
                }
                outcome.sent += flow.packets;
            },
            |packets| {
                self.settle();
                outcome.delivered += queues.iter().map(|queue| discard(queue)).sum::<u64>();
                progress(packets);
            },
        );
        outcome.duration = start.elapsed();
        outcome.links = links().zip(before).map(|(now, before)| (now.0 - before.0, now.1 - before.1)).collect();
        outcome.hops = outcome.links.iter().map(|(forward, backward)| forward + backward).sum();
        outcome
    }
}
