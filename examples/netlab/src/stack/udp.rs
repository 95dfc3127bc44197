//! UDP: sockets by port.

vimage::virtualize! {
    class = Net, name = "udp", depends_on = crate::stack::inet;

    use std::collections::btree_map::{BTreeMap, Entry};
    use std::collections::VecDeque;
    use std::net::Ipv4Addr;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::sync::{Arc, Mutex, RwLock};

    use smoltcp::phy::ChecksumCapabilities;
    use smoltcp::wire::{Icmpv4DstUnreachable, IpProtocol, Ipv4Packet, UdpPacket, UdpRepr};
    use thiserror::Error;
    use vimage::prelude::*;
    use vimage::{Bound, BindRefused};

    use crate::hardware::Mbuf;
    use crate::stack::inet::{self, Drop, IpError};

    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Datagram {
        pub from: Ipv4Addr,
        pub from_port: u16,
        pub payload: Vec<u8>,
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

    #[virtualized]
    static UDP_RECEIVED: AtomicU64 = AtomicU64::new(0);

    #[virtualized]
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
        let header = Ipv4Packet::new_unchecked(&packet[..]);
        let (source, destination) = (header.src_addr(), header.dst_addr());
        let Ok(datagram) = UdpPacket::new_checked(header.payload()) else { return inet::ip_drop(&packet, Drop::BadPacket) };
        let checksums = ChecksumCapabilities::default();
        let Ok(ports) = UdpRepr::parse(&datagram, &source.into(), &destination.into(), &checksums) else {
            return inet::ip_drop(&packet, Drop::BadPacket);
        };
        let Some(queue) = V_UDP_PORTS.read().unwrap().get(&ports.dst_port).cloned() else {
            inet::ip_drop(&packet, Drop::NoPort);
            return inet::ip_error(&packet, IpError::Unreachable(Icmpv4DstUnreachable::PortUnreachable));
        };
        let mut queue = queue.lock().unwrap();
        if queue.len() >= SOCKET_LIMIT {
            return inet::ip_drop(&packet, Drop::SocketFull);
        }
        V_UDP_RECEIVED.fetch_add(1, Relaxed);
        queue.push_back(Datagram { from: source, from_port: ports.src_port, payload: datagram.payload().to_vec() });
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
            let ports = UdpRepr { src_port: self.port, dst_port: port };
            let length = ports.header_len() + payload.len();
            let packet = inet::ip_packet((source, destination), IpProtocol::Udp, ttl, length, |buffer| {
                let (source, destination) = (source.into(), destination.into());
                let mut datagram = UdpPacket::new_unchecked(buffer);
                let copy = |to: &mut [u8]| to.copy_from_slice(payload);
                ports.emit(&mut datagram, &source, &destination, payload.len(), copy, &ChecksumCapabilities::default());
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
    use crate::stack::inet::ip_input;
    use crate::stack::netisr::netisr;
    use crate::stack::testing::{Ends, dropped, settle, udp_packet};

    const LOCAL: Ends = (Ipv4Addr::LOCALHOST, Ipv4Addr::LOCALHOST);

    #[vimage::test]
    fn a_socket_takes_so_many_datagrams_and_no_more() {
        let socket = UdpSocket::bind(40_010).unwrap();
        let before = (dropped(Drop::SocketFull), udp_stat().0);
        for _ in 0..SOCKET_LIMIT + 3 {
            ip_input(udp_packet(LOCAL, 40_010, 64));
        }
        assert_eq!((dropped(Drop::SocketFull), udp_stat().0), (before.0 + 3, before.1 + SOCKET_LIMIT as u64));
        let received: Vec<Datagram> = std::iter::from_fn(|| socket.enter(UdpSocket::receive)).collect();
        let expected = Datagram { from: Ipv4Addr::LOCALHOST, from_port: 7, payload: b"payload!".to_vec() };
        assert!(received.len() == SOCKET_LIMIT && received.iter().all(|datagram| *datagram == expected));
        // There is room again.
        ip_input(udp_packet(LOCAL, 40_010, 64));
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
        ip_input(udp_packet(LOCAL, 40_012, 64));
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
        *damaged.last_mut().unwrap() ^= 1;
        ip_input(damaged);
        assert_eq!((dropped(Drop::BadPacket), socket.enter(UdpSocket::receive)), (before + 1, None));
    }
}
