//! Helpers of the stack's tests.
//!
//! In builds without instances all tests run on the same machine, one after another, and find the counters that earlier
//! tests left. So they compare counters before and after, and each test has addresses and ports of its own.

use std::net::Ipv4Addr;

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{Icmpv4DstUnreachable, Icmpv4Packet, Icmpv4Repr, IpProtocol, Ipv4Repr, UdpPacket, UdpRepr};

use crate::stack::inet::{self, Drop, Packet};
use crate::stack::loif;

/// Source and destination.
pub type Ends = (Ipv4Addr, Ipv4Addr);

/// The number of packets that this machine has dropped for this reason, without those of ICMP.
pub fn dropped(reason: Drop) -> u64 {
    inet::ip_stat().dropped.iter().find(|(other, _)| *other == reason).map_or(0, |(_, count)| *count)
}

/// The number of ICMP packets that this machine has dropped.
pub fn icmp_dropped() -> u64 {
    inet::ip_stat().icmp_dropped
}

/// Handles one packet that has arrived.
pub fn input(packet: Packet) {
    inet::ip_input([packet.bytes].into_iter(), &mut inet::Batch::default());
}

/// Discards the packets that other tests have left on this machine.
pub fn settle() {
    while loif::lo_input().is_some() {}
}

pub fn udp_packet((source, destination): Ends, port: u16, ttl: u8) -> Packet {
    let (ports, payload) = (UdpRepr { src_port: 7, dst_port: port }, b"payload!");
    let length = ports.header_len() + payload.len();
    inet::ip_packet((source, destination), IpProtocol::Udp, Some(ttl), length, |buffer| {
        let mut datagram = UdpPacket::new_unchecked(buffer);
        let copy = |to: &mut [u8]| to.copy_from_slice(payload);
        let (source, destination) = (source.into(), destination.into());
        ports.emit(&mut datagram, &source, &destination, payload.len(), copy, &ChecksumCapabilities::default());
    })
}

pub fn icmp_packet(ends: Ends, ttl: u8, message: &Icmpv4Repr<'_>) -> Packet {
    inet::ip_packet(ends, IpProtocol::Icmp, Some(ttl), message.buffer_len(), |buffer| {
        message.emit(&mut Icmpv4Packet::new_unchecked(buffer), &ChecksumCapabilities::default());
    })
}

/// An error about a datagram that `ends.1` has sent to `ends.0`.
pub fn icmp_error_packet(ends: Ends, ttl: u8) -> Packet {
    let data = [0; 8];
    let header = Ipv4Repr {
        src_addr: ends.1,
        dst_addr: ends.0,
        next_header: IpProtocol::Udp,
        payload_len: data.len(),
        hop_limit: 1,
    };
    let reason = Icmpv4DstUnreachable::HostUnreachable;
    icmp_packet(ends, ttl, &Icmpv4Repr::DstUnreachable { reason, header, data: &data })
}
