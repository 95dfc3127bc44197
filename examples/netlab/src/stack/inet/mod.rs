//! IPv4: addresses, input, forwarding, output.

mod drops;
mod fib;

pub use drops::Drop;
pub use fib::{Fib, NextHop, Prefix};

vimage::virtualize! {
    class = Net, name = "inet", depends_on = crate::stack::ifnet;

    use std::net::Ipv4Addr;
    use std::sync::RwLock;
    use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

    use smoltcp::phy::ChecksumCapabilities;
    use smoltcp::wire::{Icmpv4DstUnreachable, IpProtocol, Ipv4Packet, Ipv4Repr};
    use vimage::prelude::*;

    use crate::hardware::Mbuf;
    use crate::stack::ifnet::{self, IfError};
    use crate::stack::loif;

    /// The input function of a protocol.
    pub type Input = fn(Mbuf);
    /// Returns whether a packet may pass.
    pub type Filter = fn(&[u8]) -> bool;

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

    #[virtualized]
    static INET_ADDRESSES: RwLock<Vec<Ipv4Addr>> = RwLock::new(Vec::new());

    #[virtualized]
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

    #[virtualized]
    static IP_RECEIVED: AtomicU64 = AtomicU64::new(0);

    #[virtualized]
    static IP_FORWARDED: AtomicU64 = AtomicU64::new(0);

    #[virtualized]
    static IP_DELIVERED: AtomicU64 = AtomicU64::new(0);

    #[virtualized]
    static IP_SENT: AtomicU64 = AtomicU64::new(0);

    /// Dropped packets by reason, without ICMP, whose packets are about other packets.
    #[virtualized]
    static IP_DROPS: [AtomicU64; Drop::ALL.len()] = [const { AtomicU64::new(0) }; Drop::ALL.len()];

    #[virtualized]
    static IP_ICMP_DROPS: AtomicU64 = AtomicU64::new(0);

    #[detach]
    fn inet_detach() {
        *V_INET_FIB.write().unwrap() = Fib::new();
        V_INET_ADDRESSES.write().unwrap().clear();
    }

    /// The counters of IP in `netstat -s`.
    #[derive(Clone, Debug, Default)]
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
        address.is_loopback() || V_INET_ADDRESSES.read().unwrap().contains(&address)
    }

    /// The source address of packets from this machine to `destination`.
    pub fn in_source(destination: Ipv4Addr) -> Ipv4Addr {
        match V_INET_ADDRESSES.read().unwrap().first() {
            Some(&first) if !destination.is_loopback() => first,
            _ => Ipv4Addr::LOCALHOST,
        }
    }

    pub fn rt_add(to: Prefix, next_hops: &[NextHop]) {
        V_INET_FIB.write().unwrap().insert(to, next_hops);
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

    fn pfil_passes(packet: &[u8]) -> bool {
        V_PFIL.read().unwrap().iter().all(|filter| filter(packet))
    }

    /// Handles a packet that has arrived.
    pub fn ip_input(packet: Mbuf) {
        V_IP_RECEIVED.fetch_add(1, Relaxed);
        let Some((destination, ttl)) = ip_check(&packet) else { return ip_drop(&packet, Drop::BadPacket) };
        if !pfil_passes(&packet) {
            return ip_drop(&packet, Drop::Filtered);
        }
        if in_is_local(destination) { ip_deliver(packet) } else { ip_forward(packet, destination, ttl) }
    }

    /// The destination and the time to live of a packet; `None` if its header is damaged.
    fn ip_check(packet: &[u8]) -> Option<(Ipv4Addr, u8)> {
        let header = Ipv4Packet::new_checked(packet).ok()?;
        let sound = header.version() == 4 && header.verify_checksum() && usize::from(header.total_len()) == packet.len();
        sound.then(|| (header.dst_addr(), header.hop_limit()))
    }

    fn ip_deliver(packet: Mbuf) {
        let protocol = Ipv4Packet::new_unchecked(&packet).next_header();
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

    fn ip_forward(mut packet: Mbuf, destination: Ipv4Addr, ttl: u8) {
        if V_IP_FORWARDING.load(Relaxed) == 0 {
            return ip_drop(&packet, Drop::NotForwarding);
        }
        if ttl <= 1 {
            ip_drop(&packet, Drop::TtlExceeded);
            return ip_error(&packet, IpError::TtlExceeded);
        }
        let Some(next_hop) = V_INET_FIB.read().unwrap().lookup(destination) else {
            ip_drop(&packet, Drop::NoRoute);
            return ip_error(&packet, IpError::Unreachable(Icmpv4DstUnreachable::HostUnreachable));
        };
        let mut header = Ipv4Packet::new_unchecked(&mut packet);
        header.set_hop_limit(ttl - 1);
        header.fill_checksum();
        match ifnet::if_output(next_hop.interface, packet) {
            Ok(()) => _ = V_IP_FORWARDED.fetch_add(1, Relaxed),
            Err((error, packet)) => ip_drop(&packet, error.into()),
        }
    }

    /// Sends a packet that this machine has created.
    pub fn ip_output(packet: Mbuf) -> Result<(), Drop> {
        match ip_try_output(packet) {
            Ok(()) => {
                V_IP_SENT.fetch_add(1, Relaxed);
                Ok(())
            }
            Err((reason, packet)) => {
                ip_drop(&packet, reason);
                Err(reason)
            }
        }
    }

    fn ip_try_output(packet: Mbuf) -> Result<(), (Drop, Mbuf)> {
        if !pfil_passes(&packet) {
            return Err((Drop::Filtered, packet));
        }
        let destination = Ipv4Packet::new_unchecked(&packet).dst_addr();
        if in_is_local(destination) {
            loif::lo_output(packet);
            return Ok(());
        }
        let Some(next_hop) = V_INET_FIB.read().unwrap().lookup(destination) else {
            return Err((Drop::NoRoute, packet));
        };
        ifnet::if_output(next_hop.interface, packet).map_err(|(error, packet)| (error.into(), packet))
    }

    /// Creates a packet: a header, and `length` bytes that `fill` writes.
    pub fn ip_packet(
        (source, destination): (Ipv4Addr, Ipv4Addr),
        protocol: IpProtocol,
        ttl: Option<u8>,
        length: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Mbuf {
        let header = Ipv4Repr {
            src_addr: source,
            dst_addr: destination,
            next_header: protocol,
            payload_len: length,
            hop_limit: ttl.unwrap_or(ip_ttl()),
        };
        let mut packet = vec![0; header.buffer_len() + length];
        fill(&mut packet[header.buffer_len()..]);
        header.emit(&mut Ipv4Packet::new_unchecked(&mut packet), &ChecksumCapabilities::default());
        packet
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
