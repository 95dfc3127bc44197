//! The same forwarding, written by hand: each function gets its router as an argument.
//!
//! `bench` compares the stack with it. It handles UDP packets that arrive as the stack does, with the same tables,
//! locks, counters and wires; the handling of other packets is left out.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard};

use smoltcp::wire::IpProtocol;

use crate::hardware::{Controller, Line, Mbuf, wire};
use crate::lab::address::address;
use crate::lab::flood::{DISCARD, Outcome, PAYLOAD, schedule};
use crate::lab::network::{WIRE_LIMIT, next_hop};
use crate::lab::routing::{Distances, Neighbours};
use crate::lab::topology::Topology;
use crate::lab::traffic::Flow;
use crate::stack::ifnet::Ifnet;
use crate::stack::inet::{Drop, Fib, HEADER, Header, NextHop, Packet, Prefix, age};
use crate::stack::ipfw::Rule;
use crate::stack::udp::{Datagram, udp_emit, udp_length};

type Queue = Mutex<VecDeque<Datagram>>;
type Input = fn(&Router, Mbuf);
type Filter = fn(&Router, &[Packet], &mut Vec<usize>);

const PROTOCOL_FIELD: usize = 9;
const BUDGET: usize = 64;
const SOCKET_LIMIT: usize = 4096;

struct Entry {
    rule: Rule,
    packets: AtomicU64,
    bytes: AtomicU64,
}

/// The memory for the packets of one interrupt.
#[derive(Default)]
struct Workstream {
    arrived: Vec<Mbuf>,
    sound: Vec<Packet>,
    others: Vec<(Packet, Other)>,
}

enum Other {
    Local,
    Undeliverable(Drop),
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
            filters: RwLock::new(vec![ipfw_check]),
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

fn netisr(router: &Router, work: &mut Workstream) {
    if_poll(router, BUDGET, &mut work.arrived);
    let count = work.arrived.len();
    ip_input(router, work.arrived.drain(..), &mut work.sound, &mut work.others);
    if count == BUDGET {
        router.line.raise();
    }
}

fn if_poll(router: &Router, limit: usize, packets: &mut Vec<Mbuf>) {
    while packets.len() < limit
        && let Some(packet) = lo_input(router)
    {
        packets.push(packet);
    }
    for interface in router.interfaces.read().unwrap().iter().flatten() {
        interface.receive(limit - packets.len(), packets);
    }
}

fn lo_input(router: &Router) -> Option<Mbuf> {
    router.loopback.lock().unwrap().pop_front()
}

fn lo_output(router: &Router, packet: Mbuf) {
    router.loopback.lock().unwrap().push_back(packet);
    router.line.raise();
}

struct Output<'a> {
    interfaces: RwLockReadGuard<'a, Vec<Option<Arc<Ifnet>>>>,
    mtu: u32,
}

impl Output<'_> {
    fn transmit(&self, index: u32, packet: Mbuf) -> Result<(), (Drop, Mbuf)> {
        let Some(Some(interface)) = self.interfaces.get(index as usize) else {
            return Err((Drop::InterfaceDown, packet));
        };
        interface.transmit(packet, self.mtu).map_err(|(error, packet)| (error.into(), packet))
    }
}

fn output(router: &Router) -> Output<'_> {
    Output { interfaces: router.interfaces.read().unwrap(), mtu: router.mtu.load(Relaxed) }
}

fn if_output(router: &Router, index: u32, packet: Mbuf) -> Result<(), (Drop, Mbuf)> {
    output(router).transmit(index, packet)
}

fn ipfw_check(router: &Router, packets: &[Packet], denied: &mut Vec<usize>) {
    let (mut default_packets, mut default_bytes) = (0, 0);
    let rules = router.rules.read().unwrap();
    for (index, Packet { header, bytes }) in packets.iter().enumerate() {
        let bytes = bytes.len() as u64;
        let Some(entry) = rules.iter().find(|entry| entry.rule.matches(header)) else {
            default_packets += 1;
            default_bytes += bytes;
            continue;
        };
        entry.packets.fetch_add(1, Relaxed);
        entry.bytes.fetch_add(bytes, Relaxed);
        if !entry.rule.allow {
            denied.push(index);
        }
    }
    router.default_packets.fetch_add(default_packets, Relaxed);
    router.default_bytes.fetch_add(default_bytes, Relaxed);
}

fn pfil_passes(router: &Router, packet: &Packet) -> bool {
    let mut denied = Vec::new();
    let filters = router.filters.read().unwrap();
    filters.iter().for_each(|filter| filter(router, std::slice::from_ref(packet), &mut denied));
    denied.is_empty()
}

fn pfil_run(router: &Router, packets: &mut Vec<Packet>) {
    let mut denied = Vec::new();
    for filter in router.filters.read().unwrap().iter() {
        filter(router, packets, &mut denied);
        for index in denied.drain(..).rev() {
            ip_drop(router, &packets.remove(index).bytes, Drop::Filtered);
        }
    }
}

fn in_is_local(router: &Router, address: Ipv4Addr) -> bool {
    is_one_of(&router.addresses.read().unwrap(), address)
}

fn is_one_of(own: &[Ipv4Addr], address: Ipv4Addr) -> bool {
    address.is_loopback() || own.contains(&address)
}

