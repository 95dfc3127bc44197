//! The network device of smoltcp: two queues between its TCP and this stack's IP.

use std::collections::VecDeque;

use smoltcp::phy::{self, DeviceCapabilities, Medium};
use smoltcp::time::Instant;

use crate::hardware::Mbuf;

/// The number of packets that smoltcp may produce before they are sent.
pub const BURST: usize = 64;

#[derive(Debug)]
pub struct Device {
    pub received: VecDeque<Mbuf>,
    pub sent: VecDeque<Mbuf>,
    pub mtu: usize,
}

impl Device {
    pub fn new(mtu: usize) -> Self {
        Self { received: VecDeque::new(), sent: VecDeque::new(), mtu }
    }
}

impl phy::Device for Device {
    type RxToken<'a> = RxToken;
    type TxToken<'a> = TxToken<'a>;

    fn receive(&mut self, _: Instant) -> Option<(RxToken, TxToken<'_>)> {
        let packet = self.received.pop_front()?;
        Some((RxToken(packet), TxToken(&mut self.sent)))
    }

    fn transmit(&mut self, _: Instant) -> Option<TxToken<'_>> {
        (self.sent.len() < BURST).then_some(TxToken(&mut self.sent))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.mtu;
        capabilities
    }
}

pub struct RxToken(Mbuf);

impl phy::RxToken for RxToken {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

pub struct TxToken<'a>(&'a mut VecDeque<Mbuf>);

impl phy::TxToken for TxToken<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let mut packet = vec![0; length];
        let result = f(&mut packet);
        self.0.push_back(packet);
        result
    }
}
