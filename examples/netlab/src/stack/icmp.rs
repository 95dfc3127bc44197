//! ICMP: echo, errors, and sockets that receive them.

vimage::virtualize! {
    class = Net, name = "icmp", depends_on = crate::stack::inet;

    use std::collections::VecDeque;
    use std::net::Ipv4Addr;
    use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
    use std::sync::{Arc, Mutex};

    use smoltcp::phy::ChecksumCapabilities;
    use smoltcp::wire::{Icmpv4DstUnreachable, Icmpv4Message, Icmpv4Packet, Icmpv4Repr, Icmpv4TimeExceeded};
    use smoltcp::wire::{IpProtocol, Ipv4Packet, Ipv4Repr};
    use vimage::prelude::*;
    use vimage::{BindRefused, Bound};

    use crate::hardware::Mbuf;
    use crate::stack::inet::{self, Drop, IpError};

    /// An ICMP message to this machine.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Message {
        EchoReply { ident: u16, seq: u16 },
        /// `start` is the first bytes of the payload of the packet that it is about: ports, or the number of an echo.
        TtlExceeded { destination: Ipv4Addr, start: [u8; 8] },
        Unreachable { reason: Icmpv4DstUnreachable, destination: Ipv4Addr, start: [u8; 8] },
    }

    #[derive(Clone, Copy, Debug)]
    pub struct Received {
        pub from: Ipv4Addr,
        pub ttl: u8,
        pub message: Message,
    }

    type Queue = Mutex<VecDeque<Received>>;

    /// The capacity of a socket, in messages.
    const SOCKET_LIMIT: usize = 256;
    /// The number of bytes of the payload that an error quotes.
    const QUOTED: std::ops::RangeInclusive<usize> = 8..=520;

    /// Answer echo requests: 0 or 1.
    #[virtualized(sysctl("net.inet.icmp.echo", rw, range = 0..=1))]
    static ICMP_ECHO: AtomicU32 = AtomicU32::new(1);

    /// Tell senders about packets that cannot be delivered: 0 or 1.
    #[virtualized(sysctl("net.inet.icmp.errors", rw, range = 0..=1))]
    static ICMP_ERRORS: AtomicU32 = AtomicU32::new(1);

    #[virtualized]
    static ICMP_SOCKETS: Mutex<Vec<Arc<Queue>>> = Mutex::new(Vec::new());

    #[virtualized(symmap)]
    static ICMP_RECEIVED: AtomicU64 = AtomicU64::new(0);

    #[virtualized(symmap)]
    static ICMP_SENT: AtomicU64 = AtomicU64::new(0);

    #[attach]
    fn icmp_attach() {
        inet::proto_register(IpProtocol::Icmp, icmp_input);
        inet::ip_error_register(Some(icmp_error));
    }

    #[detach]
    fn icmp_detach() {
        inet::ip_error_register(None);
        inet::proto_unregister(IpProtocol::Icmp);
    }

    fn icmp_input(packet: Mbuf) {
        V_ICMP_RECEIVED.fetch_add(1, Relaxed);
        let header = Ipv4Packet::new_unchecked(&packet[..]);
        let parsed = Icmpv4Packet::new_checked(header.payload())
            .and_then(|message| Icmpv4Repr::parse(&message, &ChecksumCapabilities::default()));
        let Ok(message) = parsed else { return inet::ip_drop(&packet, Drop::BadPacket) };
        let message = match message {
            Icmpv4Repr::EchoRequest { ident, seq_no, data } => {
                if V_ICMP_ECHO.load(Relaxed) != 0 {
                    let reply = Icmpv4Repr::EchoReply { ident, seq_no, data };
                    // The source is the address that the request was sent to.
                    icmp_send((header.dst_addr(), header.src_addr()), None, &reply);
                }
                return;
            }
            Icmpv4Repr::EchoReply { ident, seq_no, .. } => Message::EchoReply { ident, seq: seq_no },
            Icmpv4Repr::TimeExceeded { header, data, .. } => {
                Message::TtlExceeded { destination: header.dst_addr, start: start(data) }
            }
            Icmpv4Repr::DstUnreachable { reason, header, data } => {
                Message::Unreachable { reason, destination: header.dst_addr, start: start(data) }
            }
            _ => return,
        };
        let received = Received { from: header.src_addr(), ttl: header.hop_limit(), message };
        for socket in V_ICMP_SOCKETS.lock().unwrap().iter() {
            let mut queue = socket.lock().unwrap();
            if queue.len() < SOCKET_LIMIT {
                queue.push_back(received);
            } else {
                inet::ip_drop(&packet, Drop::SocketFull);
            }
        }
    }

    /// The first bytes; a valid error quotes at least eight.
    fn start(data: &[u8]) -> [u8; 8] {
        data.first_chunk().copied().unwrap_or_default()
    }

    /// Tells the sender of a packet about an error, unless the standard forbids it.
    fn icmp_error(about: &[u8], error: IpError) {
        if V_ICMP_ERRORS.load(Relaxed) == 0 || !may_be_told(about) {
            return;
        }
        let original = Ipv4Packet::new_unchecked(about);
        let source = original.src_addr();
        let data = &original.payload()[..original.payload().len().min(*QUOTED.end())];
        let header = Ipv4Repr {
            src_addr: source,
            dst_addr: original.dst_addr(),
            next_header: original.next_header(),
            // The length of the quotation: smoltcp rejects a header that announces more.
            payload_len: data.len(),
            hop_limit: original.hop_limit(),
        };
        let message = match error {
            IpError::TtlExceeded => {
                Icmpv4Repr::TimeExceeded { reason: Icmpv4TimeExceeded::TtlExpired, header, data }
            }
            IpError::Unreachable(reason) => Icmpv4Repr::DstUnreachable { reason, header, data },
        };
        icmp_send((inet::in_source(source), source), None, &message);
    }

    /// Returns whether there may be an error about a packet: not about ICMP errors, later fragments, or packets that
    /// are too short to quote.
    fn may_be_told(about: &[u8]) -> bool {
        let original = Ipv4Packet::new_unchecked(about);
        if original.frag_offset() != 0 || original.payload().len() < *QUOTED.start() {
            return false;
        }
        original.next_header() != IpProtocol::Icmp
            || matches!(
                Icmpv4Packet::new_unchecked(original.payload()).msg_type(),
                Icmpv4Message::EchoRequest | Icmpv4Message::EchoReply
            )
    }

    fn icmp_send(
        (source, destination): (Ipv4Addr, Ipv4Addr),
        ttl: Option<u8>,
        message: &Icmpv4Repr<'_>,
    ) {
        let length = message.buffer_len();
        let packet = inet::ip_packet((source, destination), IpProtocol::Icmp, ttl, length, |payload| {
            message.emit(&mut Icmpv4Packet::new_unchecked(payload), &ChecksumCapabilities::default());
        });
        V_ICMP_SENT.fetch_add(1, Relaxed);
        // A drop is counted where it happens.
        _ = inet::ip_output(packet);
    }

    /// Sends echo requests, and receives the answers and the errors about this machine's packets.
    pub struct IcmpSocket {
        queue: Arc<Queue>,
    }

    impl IcmpSocket {
        /// Opens a socket on the current machine.
        pub fn open() -> Result<Bound<Self>, BindRefused> {
            let queue = Arc::new(Queue::default());
            V_ICMP_SOCKETS.lock().unwrap().push(Arc::clone(&queue));
            Bound::new(Self { queue }).map_err(|error| error.reason)
        }

        pub fn send_echo(&self, destination: Ipv4Addr, ident: u16, seq: u16, size: usize) {
            let data: Vec<u8> = (0..size).map(|byte| byte as u8).collect();
            let request = Icmpv4Repr::EchoRequest { ident, seq_no: seq, data: &data };
            icmp_send((inet::in_source(destination), destination), None, &request);
        }

        pub fn receive(&self) -> Option<Received> {
            self.queue.lock().unwrap().pop_front()
        }
    }

    impl std::ops::Drop for IcmpSocket {
        fn drop(&mut self) {
            V_ICMP_SOCKETS.lock().unwrap().retain(|queue| !Arc::ptr_eq(queue, &self.queue));
        }
    }

    /// The numbers of messages received and sent.
    pub fn icmp_stat() -> (u64, u64) {
        (V_ICMP_RECEIVED.load(Relaxed), V_ICMP_SENT.load(Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use smoltcp::wire::Icmpv4Repr;

    use super::*;
    use crate::stack::inet;
    use crate::stack::netisr::netisr;
    use crate::stack::testing::{
        Ends, dropped, icmp_dropped, icmp_error_packet, icmp_packet, input, settle, udp_packet,
    };

    const ENDS: Ends = (Ipv4Addr::new(192, 0, 2, 10), Ipv4Addr::new(192, 0, 2, 11));
    const LOCAL: Ends = (Ipv4Addr::LOCALHOST, Ipv4Addr::LOCALHOST);

    fn sent() -> u64 {
        icmp_stat().1
    }

    #[vimage::test]
    fn there_are_no_errors_about_errors() {
        let echo = Icmpv4Repr::EchoRequest { ident: 1, seq_no: 1, data: &[0; 8] };
        let mut fragment = udp_packet(ENDS, 9, 1);
        Ipv4Packet::new_unchecked(&mut fragment.bytes).set_frag_offset(8);
        for (about, told) in [
            (udp_packet(ENDS, 9, 1), 1),
            (icmp_packet(ENDS, 1, &echo), 1),
            (icmp_error_packet(ENDS, 1), 0),
            (fragment, 0),
        ] {
            let before = sent();
            icmp_error(&about.bytes, IpError::TtlExceeded);
            assert_eq!(sent() - before, told, "{about:x?}");
        }
    }

    #[vimage::test]
    fn a_router_is_silent_about_errors_that_are_too_old() {
        let before = (sent(), icmp_dropped(), dropped(Drop::TtlExceeded));
        inet::set_ip_forwarding(true);
        input(icmp_error_packet(ENDS, 1));
        inet::set_ip_forwarding(false);
        assert_eq!((sent(), icmp_dropped(), dropped(Drop::TtlExceeded)), (before.0, before.1 + 1, before.2));
    }

    #[vimage::test]
    fn a_socket_sees_echoes_and_errors_up_to_a_limit() {
        settle();
        let socket = IcmpSocket::open().unwrap();
        socket.enter(|socket| socket.send_echo(Ipv4Addr::LOCALHOST, 3, 4, 8));
        input(icmp_error_packet(LOCAL, 64));
        while netisr() > 0 {}
        let received: Vec<Message> =
            std::iter::from_fn(|| socket.enter(IcmpSocket::receive)).map(|received| received.message).collect();
        let (error, reply) = (received[0], received[1]);
        assert!(
            matches!(error, Message::Unreachable { reason: Icmpv4DstUnreachable::HostUnreachable, .. }),
            "{error:?}"
        );
        assert_eq!((reply, received.len()), (Message::EchoReply { ident: 3, seq: 4 }, 2));

        let before = icmp_dropped();
        for _ in 0..SOCKET_LIMIT + 2 {
            input(icmp_error_packet(LOCAL, 64));
        }
        assert_eq!(std::iter::from_fn(|| socket.enter(IcmpSocket::receive)).count(), SOCKET_LIMIT);
        assert_eq!(icmp_dropped() - before, 2);
    }

    #[vimage::test]
    fn damaged_messages_are_dropped() {
        let mut message = icmp_error_packet(LOCAL, 64);
        *message.bytes.last_mut().unwrap() ^= 1;
        let socket = IcmpSocket::open().unwrap();
        let before = icmp_dropped();
        input(message);
        assert_eq!(icmp_dropped(), before + 1);
        assert!(socket.enter(IcmpSocket::receive).is_none());
    }
}
