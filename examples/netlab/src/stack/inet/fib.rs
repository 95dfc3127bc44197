//! A forwarding table: longest prefix first, packets spread over equal next hops.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// An address and the number of its leading bits that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    address: u32,
    length: u8,
}

impl Prefix {
    pub const ANY: Self = Self { address: 0, length: 0 };

    /// # Panics
    ///
    /// If `length` is more than 32.
    pub fn new(address: Ipv4Addr, length: u8) -> Self {
        assert!(length <= 32, "an IPv4 prefix has at most 32 bits");
        Self { address: address.to_bits() & mask(length), length }
    }

    pub fn host(address: Ipv4Addr) -> Self {
        Self::new(address, 32)
    }

    #[cfg(test)]
    pub fn length(self) -> u8 {
        self.length
    }

    pub fn contains(self, address: Ipv4Addr) -> bool {
        address.to_bits() & mask(self.length) == self.address
    }
}

fn mask(length: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0)
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length {
            0 => f.write_str("any"),
            32 => write!(f, "{}", Ipv4Addr::from_bits(self.address)),
            length => write!(f, "{}/{length}", Ipv4Addr::from_bits(self.address)),
        }
    }
}

/// `any`, `10.0.0.1` or `10.0.0.0/8`.
impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is neither `any` nor an address like 10.0.0.1 or 10.0.0.0/8");
        if text == "any" {
            return Ok(Self::ANY);
        }
        let (address, length) = text.split_once('/').unwrap_or((text, "32"));
        let length = length.parse().ok().filter(|length| *length <= 32).ok_or_else(wrong)?;
        Ok(Self::new(address.parse().map_err(|_| wrong())?, length))
    }
}

/// An interface, and the machine at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextHop {
    pub interface: u32,
    pub gateway: Ipv4Addr,
}

#[derive(Debug)]
struct Route {
    network: u32,
    next_hops: Box<[NextHop]>,
    /// Counts packets: they take the next hops in turn, so that the split is even to one packet. It starts at a number
    /// of the destination; otherwise the odd packets of all destinations would take the first next hop.
    turn: AtomicU32,
}

impl Route {
    fn next_hop(&self) -> NextHop {
        match *self.next_hops {
            [only] => only,
            ref several => several[self.turn.fetch_add(1, Relaxed) as usize % several.len()],
        }
    }
}

/// The table of one machine.
#[derive(Debug)]
pub struct Fib {
    /// By prefix length, the longest first; by network within.
    by_length: Vec<(u8, Vec<Route>)>,
}

impl Fib {
    pub const fn new() -> Self {
        Self { by_length: Vec::new() }
    }

    /// Adds a route, or replaces the one to the same prefix. One without next hops is not added.
    pub fn insert(&mut self, to: Prefix, next_hops: &[NextHop]) {
        if next_hops.is_empty() {
            return;
        }
        let position = self.by_length.binary_search_by(|(length, _)| to.length.cmp(length));
        let position = position.unwrap_or_else(|free| {
            self.by_length.insert(free, (to.length, Vec::new()));
            free
        });
        let routes = &mut self.by_length[position].1;
        let route = Route { network: to.address, next_hops: next_hops.into(), turn: AtomicU32::new(to.address) };
        match routes.binary_search_by_key(&to.address, |route| route.network) {
            Ok(same) => routes[same] = route,
            Err(free) => routes.insert(free, route),
        }
    }

    /// The next hop of a packet to this destination.
    pub fn lookup(&self, destination: Ipv4Addr) -> Option<NextHop> {
        self.by_length.iter().find_map(|(length, routes)| {
            let network = destination.to_bits() & mask(*length);
            let found = routes.binary_search_by_key(&network, |route| route.network).ok()?;
            Some(routes[found].next_hop())
        })
    }

    pub fn routes(&self) -> impl Iterator<Item = (Prefix, &[NextHop])> {
        self.by_length.iter().flat_map(|(length, routes)| {
            routes.iter().map(|route| (Prefix { address: route.network, length: *length }, &*route.next_hops))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(interface: u32) -> NextHop {
        NextHop { interface, gateway: Ipv4Addr::UNSPECIFIED }
    }

    #[test]
    fn the_longest_prefix_wins() {
        let mut fib = Fib::new();
        for (prefix, interface) in [("any", 0), ("10.0.0.0/8", 1), ("10.1.0.0/16", 2), ("10.1.2.3", 3)] {
            fib.insert(prefix.parse().unwrap(), &[hop(interface)]);
        }
        for (address, interface) in [("9.1.1.1", 0), ("10.2.0.0", 1), ("10.1.9.9", 2), ("10.1.2.3", 3)] {
            assert_eq!(fib.lookup(address.parse().unwrap()), Some(hop(interface)), "{address}");
        }
        assert_eq!(Fib::new().lookup(Ipv4Addr::LOCALHOST), None);
    }

    #[test]
    fn packets_are_spread_evenly() {
        let mut fib = Fib::new();
        fib.insert(Prefix::ANY, &[hop(0), hop(1), hop(2)]);
        let mut counts = [0; 3];
        for _ in 0..300 {
            counts[fib.lookup(Ipv4Addr::LOCALHOST).unwrap().interface as usize] += 1;
        }
        assert_eq!(counts, [100; 3]);
    }

    #[test]
    fn odd_packets_of_different_destinations_take_different_next_hops() {
        let mut fib = Fib::new();
        let hosts = [10, 11, 12].map(|last| Ipv4Addr::new(10, 0, 0, last));
        hosts.iter().for_each(|host| fib.insert(Prefix::host(*host), &[hop(0), hop(1), hop(2)]));
        let mut taken = hosts.map(|host| fib.lookup(host).unwrap().interface);
        taken.sort_unstable();
        assert_eq!(taken, [0, 1, 2]);
    }

    #[test]
    fn prefixes_read_as_they_are_written() {
        for text in ["any", "10.0.0.0/8", "10.1.2.3"] {
            assert_eq!(text.parse::<Prefix>().unwrap().to_string(), text);
        }
        for text in ["", "10.0.0", "10.0.0.0/33", "ten"] {
            assert!(text.parse::<Prefix>().is_err(), "{text}");
        }
    }
}
