//! The header of an IPv4 packet, checked once.

use std::net::Ipv4Addr;

use smoltcp::wire::IpProtocol;

use crate::stack::checksum::{self, Sum};

/// The length of a header without options.
pub const HEADER: usize = 20;
const TTL: usize = 8;
const CHECKSUM: std::ops::Range<usize> = 10..12;

/// What a router has to know of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub source: Ipv4Addr,
    pub destination: Ipv4Addr,
    pub protocol: IpProtocol,
    pub ttl: u8,
}

impl Header {
    /// Reads the header of a packet; `None` if it is damaged or does not fit the packet.
    #[inline]
    pub fn check(packet: &[u8]) -> Option<Self> {
        let header: &[u8; HEADER] = packet.first_chunk()?;
        let length = usize::from(header[0] & 0xf) * 4;
        let is_sound = header[0] >> 4 == 4
            && length >= HEADER
            && usize::from(u16::from_be_bytes([header[2], header[3]])) == packet.len()
            && length <= packet.len()
            && sum(header, &packet[HEADER..length]) == 0xffff;
        is_sound.then(|| Self {
            source: Ipv4Addr::from([header[12], header[13], header[14], header[15]]),
            destination: Ipv4Addr::from([header[16], header[17], header[18], header[19]]),
            protocol: header[9].into(),
            ttl: header[TTL],
        })
    }
}

impl Header {
    /// Writes a header without options in front of `length` bytes.
    ///
    /// # Panics
    ///
    /// If `packet` is shorter than a header.
    pub fn emit(&self, length: usize, packet: &mut [u8]) {
        const DO_NOT_FRAGMENT: u8 = 0x40;
        let mut header = [0; HEADER];
        header[0] = 0x45;
        header[2..4].copy_from_slice(&((HEADER + length) as u16).to_be_bytes());
        header[6] = DO_NOT_FRAGMENT;
        header[TTL] = self.ttl;
        header[9] = self.protocol.into();
        header[12..16].copy_from_slice(&self.source.octets());
        header[16..].copy_from_slice(&self.destination.octets());
        let checksum = !Sum::default().add(&header).fold();
        header[CHECKSUM].copy_from_slice(&checksum.to_be_bytes());
        packet[..HEADER].copy_from_slice(&header);
    }
}

/// The sum of a header and its options, of which most have none.
fn sum(header: &[u8; HEADER], options: &[u8]) -> u16 {
    let sum = Sum::default().add(header);
    if options.is_empty() { sum.fold() } else { sum.add(options).fold() }
}

/// Takes one hop from the time to live of a packet whose header was checked.
///
/// # Panics
///
/// If the packet is shorter than a header, or the time to live is 0.
#[inline]
pub fn age(packet: &mut [u8]) {
    let header: &mut [u8; HEADER] = packet.first_chunk_mut().expect("the header was checked");
    header[TTL] -= 1;
    let checksum = u16::from_be_bytes([header[CHECKSUM.start], header[CHECKSUM.start + 1]]);
    header[CHECKSUM].copy_from_slice(&checksum::decrement_ttl(checksum).to_be_bytes());
}
