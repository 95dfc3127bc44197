//! TCP, with smoltcp's sockets: a machine that uses any has a set of them.

mod device;

use device::Device;

vimage::virtualize! {
    class = Net, name = "tcp", depends_on = crate::stack::inet;

    use std::net::Ipv4Addr;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};

    use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
    use smoltcp::socket::tcp::{Socket, SocketBuffer};
    use smoltcp::time::Instant;
    use smoltcp::wire::{HardwareAddress, IpCidr, IpProtocol};
    use thiserror::Error;
    use vimage::prelude::*;
    use vimage::{BindRefused, Bound};

    use crate::hardware::{Mbuf, Time};
    use crate::stack::ifnet;
    use crate::stack::inet::{self, Header, Packet};
    use crate::stack::machine;

    /// The error of opening a connection.
    #[derive(Debug, Error)]
    pub enum TcpError {
        #[error("cannot listen on TCP port {0}")]
        Listen(u16),
        #[error("cannot connect to {0} port {1}")]
        Connect(Ipv4Addr, u16),
        #[error(transparent)]
        Refused(#[from] BindRefused),
    }

    struct Tcp {
        interface: Interface,
        sockets: SocketSet<'static>,
        device: Device,
    }

    /// The size of the buffers of new sockets, in bytes: a connection moves at most so many in a round trip.
    #[virtualized(sysctl("net.inet.tcp.space", rw, range = 2_048..=16_777_216))]
    static TCP_SPACE: AtomicU32 = AtomicU32::new(64 << 10);

    const MICROSECOND: Time = 1_000;

    /// Created with the first socket: most machines only forward packets and need none.
    #[virtualized]
    static TCP: Mutex<Option<Tcp>> = Mutex::new(None);

    /// Set when `tcp_soft_interrupt` has work to do.
    #[virtualized]
    static TCP_PENDING: AtomicBool = AtomicBool::new(false);

    /// The time of the first interrupt that was asked for; `Time::MAX` if there is none.
    #[virtualized]
    static TCP_TIMER: AtomicI64 = AtomicI64::new(Time::MAX);

    #[virtualized(symmap)]
    static TCP_RECEIVED: AtomicU64 = AtomicU64::new(0);

    #[virtualized(symmap)]
    static TCP_SENT: AtomicU64 = AtomicU64::new(0);

    #[attach]
    fn tcp_attach() {
        inet::proto_register(IpProtocol::Tcp, tcp_input);
    }

    #[detach]
    fn tcp_detach() {
        inet::proto_unregister(IpProtocol::Tcp);
        *V_TCP.lock().unwrap() = None;
    }

    fn now() -> Instant {
        Instant::from_micros(machine::uptime())
    }

    impl Tcp {
        fn new() -> Self {
            let mut device = Device::new(ifnet::link_mtu() as usize);
            let mut interface = Interface::new(Config::new(HardwareAddress::Ip), &mut device, now());
            let addresses = [inet::in_source(Ipv4Addr::UNSPECIFIED), Ipv4Addr::LOCALHOST];
            interface.update_ip_addrs(|list| {
                for address in addresses {
                    // A prefix of length 0 makes every address a neighbour, because routing is not smoltcp's task here.
                    _ = list.push(IpCidr::new(address.into(), 0));
                }
            });
            Self { interface, sockets: SocketSet::new(Vec::new()), device }
        }

        fn socket(&mut self, handle: SocketHandle) -> &mut Socket<'static> {
            self.sockets.get_mut(handle)
        }
    }

    fn with_tcp<R>(f: impl FnOnce(&mut Tcp) -> R) -> R {
        f(V_TCP.lock().unwrap().get_or_insert_with(Tcp::new))
    }

    fn tcp_input(packet: Mbuf) {
        V_TCP_RECEIVED.fetch_add(1, Relaxed);
        with_tcp(|tcp| tcp.device.received.push_back(packet));
        V_TCP_PENDING.store(true, Relaxed);
    }

    /// Polls the connections if there is work to do.
    pub fn tcp_soft_interrupt() {
        let is_due = V_TCP_TIMER.load(Relaxed) <= machine::nanotime();
        if is_due {
            V_TCP_TIMER.store(Time::MAX, Relaxed);
        }
        if V_TCP_PENDING.swap(false, Relaxed) || is_due {
            tcp_poll();
        }
    }

    /// Asks for an interrupt when the first timer of a connection ends. An earlier one that is due anyway is enough: it
    /// asks again.
    fn set_timer(deadline: Option<Time>) {
        let Some(deadline) = deadline else { return };
        // Not at the same time again, which would never end.
        let deadline = deadline.max(machine::nanotime() + MICROSECOND);
        if deadline < V_TCP_TIMER.load(Relaxed) {
            V_TCP_TIMER.store(deadline, Relaxed);
            machine::interrupt_at(deadline);
        }
    }

    /// Polls all connections: handles received packets, sends new ones, and retransmits.
    pub fn tcp_poll() {
        let (mut packets, timer) = with_tcp(|tcp| {
            // The device limits how much smoltcp sends at once, so that a wire is not flooded.
            tcp.interface.poll(now(), &mut tcp.device, &mut tcp.sockets);
            let timer = tcp.interface.poll_at(now(), &tcp.sockets);
            (std::mem::take(&mut tcp.device.sent), timer.map(|time| time.total_micros() * MICROSECOND))
        });
        set_timer(timer);
        if packets.len() >= device::BURST {
            V_TCP_PENDING.store(true, Relaxed);
            machine::interrupt();
        }
        for bytes in packets.drain(..) {
            V_TCP_SENT.fetch_add(1, Relaxed);
            let Some(header) = Header::check(&bytes) else { continue };
            // TCP retransmits a packet that is lost here.
            _ = inet::ip_output(Packet { header, bytes });
        }
    }

    /// The time of the next interrupt for a timer; `Time::MAX` if there is none.
    #[cfg(test)]
    pub fn tcp_timer() -> Time {
        V_TCP_TIMER.load(Relaxed)
    }

    /// One end of a connection.
    pub struct TcpSocket {
        handle: SocketHandle,
    }

    impl TcpSocket {
        fn new() -> Self {
            let buffer = || SocketBuffer::new(vec![0; V_TCP_SPACE.load(Relaxed) as usize]);
            let mut socket = Socket::new(buffer(), buffer());
            socket.set_hop_limit(Some(inet::ip_ttl()));
            Self { handle: with_tcp(|tcp| tcp.sockets.add(socket)) }
        }

        /// Listens on a port of the current machine.
        pub fn listen(port: u16) -> Result<Bound<Self>, TcpError> {
            let socket = Self::new();
            with_tcp(|tcp| tcp.socket(socket.handle).listen(port)).map_err(|_| TcpError::Listen(port))?;
            Ok(Bound::new(socket).map_err(|error| error.reason)?)
        }

        /// Starts a connection from the current machine.
        pub fn connect(to: Ipv4Addr, port: u16, local_port: u16) -> Result<Bound<Self>, TcpError> {
            let socket = Self::new();
            let connected = with_tcp(|tcp| {
                let Tcp { interface, sockets, .. } = tcp;
                let local = (inet::in_source(to), local_port);
                sockets.get_mut::<Socket<'_>>(socket.handle).connect(interface.context(), (to, port), local)
            });
            connected.map_err(|_| TcpError::Connect(to, port))?;
            Ok(Bound::new(socket).map_err(|error| error.reason)?)
        }

        /// Lets `fill` write into the free part of the send buffer; returns the number of bytes written.
        pub fn send(&self, fill: impl FnOnce(&mut [u8]) -> usize) -> usize {
            with_tcp(|tcp| {
                let socket = tcp.socket(self.handle);
                if !socket.can_send() {
                    return 0;
                }
                socket.send(|buffer| {
                    let filled = fill(buffer);
                    (filled, filled)
                })
                .unwrap_or(0)
            })
        }

        /// Passes the received bytes to `read`, piece by piece; returns their number.
        pub fn receive(&self, mut read: impl FnMut(&[u8])) -> usize {
            with_tcp(|tcp| {
                let socket = tcp.socket(self.handle);
                let mut total = 0;
                while socket.can_recv() {
                    let taken = socket.recv(|buffer| {
                        read(buffer);
                        (buffer.len(), buffer.len())
                    });
                    total += taken.unwrap_or(0);
                }
                total
            })
        }

        /// Closes the sending direction, after the bytes in the buffer.
        pub fn shut_down(&self) {
            with_tcp(|tcp| tcp.socket(self.handle).close());
        }

        /// Returns whether the socket can still send.
        pub fn is_established(&self) -> bool {
            with_tcp(|tcp| tcp.socket(self.handle).may_send())
        }
    }

    impl Drop for TcpSocket {
        fn drop(&mut self) {
            with_tcp(|tcp| tcp.sockets.remove(self.handle));
        }
    }

    /// The numbers of segments received and sent.
    pub fn tcp_stat() -> (u64, u64) {
        (V_TCP_RECEIVED.load(Relaxed), V_TCP_SENT.load(Relaxed))
    }
}

#[cfg(test)]
mod tests;
