//! The interfaces of a machine.

vimage::virtualize! {
    class = Net, name = "ifnet", depends_on = crate::stack::loif;

    use std::convert::Infallible;
    use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
    use std::sync::{Arc, OnceLock, RwLock, RwLockReadGuard};

    use vimage::prelude::*;
    use vimage::{Movable, Transfer};

    use crate::hardware::{Direction, Mbuf, Port, Tap};
    use crate::stack::loif;
    use crate::stack::machine;

    /// An interface: the end of a wire, with counters.
    #[derive(Debug)]
    pub struct Ifnet {
        pub name: String,
        /// A note of the administrator.
        pub description: String,
        port: Port,
        tap: OnceLock<Box<dyn Tap>>,
        up: AtomicBool,
        ipackets: AtomicU64,
        ibytes: AtomicU64,
        opackets: AtomicU64,
        /// Those of a protocol of the link itself.
        olink: AtomicU64,
        obytes: AtomicU64,
        oqdrops: AtomicU64,
    }

    /// The first byte of packets that are not IP's but a protocol's of the link itself; that of IP starts with a 4.
    pub const LINK_PROTOCOL: u8 = 0x83;

    /// The line of `netstat -i` about an interface.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct IfStat {
        pub name: String,
        pub description: String,
        pub up: bool,
        pub mtu: u32,
        pub ipackets: u64,
        pub ibytes: u64,
        pub opackets: u64,
        pub obytes: u64,
        pub oqdrops: u64,
    }

    impl IfStat {
        /// The line of the loopback, which receives what it sends.
        pub fn loopback(up: bool, (packets, bytes): (u64, u64)) -> Self {
            Self {
                name: "lo0".to_owned(),
                description: "loopback".to_owned(),
                up,
                mtu: u32::from(u16::MAX),
                ipackets: packets,
                ibytes: bytes,
                opackets: packets,
                obytes: bytes,
                oqdrops: 0,
            }
        }
    }

    /// The reason why an interface did not send a packet.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum IfError {
        Down,
        QueueFull,
        TooLong,
    }

    /// Interfaces by their index. The place of an interface that was removed stays empty, so that routes through it
    /// do not lead through another one.
    #[virtualized(symmap)]
    static IFNET: RwLock<Vec<Option<Arc<Ifnet>>>> = RwLock::new(Vec::new());

    /// The maximum length of a packet.
    #[virtualized(sysctl("net.link.mtu", rw, range = 68..=65535))]
    static LINK_MTU: AtomicU32 = AtomicU32::new(1500);

    #[detach]
    fn ifnet_detach() {
        V_IFNET.write().unwrap().clear();
    }

    impl Ifnet {
        pub fn new(name: String, description: String, port: Port) -> Arc<Self> {
            let zero = || AtomicU64::new(0);
            Arc::new(Self {
                name,
                description,
                port,
                tap: OnceLock::new(),
                up: AtomicBool::new(true),
                ipackets: zero(),
                ibytes: zero(),
                opackets: zero(),
                olink: zero(),
                obytes: zero(),
                oqdrops: zero(),
            })
        }

        /// Sends a packet, or returns it with the reason.
        pub fn transmit(&self, packet: Mbuf, mtu: u32) -> Result<(), (IfError, Mbuf)> {
            if !self.up.load(Relaxed) {
                return Err((IfError::Down, packet));
            }
            let length = packet.len() as u64;
            if length > u64::from(mtu) {
                return Err((IfError::TooLong, packet));
            }
            let now = machine::nanotime();
            // The wire takes the packet, unless its queue is full.
            let tapped = self.tap.get().map(|tap| (tap, packet.clone()));
            if let Err(packet) = self.port.transmit(packet, now) {
                self.oqdrops.fetch_add(1, Relaxed);
                return Err((IfError::QueueFull, packet));
            }
            if let Some((tap, packet)) = tapped {
                tap.packet(Direction::Out, &packet, now);
            }
            self.opackets.fetch_add(1, Relaxed);
            self.obytes.fetch_add(length, Relaxed);
            Ok(())
        }

        /// Takes at most `limit` packets that have arrived.
        pub fn receive(&self, limit: usize, into: &mut Vec<Mbuf>) {
            let (start, now) = (into.len(), machine::nanotime());
            let (packets, bytes) = self.port.receive(limit, now, into);
            if packets > 0 {
                self.ipackets.fetch_add(packets, Relaxed);
                self.ibytes.fetch_add(bytes, Relaxed);
                if let Some(tap) = self.tap.get() {
                    into[start..].iter().for_each(|packet| tap.packet(Direction::In, packet, now));
                }
            }
        }

        /// Lets `tap` see the packets from now on; the first tap stays.
        pub fn attach(&self, tap: Box<dyn Tap>) {
            _ = self.tap.set(tap);
        }

        /// The packets that were received, and that the wire has taken; with those of a protocol of the link itself.
        pub fn packets(&self) -> (u64, u64) {
            (self.ipackets.load(Relaxed), self.opackets.load(Relaxed))
        }

        /// The number of IP packets that were sent.
        pub fn sent(&self) -> u64 {
            self.opackets.load(Relaxed) - self.olink.load(Relaxed)
        }

        pub fn set_up(&self, up: bool) {
            self.up.store(up, Relaxed);
        }

        /// Cuts the wire or mends it; the interface does not notice.
        pub fn cut(&self, is_cut: bool) {
            self.port.cut(is_cut);
        }

        /// The number of packets that wait to be sent.
        pub fn waiting(&self) -> usize {
            self.port.waiting(machine::nanotime())
        }

        /// The number of packets that the wire has lost.
        pub fn lost(&self) -> u64 {
            self.port.lost()
        }

    }

    /// An interface that can be moved to another machine. It returns to its owner when that machine is destroyed.
    #[derive(Debug)]
    pub struct Card(pub Arc<Ifnet>);

    impl Transfer for Card {
        type Error = Infallible;

        fn leave(&mut self) {
            self.0.port.connect(None);
            let mut interfaces = V_IFNET.write().unwrap();
            for place in interfaces.iter_mut() {
                if place.as_ref().is_some_and(|interface| Arc::ptr_eq(interface, &self.0)) {
                    *place = None;
                }
            }
        }

        fn join(&mut self) -> Result<(), Infallible> {
            V_IFNET.write().unwrap().push(Some(Arc::clone(&self.0)));
            self.0.port.connect(machine::line());
            Ok(())
        }
    }

    /// Creates a card that this machine owns and that is not plugged in.
    pub fn if_spare(interface: Arc<Ifnet>) -> Movable<Card> {
        Movable::new(Card(interface)).expect("a machine that runs owns its cards")
    }

    /// The number of interfaces that were plugged into this machine, without `lo0`.
    pub fn if_count() -> usize {
        V_IFNET.read().unwrap().len()
    }

    /// The interfaces, for several packets: the table is locked once.
    pub struct Output<'a> {
        interfaces: RwLockReadGuard<'a, Vec<Option<Arc<Ifnet>>>>,
        mtu: u32,
    }

    impl Output<'_> {
        /// Sends a packet through the interface with this index, or returns it with the reason.
        pub fn transmit(&self, index: u32, packet: Mbuf) -> Result<(), (IfError, Mbuf)> {
            let Some(Some(interface)) = self.interfaces.get(index as usize) else { return Err((IfError::Down, packet)) };
            interface.transmit(packet, self.mtu)
        }
    }

    /// Calls `f` with the interfaces, which stay as they are meanwhile.
    pub fn with_output<R>(f: impl FnOnce(&Output<'_>) -> R) -> R {
        f(&Output { interfaces: V_IFNET.read().unwrap(), mtu: V_LINK_MTU.load(Relaxed) })
    }

    /// Sends a packet through the interface with this index, or returns it with the reason.
    pub fn if_output(index: u32, packet: Mbuf) -> Result<(), (IfError, Mbuf)> {
        with_output(|output| output.transmit(index, packet))
    }

    /// Sends a message of a protocol of the link itself, unless the interface is down or its queue full.
    pub fn if_output_link(index: u32, message: Mbuf) {
        let interfaces = V_IFNET.read().unwrap();
        if let Some(Some(interface)) = interfaces.get(index as usize)
            && interface.transmit(message, u32::MAX).is_ok()
        {
            interface.olink.fetch_add(1, Relaxed);
        }
    }

    /// Takes at most `limit` packets that have arrived; those of a protocol of the link itself go to `link`, with the
    /// indices of their interfaces.
    pub fn if_poll(limit: usize, packets: &mut Vec<Mbuf>, mut link: Option<&mut Vec<(u32, Mbuf)>>) {
        while packets.len() < limit
            && let Some(packet) = loif::lo_input()
        {
            packets.push(packet);
        }
        for (index, interface) in V_IFNET.read().unwrap().iter().enumerate() {
            let Some(interface) = interface else { continue };
            let start = packets.len();
            interface.receive(limit.saturating_sub(start), packets);
            if let Some(link) = &mut link {
                let of_link = packets.extract_if(start.., |packet| packet.first() == Some(&LINK_PROTOCOL));
                link.extend(of_link.map(|packet| (index as u32, packet)));
            }
        }
    }

    /// Returns whether the interface with this index is there and up.
    pub fn if_is_up(index: u32) -> bool {
        V_IFNET.read().unwrap().get(index as usize).is_some_and(|place| {
            place.as_ref().is_some_and(|interface| interface.up.load(Relaxed))
        })
    }

    pub fn if_list() -> Vec<IfStat> {
        let (packets, bytes) = loif::lo_stat();
        let lo = IfStat::loopback(loif::lo_is_up(), (packets, bytes));
        let interfaces = V_IFNET.read().unwrap();
        let stat = |interface: &Arc<Ifnet>| IfStat {
            name: interface.name.clone(),
            description: interface.description.clone(),
            up: interface.up.load(Relaxed),
            mtu: V_LINK_MTU.load(Relaxed),
            ipackets: interface.ipackets.load(Relaxed),
            ibytes: interface.ibytes.load(Relaxed),
            opackets: interface.opackets.load(Relaxed),
            obytes: interface.obytes.load(Relaxed),
            oqdrops: interface.oqdrops.load(Relaxed),
        };
        std::iter::once(lo).chain(interfaces.iter().flatten().map(stat)).collect()
    }

    pub fn link_mtu() -> u32 {
        V_LINK_MTU.load(Relaxed)
    }

    /// The name of the interface with this index.
    pub fn if_name(index: u32) -> Option<String> {
        V_IFNET.read().unwrap().get(index as usize)?.as_ref().map(|interface| interface.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use vimage::prelude::*;

    use super::*;
    use crate::hardware::{Controller, Line, wire};

    fn names() -> Vec<String> {
        if_list().into_iter().map(|interface| interface.name).collect()
    }

    #[vimage::test]
    fn a_card_is_where_it_was_moved_and_nowhere_else() {
        let controller = Controller::new(2);
        let make = |index| Vnet::builder().arg(Line::new(&controller, index)).create();
        let (Ok(home), Ok(away)) = (make(0), make(1)) else { return };
        let (port, far_end) = wire(8, None);
        let mut card = home.enter(|| if_spare(Ifnet::new("ge7".to_owned(), String::new(), port)));
        let (bare, plugged) = (["lo0".to_owned()], ["lo0".to_owned(), "ge7".to_owned()]);
        assert_eq!((home.enter(names), away.enter(names)), (bare.to_vec(), bare.to_vec()));

        let send = |packet: u8| far_end.transmit(vec![packet], 0).unwrap();
        let poll = |vnet: &Vnet| {
            let mut packets = Vec::new();
            vnet.enter(|| if_poll(8, &mut packets, None));
            packets.concat()
        };
        let output = |vnet: &Vnet| vnet.enter(|| if_output(0, vec![9]));

        card.move_to(&away).unwrap();
        assert_eq!((home.enter(names), away.enter(names)), (bare.to_vec(), plugged.to_vec()));
        send(1);
        assert_eq!((controller.next(), controller.next()), (Some(1), None));
        assert_eq!((poll(&home), poll(&away)), (vec![], vec![1]));
        assert_eq!((output(&away), far_end.receive_one()), (Ok(()), Some(vec![9])));

        // Its owner takes it back.
        card.take_home().unwrap();
        assert_eq!((home.enter(names), away.enter(names)), (plugged.to_vec(), bare.to_vec()));
        // A route through the card leads nowhere now.
        assert_eq!((output(&away), away.enter(|| if_name(0))), (Err((IfError::Down, vec![9])), None));
        send(2);
        assert_eq!((controller.next(), controller.next()), (Some(0), None));
        assert_eq!((poll(&away), poll(&home)), (vec![], vec![2]));

        // It is moved again, and that machine is destroyed.
        card.move_to(&away).unwrap();
        assert_eq!((home.enter(names), away.enter(if_count)), (bare.to_vec(), 2));
        away.destroy().unwrap();
        assert_eq!(card.instance(), home);
        assert_eq!(home.enter(names), plugged);
        send(3);
        assert_eq!((controller.next(), poll(&home)), (Some(0), vec![3]));
        home.enter(|| drop(card));
    }

    #[vimage::test]
    fn a_card_that_is_nowhere_rings_for_nobody() {
        let controller = Controller::new(1);
        let Ok(vnet) = Vnet::builder().arg(Line::new(&controller, 0)).create() else { return };
        let (port, far_end) = wire(8, None);
        let mut card = Card(Ifnet::new("ge0".to_owned(), String::new(), port));
        vnet.enter(|| {
            let Ok(()) = card.join();
            card.leave();
        });
        far_end.transmit(vec![1], 0).unwrap();
        assert_eq!(controller.next(), None);
        // Packets that arrive meanwhile are delivered after it joins again.
        vnet.enter(|| {
            let Ok(()) = card.join();
        });
        assert_eq!(controller.next(), Some(0));
    }

    #[vimage::test]
    fn an_interface_says_why_it_does_not_send() {
        let (port, far_end) = wire(1, None);
        let interface = Ifnet::new("ge0".to_owned(), String::new(), port);
        let send = |length: usize| interface.transmit(vec![0; length], 100).map_err(|(error, _)| error);
        assert_eq!(send(101), Err(IfError::TooLong));
        assert_eq!(send(100), Ok(()));
        assert_eq!(send(1), Err(IfError::QueueFull));
        interface.set_up(false);
        assert_eq!(send(1), Err(IfError::Down));
        assert_eq!((interface.sent(), far_end.receive_one().map(|packet| packet.len())), (1, Some(100)));
        assert_eq!(interface.oqdrops.load(std::sync::atomic::Ordering::Relaxed), 1);
    }
}