fn ip_input(
    router: &Router,
    arrived: impl ExactSizeIterator<Item = Mbuf>,
    sound: &mut Vec<Packet>,
    others: &mut Vec<(Packet, Other)>,
) {
    if arrived.len() == 0 {
        return;
    }
    router.received.fetch_add(arrived.len() as u64, Relaxed);
    ip_check(router, arrived, sound);
    pfil_run(router, sound);
    ip_forward(router, sound, others);
    for (Packet { header, bytes }, other) in others.drain(..) {
        match other {
            Other::Local => ip_deliver(router, bytes, header.protocol),
            Other::Undeliverable(reason) => ip_drop(router, &bytes, reason),
        }
    }
}

fn ip_check(router: &Router, arrived: impl Iterator<Item = Mbuf>, sound: &mut Vec<Packet>) {
    for bytes in arrived {
        match Header::check(&bytes) {
            Some(header) => sound.push(Packet { header, bytes }),
            None => ip_drop(router, &bytes, Drop::BadPacket),
        }
    }
}

fn ip_forward(router: &Router, packets: &mut Vec<Packet>, others: &mut Vec<(Packet, Other)>) {
    let is_router = router.forwarding.load(Relaxed);
    let (addresses, fib) = (router.addresses.read().unwrap(), router.fib.read().unwrap());
    let next_hop = |header: &Header| match header {
        header if is_one_of(&addresses, header.destination) => Err(Other::Local),
        _ if !is_router => Err(Other::Undeliverable(Drop::NotForwarding)),
        Header { ttl: 0..=1, .. } => Err(Other::Undeliverable(Drop::TtlExceeded)),
        header => fib.lookup(header.destination).ok_or(Other::Undeliverable(Drop::NoRoute)),
    };
    let mut forwarded = 0;
    let output = output(router);
    for mut packet in packets.drain(..) {
        let next_hop = match next_hop(&packet.header) {
            Ok(next_hop) => next_hop,
            Err(other) => {
                others.push((packet, other));
                continue;
            }
        };
        age(&mut packet.bytes);
        match output.transmit(next_hop.interface, packet.bytes) {
            Ok(()) => forwarded += 1,
            Err((reason, bytes)) => ip_drop(router, &bytes, reason),
        }
    }
    router.forwarded.fetch_add(forwarded, Relaxed);
}

fn ip_deliver(router: &Router, packet: Mbuf, protocol: IpProtocol) {
    let input = router.protocols.read().unwrap().iter().find(|(other, _)| *other == protocol).map(|(_, input)| *input);
    match input {
        Some(input) => {
            router.delivered.fetch_add(1, Relaxed);
            input(router, packet);
        }
        None => ip_drop(router, &packet, Drop::NoProtocol),
    }
}

fn ip_output(router: &Router, packet: Packet) {
    match ip_try_output(router, packet) {
        Ok(()) => _ = router.sent.fetch_add(1, Relaxed),
        Err((reason, bytes)) => ip_drop(router, &bytes, reason),
    }
}

fn ip_try_output(router: &Router, packet: Packet) -> Result<(), (Drop, Mbuf)> {
    if !pfil_passes(router, &packet) {
        return Err((Drop::Filtered, packet.bytes));
    }
    let Packet { header: Header { destination, .. }, bytes } = packet;
    if in_is_local(router, destination) {
        lo_output(router, bytes);
        return Ok(());
    }
    let Some(next_hop) = router.fib.read().unwrap().lookup(destination) else {
        return Err((Drop::NoRoute, bytes));
    };
    if_output(router, next_hop.interface, bytes)
}

fn udp_input(router: &Router, packet: Mbuf) {
    let datagram = match Datagram::parse(packet) {
        Ok(datagram) => datagram,
        Err(packet) => return ip_drop(router, &packet, Drop::BadPacket),
    };
    let ports = router.ports.read().unwrap();
    let Some(queue) = ports.get(&datagram.port()) else {
        return ip_drop(router, datagram.packet(), Drop::NoPort);
    };
    let mut queue = queue.lock().unwrap();
    if queue.len() >= SOCKET_LIMIT {
        return ip_drop(router, datagram.packet(), Drop::SocketFull);
    }
    router.udp_received.fetch_add(1, Relaxed);
    queue.push_back(datagram);
}

fn udp_receive(queue: &Queue) -> Option<Datagram> {
    queue.lock().unwrap().pop_front()
}

fn discard(queue: &Queue) -> u64 {
    std::iter::from_fn(|| udp_receive(queue)).filter(|datagram| datagram.payload() == PAYLOAD).count() as u64
}

fn udp_send(router: &Router, destination: Ipv4Addr, payload: &[u8]) {
    let source = *router.addresses.read().unwrap().first().unwrap();
    let (length, ttl) = (udp_length(payload), router.ttl.load(Relaxed) as u8);
    let header = Header { source, destination, protocol: IpProtocol::Udp, ttl };
    let mut bytes = vec![0; HEADER + length];
    udp_emit((source, DISCARD), (destination, DISCARD), payload, &mut bytes[HEADER..]);
    header.emit(length, &mut bytes);
    router.udp_sent.fetch_add(1, Relaxed);
    ip_output(router, Packet { header, bytes });
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
            let (left, right) = wire(WIRE_LIMIT, None);
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
        let mut work = Workstream::default();
        while let Some(router) = self.controller.next() {
            netisr(&self.routers[router], &mut work);
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
