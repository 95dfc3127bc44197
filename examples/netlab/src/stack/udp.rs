//! UDP: sockets by port.

vimage::virtualize! {
    class = Net, name = "udp", depends_on = crate::stack::inet;

    use std::collections::btree_map::{BTreeMap, Entry};
    use std::collections::VecDeque;
    use std::net::Ipv4Addr;
    use std::ops::Range;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::sync::{Arc, Mutex, RwLock};

    use smoltcp::wire::{Icmpv4DstUnreachable, IpProtocol, Ipv4Packet};
    use thiserror::Error;
    use vimage::prelude::*;
    use vimage::{Bound, BindRefused};

    use crate::hardware::Mbuf;
    use crate::stack::checksum::Sum;
    use crate::stack::inet::{self, Drop, IpError};

    /// A datagram that has arrived, in the packet that brought it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Datagram {
        pub from: Ipv4Addr,
        pub from_port: u16,
        port: u16,
        packet: Mbuf,
        payload: Range<usize>,
    }

    const UDP_HEADER: usize = 8;

    impl Datagram {
        /// Reads a packet whose IP header was checked; `None` if the datagram is damaged.
        pub fn parse(packet: Mbuf) -> Result<Self, Mbuf> {
            let header = Ipv4Packet::new_unchecked(&packet[..]);
            let (from, to, start) = (header.src_addr(), header.dst_addr(), usize::from(header.header_len()));
            let Some((udp, _)) = packet[start..].split_first_chunk::<UDP_HEADER>() else { return Err(packet) };
            let word = |at: usize| u16::from_be_bytes([udp[at], udp[at + 1]]);
            let (from_port, port, length, checksum) = (word(0), word(2), usize::from(word(4)), word(6));
            let is_sound = (UDP_HEADER..=packet.len() - start).contains(&length) && port != 0
                && (checksum == 0
                    || Sum::of_transport(from, to, IpProtocol::Udp, &packet[start..start + length]).fold() == 0xffff);
            if !is_sound {
                return Err(packet);
            }
            Ok(Self { from, from_port, port, payload: start + UDP_HEADER..start + length, packet })
        }

        /// The port that it was sent to.
        pub fn port(&self) -> u16 {
            self.port
        }

        pub fn packet(&self) -> &Mbuf {
            &self.packet
        }

        pub fn payload(&self) -> &[u8] {
            &self.packet[self.payload.clone()]
        }
    }

    /// The length of a datagram with this payload.
    pub fn udp_length(payload: &[u8]) -> usize {
        UDP_HEADER + payload.len()
    }

    /// Writes a datagram from one address and port to another into `buffer`.
    pub fn udp_emit((source, from): (Ipv4Addr, u16), (destination, to): (Ipv4Addr, u16), payload: &[u8], buffer: &mut [u8]) {
        let (header, rest) = buffer.split_first_chunk_mut::<UDP_HEADER>().expect("the buffer has the datagram's length");
        rest.copy_from_slice(payload);
        let length = udp_length(payload) as u16;
        for (at, word) in [from, to, length, 0].into_iter().enumerate() {
            header[2 * at..2 * at + 2].copy_from_slice(&word.to_be_bytes());
        }
        // A checksum of 0 would mean that there is none.
        let checksum = match !Sum::of_transport(source, destination, IpProtocol::Udp, buffer).fold() {
            0 => 0xffff,
            checksum => checksum,
        };
        buffer[6..UDP_HEADER].copy_from_slice(&checksum.to_be_bytes());
    }

    /// The error of binding a socket.
    #[derive(Debug, Error)]
    pub enum UdpBindError {
        #[error("UDP port {0} is in use on this machine")]
        InUse(u16),
        #[error(transparent)]
        Refused(#[from] BindRefused),
    }

    type Queue = Mutex<VecDeque<Datagram>>;

    /// The capacity of a socket, in datagrams.
    const SOCKET_LIMIT: usize = 4096;

    #[virtualized]
    static UDP_PORTS: RwLock<BTreeMap<u16, Arc<Queue>>> = RwLock::new(BTreeMap::new());

    #[virtualized(symmap)]
    static UDP_RECEIVED: AtomicU64 = AtomicU64::new(0);

    #[virtualized(symmap)]
    static UDP_SENT: AtomicU64 = AtomicU64::new(0);

    #[attach]
    fn udp_attach() {
        inet::proto_register(IpProtocol::Udp, udp_input);
    }

    #[detach]
    fn udp_detach() {
        inet::proto_unregister(IpProtocol::Udp);
    }

    fn udp_input(packet: Mbuf) {
        let datagram = match Datagram::parse(packet) {
            Ok(datagram) => datagram,
            Err(packet) => return inet::ip_drop(&packet, Drop::BadPacket),
        };
        let ports = V_UDP_PORTS.read().unwrap();
        let Some(queue) = ports.get(&datagram.port) else {
            drop(ports);
            inet::ip_drop(&datagram.packet, Drop::NoPort);
            return inet::ip_error(&datagram.packet, IpError::Unreachable(Icmpv4DstUnreachable::PortUnreachable));
        };
        let mut queue = queue.lock().unwrap();
        if queue.len() >= SOCKET_LIMIT {
            return inet::ip_drop(&datagram.packet, Drop::SocketFull);
        }
        V_UDP_RECEIVED.fetch_add(1, Relaxed);
        queue.push_back(datagram);
    }

    /// A port of one machine.
    pub struct UdpSocket {
        port: u16,
        queue: Arc<Queue>,
    }

    impl UdpSocket {
        /// Binds a port of the current machine.
        pub fn bind(port: u16) -> Result<Bound<Self>, UdpBindError> {
            let queue = Arc::new(Queue::default());
            match V_UDP_PORTS.write().unwrap().entry(port) {
                Entry::Occupied(_) => return Err(UdpBindError::InUse(port)),
                Entry::Vacant(free) => _ = free.insert(Arc::clone(&queue)),
            }
            Ok(Bound::new(Self { port, queue }).map_err(|error| error.reason)?)
        }

        /// Sends a datagram; `None` is the machine's default time to live.
        pub fn send_to(&self, destination: Ipv4Addr, port: u16, ttl: Option<u8>, payload: &[u8]) -> Result<(), Drop> {
            let source = inet::in_source(destination);
            let packet = inet::ip_packet((source, destination), IpProtocol::Udp, ttl, udp_length(payload), |buffer| {
                udp_emit((source, self.port), (destination, port), payload, buffer);
            });
            V_UDP_SENT.fetch_add(1, Relaxed);
            inet::ip_output(packet)
        }

        pub fn receive(&self) -> Option<Datagram> {
            self.queue.lock().unwrap().pop_front()
        }
    }

    impl std::ops::Drop for UdpSocket {
        fn drop(&mut self) {
            V_UDP_PORTS.write().unwrap().remove(&self.port);
        }
    }

    /// The numbers of datagrams received and sent.
    pub fn udp_stat() -> (u64, u64) {
        (V_UDP_RECEIVED.load(Relaxed), V_UDP_SENT.load(Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::stack::icmp::{IcmpSocket, Message};
    use crate::stack::netisr::netisr;
    use crate::stack::testing::{Ends, dropped, input, settle, udp_packet};

    const LOCAL: Ends = (Ipv4Addr::LOCALHOST, Ipv4Addr::LOCALHOST);

    #[vimage::test]
    fn a_socket_takes_so_many_datagrams_and_no_more() {
        let socket = UdpSocket::bind(40_010).unwrap();
        let before = (dropped(Drop::SocketFull), udp_stat().0);
        for _ in 0..SOCKET_LIMIT + 3 {
            input(udp_packet(LOCAL, 40_010, 64));
        }
        assert_eq!((dropped(Drop::SocketFull), udp_stat().0), (before.0 + 3, before.1 + SOCKET_LIMIT as u64));
        let received: Vec<Datagram> = std::iter::from_fn(|| socket.enter(UdpSocket::receive)).collect();
        let expected = received[0].clone();
        assert_eq!((expected.from, expected.from_port), (Ipv4Addr::LOCALHOST, 7));
        assert_eq!(expected.payload(), b"payload!");
        assert!(received.len() == SOCKET_LIMIT && received.iter().all(|datagram| *datagram == expected));
        // There is room again.
        input(udp_packet(LOCAL, 40_010, 64));
        assert_eq!(socket.enter(UdpSocket::receive), Some(expected));
    }

    #[vimage::test]
    fn a_port_has_one_socket_and_is_free_when_that_goes() {
        let socket = UdpSocket::bind(40_011).unwrap();
        assert!(matches!(UdpSocket::bind(40_011), Err(UdpBindError::InUse(40_011))));
        drop(socket);
        assert!(UdpSocket::bind(40_011).is_ok());
    }

    #[vimage::test]
    fn a_port_without_a_socket_is_counted_and_told() {
        settle();
        let icmp = IcmpSocket::open().unwrap();
        let before = dropped(Drop::NoPort);
        input(udp_packet(LOCAL, 40_012, 64));
        netisr();
        assert_eq!(dropped(Drop::NoPort), before + 1);
        let message = icmp.enter(IcmpSocket::receive).map(|received| received.message);
        let reason = Icmpv4DstUnreachable::PortUnreachable;
        assert!(matches!(message, Some(Message::Unreachable { reason: told, .. }) if told == reason), "{message:?}");
    }

    #[vimage::test]
    fn damaged_datagrams_are_dropped() {
        let socket = UdpSocket::bind(40_013).unwrap();
        let before = dropped(Drop::BadPacket);
        let mut damaged = udp_packet(LOCAL, 40_013, 64);
        *damaged.bytes.last_mut().unwrap() ^= 1;
        input(damaged);
        assert_eq!((dropped(Drop::BadPacket), socket.enter(UdpSocket::receive)), (before + 1, None));
    }
}
