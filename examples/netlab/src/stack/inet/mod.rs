//! IPv4: addresses, input, forwarding, output.

mod drops;
mod fib;
mod header;

pub use drops::Drop;
pub use fib::{Fib, NextHop, Prefix};
pub use header::{HEADER, Header, age};

vimage::virtualize! {
    class = Net, name = "inet", depends_on = crate::stack::ifnet;

    use std::net::Ipv4Addr;
    use std::sync::RwLock;
    use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

    use smoltcp::wire::{Icmpv4DstUnreachable, IpProtocol};
    use vimage::prelude::*;

    use crate::hardware::Mbuf;
    use crate::stack::ifnet::{self, IfError};
    use crate::stack::loif;

    /// The input function of a protocol.
    pub type Input = fn(Mbuf);
    /// A filter appends the indices of the packets that may not pass, in order.
    pub type Filter = fn(&[Packet], &mut Vec<usize>);

    /// A packet whose header was checked, or written by this machine.
    #[derive(Clone, Debug)]
    pub struct Packet {
        pub header: Header,
        pub bytes: Mbuf,
    }

    /// What happens to a packet that is not forwarded.
    #[derive(Debug)]
    enum Other {
        Local,
        /// It is dropped, and its sender may be told.
        Undeliverable(Drop, Option<IpError>),
    }

    impl Other {
        const NO_ROUTE: Self = Self::Undeliverable(
            Drop::NoRoute,
            Some(IpError::Unreachable(Icmpv4DstUnreachable::HostUnreachable)),
        );
    }

    /// The reason that the sender of a packet is told, if the packet cannot be delivered.
    #[derive(Clone, Copy, Debug)]
    pub enum IpError {
        TtlExceeded,
        Unreachable(Icmpv4DstUnreachable),
    }
    /// Tells the sender of a packet about an error.
    pub type ErrorOutput = fn(&[u8], IpError);

    /// The position of the protocol in a header.
    const PROTOCOL_FIELD: usize = 9;

    #[virtualized(symmap)]
    static INET_ADDRESSES: RwLock<Vec<Ipv4Addr>> = RwLock::new(Vec::new());

    #[virtualized(symmap)]
    static INET_FIB: RwLock<Fib> = RwLock::new(Fib::new());

    /// The input functions of the protocols above.
    #[virtualized]
    static INETSW: RwLock<Vec<(IpProtocol, Input)>> = RwLock::new(Vec::new());

    #[virtualized]
    static PFIL: RwLock<Vec<Filter>> = RwLock::new(Vec::new());

    /// The output function of ICMP, which stands above and registers itself.
    #[virtualized]
    static IP_ERROR_OUTPUT: RwLock<Option<ErrorOutput>> = RwLock::new(None);

    /// Forward packets to other machines: 0 or 1.
    #[virtualized(sysctl("net.inet.ip.forwarding", rw, range = 0..=1))]
    static IP_FORWARDING: AtomicU32 = AtomicU32::new(0);

    /// The time to live of packets from this machine, in hops.
    #[virtualized(sysctl("net.inet.ip.ttl", rw, range = 1..=255))]
    static IP_TTL: AtomicU32 = AtomicU32::new(64);

    #[virtualized(symmap)]
    static IP_RECEIVED: AtomicU64 = AtomicU64::new(0);

    #[virtualized(symmap)]
    static IP_FORWARDED: AtomicU64 = AtomicU64::new(0);

    #[virtualized(symmap)]
    static IP_DELIVERED: AtomicU64 = AtomicU64::new(0);

    #[virtualized(symmap)]
    static IP_SENT: AtomicU64 = AtomicU64::new(0);

    /// Dropped packets by reason, without ICMP, whose packets are about other packets.
    #[virtualized(symmap)]
    static IP_DROPS: [AtomicU64; Drop::ALL.len()] = [const { AtomicU64::new(0) }; Drop::ALL.len()];

    #[virtualized(symmap)]
    static IP_ICMP_DROPS: AtomicU64 = AtomicU64::new(0);

    #[detach]
    fn inet_detach() {
        *V_INET_FIB.write().unwrap() = Fib::new();
        V_INET_ADDRESSES.write().unwrap().clear();
    }

    /// The counters of IP in `netstat -s`.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct IpStat {
        pub received: u64,
        pub forwarded: u64,
        pub delivered: u64,
        pub sent: u64,
        /// By reason, without ICMP; reasons with a count of 0 are left out.
        pub dropped: Vec<(Drop, u64)>,
        pub icmp_dropped: u64,
    }

    pub fn in_add_address(address: Ipv4Addr) {
        V_INET_ADDRESSES.write().unwrap().push(address);
    }

    /// Returns whether this machine has the address.
    pub fn in_is_local(address: Ipv4Addr) -> bool {
        is_one_of(&V_INET_ADDRESSES.read().unwrap(), address)
    }

    fn is_one_of(own: &[Ipv4Addr], address: Ipv4Addr) -> bool {
        address.is_loopback() || own.contains(&address)
    }

    /// The source address of packets from this machine to `destination`.
    pub fn in_source(destination: Ipv4Addr) -> Ipv4Addr {
        match V_INET_ADDRESSES.read().unwrap().first() {
            Some(&first) if !destination.is_loopback() => first,
            _ => Ipv4Addr::LOCALHOST,
        }
    }

    /// Adds routes, or replaces those to the same prefixes. One without next hops is not added.
    pub fn rt_add(routes: &[(Prefix, Vec<NextHop>)]) {
        let mut fib = V_INET_FIB.write().unwrap();
        routes.iter().for_each(|(to, next_hops)| fib.insert(*to, next_hops));
    }

    /// Makes room for so many routes to single machines.
    pub fn rt_reserve(hosts: usize) {
        V_INET_FIB.write().unwrap().reserve(hosts);
    }

    /// Adds routes to machines in a row, from this address on: each over the one of `sets` with its number.
    pub fn rt_add_row(first: Ipv4Addr, routes: &[u16], sets: &[Vec<NextHop>]) {
        V_INET_FIB.write().unwrap().insert_row(first, routes, sets);
    }

    /// Makes these the only routes to single machines; returns whether anything changed.
    pub fn rt_sync(hosts: &[(Ipv4Addr, Vec<NextHop>)]) -> bool {
        V_INET_FIB.write().unwrap().sync_hosts(hosts)
    }

    /// All routes, those to the longest prefixes first.
    pub fn rt_list() -> Vec<(Prefix, Vec<NextHop>)> {
        V_INET_FIB.read().unwrap().routes().map(|(to, next_hops)| (to, next_hops.to_vec())).collect()
    }

    /// Registers the input function of a protocol (`protosw`).
    pub fn proto_register(protocol: IpProtocol, input: Input) {
        V_INETSW.write().unwrap().push((protocol, input));
    }

    pub fn proto_unregister(protocol: IpProtocol) {
        V_INETSW.write().unwrap().retain(|(other, _)| *other != protocol);
    }

    /// Sets or removes the function that tells senders about errors.
    pub fn ip_error_register(output: Option<ErrorOutput>) {
        *V_IP_ERROR_OUTPUT.write().unwrap() = output;
    }

    /// Tells the sender of a packet about an error, if ICMP is there to do it.
    pub fn ip_error(about: &[u8], error: IpError) {
        // Called without the lock, because the error is sent as a packet.
        let output = *V_IP_ERROR_OUTPUT.read().unwrap();
        if let Some(output) = output {
            output(about, error);
        }
    }

    /// Adds a filter for packets that arrive or are sent from this machine.
    pub fn pfil_add(filter: Filter) {
        V_PFIL.write().unwrap().push(filter);
    }

    pub fn pfil_remove(filter: Filter) {
        V_PFIL.write().unwrap().retain(|other| !std::ptr::fn_addr_eq(*other, filter));
    }

    fn pfil_passes(packet: &Packet) -> bool {
        let mut denied = Vec::new();
        V_PFIL.read().unwrap().iter().for_each(|filter| filter(std::slice::from_ref(packet), &mut denied));
        denied.is_empty()
    }

    /// Drops the packets that a filter denies.
    fn pfil_run(packets: &mut Vec<Packet>) {
        let mut denied = Vec::new();
        for filter in V_PFIL.read().unwrap().iter() {
            filter(packets, &mut denied);
            for index in denied.drain(..).rev() {
                ip_drop(&packets.remove(index).bytes, Drop::Filtered);
            }
        }
    }

    /// The memory that `ip_input` works in, and leaves empty.
    #[derive(Debug, Default)]
    pub struct Batch {
        sound: Vec<Packet>,
        others: Vec<(Packet, Other)>,
    }

    /// Handles packets that have arrived. Each step takes its locks once for all of them.
    pub fn ip_input(arrived: impl ExactSizeIterator<Item = Mbuf>, Batch { sound, others }: &mut Batch) {
        if arrived.len() == 0 {
            return;
        }
        V_IP_RECEIVED.fetch_add(arrived.len() as u64, Relaxed);
        ip_check(arrived, sound);
        pfil_run(sound);
        ip_forward(sound, others);
        for (Packet { header, bytes }, other) in others.drain(..) {
            match other {
                Other::Local => ip_deliver(bytes, header.protocol),
                Other::Undeliverable(reason, error) => {
                    ip_drop(&bytes, reason);
                    error.into_iter().for_each(|error| ip_error(&bytes, error));
                }
            }
        }
    }

    /// Reads the headers; drops damaged packets.
    fn ip_check(arrived: impl Iterator<Item = Mbuf>, sound: &mut Vec<Packet>) {
        for bytes in arrived {
            match Header::check(&bytes) {
                Some(header) => sound.push(Packet { header, bytes }),
                None => ip_drop(&bytes, Drop::BadPacket),
            }
        }
    }

    /// Forwards packets to other machines; moves the rest to `others`.
    fn ip_forward(packets: &mut Vec<Packet>, others: &mut Vec<(Packet, Other)>) {
        let is_router = V_IP_FORWARDING.load(Relaxed) != 0;
        let (addresses, fib) = (V_INET_ADDRESSES.read().unwrap(), V_INET_FIB.read().unwrap());
        let next_hop = |header: &Header| match header {
            header if is_one_of(&addresses, header.destination) => Err(Other::Local),
            _ if !is_router => Err(Other::Undeliverable(Drop::NotForwarding, None)),
            Header { ttl: 0..=1, .. } => Err(Other::Undeliverable(Drop::TtlExceeded, Some(IpError::TtlExceeded))),
            header => fib.lookup(header.destination).ok_or(Other::NO_ROUTE),
        };
        let mut forwarded = 0;
        ifnet::with_output(|output| {
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
                    Err((error, bytes)) => ip_drop(&bytes, error.into()),
                }
            }
        });
        V_IP_FORWARDED.fetch_add(forwarded, Relaxed);
    }

    fn ip_deliver(packet: Mbuf, protocol: IpProtocol) {
        // Called without the lock, because the protocol may send an answer.
        let input = V_INETSW.read().unwrap().iter().find(|(other, _)| *other == protocol).map(|(_, input)| *input);
        match input {
            Some(input) => {
                V_IP_DELIVERED.fetch_add(1, Relaxed);
                input(packet);
            }
            None => {
                ip_drop(&packet, Drop::NoProtocol);
                ip_error(&packet, IpError::Unreachable(Icmpv4DstUnreachable::ProtoUnreachable));
            }
        }
    }

    /// Sends a packet that this machine has created.
    pub fn ip_output(packet: Packet) -> Result<(), Drop> {
        match ip_try_output(packet) {
            Ok(()) => {
                V_IP_SENT.fetch_add(1, Relaxed);
                Ok(())
            }
            Err((reason, bytes)) => {
                ip_drop(&bytes, reason);
                Err(reason)
            }
        }
    }

    fn ip_try_output(packet: Packet) -> Result<(), (Drop, Mbuf)> {
        if !pfil_passes(&packet) {
            return Err((Drop::Filtered, packet.bytes));
        }
        let Packet { header: Header { destination, .. }, bytes } = packet;
        if in_is_local(destination) {
            loif::lo_output(bytes);
            return Ok(());
        }
        let Some(next_hop) = V_INET_FIB.read().unwrap().lookup(destination) else {
            return Err((Drop::NoRoute, bytes));
        };
        ifnet::if_output(next_hop.interface, bytes).map_err(|(error, bytes)| (error.into(), bytes))
    }

    /// Creates a packet: a header, and `length` bytes that `fill` writes.
    pub fn ip_packet(
        (source, destination): (Ipv4Addr, Ipv4Addr),
        protocol: IpProtocol,
        ttl: Option<u8>,
        length: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Packet {
        let header = Header { source, destination, protocol, ttl: ttl.unwrap_or(ip_ttl()) };
        let mut bytes = vec![0; HEADER + length];
        fill(&mut bytes[HEADER..]);
        header.emit(length, &mut bytes);
        Packet { header, bytes }
    }

    /// Counts a packet that is dropped.
    pub fn ip_drop(packet: &[u8], reason: Drop) {
        // The packet may be too short to have the field.
        if packet.get(PROTOCOL_FIELD) == Some(&u8::from(IpProtocol::Icmp)) {
            V_IP_ICMP_DROPS.fetch_add(1, Relaxed);
        } else {
            V_IP_DROPS[reason as usize].fetch_add(1, Relaxed);
        }
    }

    pub fn ip_stat() -> IpStat {
        let dropped = Drop::ALL.map(|reason| (reason, V_IP_DROPS[reason as usize].load(Relaxed)));
        IpStat {
            received: V_IP_RECEIVED.load(Relaxed),
            forwarded: V_IP_FORWARDED.load(Relaxed),
            delivered: V_IP_DELIVERED.load(Relaxed),
            sent: V_IP_SENT.load(Relaxed),
            dropped: dropped.into_iter().filter(|(_, count)| *count > 0).collect(),
            icmp_dropped: V_IP_ICMP_DROPS.load(Relaxed),
        }
    }

    pub fn set_ip_forwarding(on: bool) {
        V_IP_FORWARDING.store(u32::from(on), Relaxed);
    }

    pub fn ip_ttl() -> u8 {
        V_IP_TTL.load(Relaxed) as u8
    }

    impl From<IfError> for Drop {
        fn from(error: IfError) -> Self {
            match error {
                IfError::Down => Self::InterfaceDown,
                IfError::QueueFull => Self::QueueFull,
                IfError::TooLong => Self::TooLong,
            }
        }
    }
}

#[cfg(test)]
mod tests;
