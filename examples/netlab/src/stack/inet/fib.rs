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

/// A route: where packets to a network go.
#[derive(Debug)]
struct Route {
    network: u32,
    /// The index of its next hops: many routes have the same.
    group: u32,
    /// Counts packets: they take the next hops in turn, so that the split is even to one packet. It starts at a number
    /// of the destination; otherwise the odd packets of all destinations would take the first next hop.
    turn: AtomicU32,
}

/// The table of one machine.
#[derive(Debug)]
pub struct Fib {
    /// By prefix length, the longest first; by network within.
    by_length: Vec<(u8, Vec<Route>)>,
    /// The different lists of next hops.
    groups: Vec<Box<[NextHop]>>,
}

impl Fib {
    pub const fn new() -> Self {
        Self { by_length: Vec::new(), groups: Vec::new() }
    }

    /// Adds a route, or replaces the one to the same prefix. One without next hops is not added.
    pub fn insert(&mut self, to: Prefix, next_hops: &[NextHop]) {
        if next_hops.is_empty() {
            return;
        }
        let group = self.group(next_hops);
        let position = self.by_length.binary_search_by(|(length, _)| to.length.cmp(length));
        let position = position.unwrap_or_else(|free| {
            self.by_length.insert(free, (to.length, Vec::new()));
            free
        });
        let routes = &mut self.by_length[position].1;
        let route = Route { network: to.address, group, turn: AtomicU32::new(to.address) };
        match routes.binary_search_by_key(&to.address, |route| route.network) {
            Ok(same) => routes[same] = route,
            Err(free) => routes.insert(free, route),
        }
    }

    /// Makes these, in the order of their addresses, the only routes to single machines. A route that stays as it is
    /// keeps its turn. Returns whether anything changed.
    pub fn sync_hosts(&mut self, hosts: &[(Ipv4Addr, Vec<NextHop>)]) -> bool {
        const HOST: u8 = 32;
        let is_host = |(length, _): &(u8, Vec<Route>)| *length == HOST;
        let old = self.by_length.iter().position(is_host).map(|at| self.by_length.remove(at).1).unwrap_or_default();
        let mut changed = old.len() != hosts.len();
        let mut routes = Vec::with_capacity(hosts.len());
        for (host, next_hops) in hosts {
            let (network, group) = (host.to_bits(), self.group(next_hops));
            let same = find(&old, network).filter(|route| route.group == group);
            changed |= same.is_none();
            let turn = same.map_or(network, |route| route.turn.load(Relaxed));
            routes.push(Route { network, group, turn: AtomicU32::new(turn) });
        }
        self.by_length.insert(0, (HOST, routes));
        changed
    }

    fn group(&mut self, next_hops: &[NextHop]) -> u32 {
        let known = self.groups.iter().position(|group| **group == *next_hops);
        let group = known.unwrap_or_else(|| {
            self.groups.push(next_hops.into());
            self.groups.len() - 1
        });
        group as u32
    }

    /// The next hop of a packet to this destination.
    pub fn lookup(&self, destination: Ipv4Addr) -> Option<NextHop> {
        let destination = destination.to_bits();
        let route = self.by_length.iter().find_map(|(length, routes)| find(routes, destination & mask(*length)))?;
        match *self.groups[route.group as usize] {
            [only] => Some(only),
            ref several => Some(several[route.turn.fetch_add(1, Relaxed) as usize % several.len()]),
        }
    }

    pub fn routes(&self) -> impl Iterator<Item = (Prefix, &[NextHop])> {
        self.by_length.iter().flat_map(|(length, routes)| {
            routes
                .iter()
                .map(|route| (Prefix { address: route.network, length: *length }, &*self.groups[route.group as usize]))
        })
    }
}

/// The route to a network, among routes that are ordered by it.
fn find(routes: &[Route], network: u32) -> Option<&Route> {
    // In a lab the networks are numbers in a row, all but the machine's own, so that the place of a route is known.
    let guess = network.wrapping_sub(routes.first()?.network) as usize;
    for guess in [guess, guess.wrapping_sub(1)] {
        if let Some(route) = routes.get(guess)
            && route.network == network
        {
            return Some(route);
        }
    }
    routes.binary_search_by_key(&network, |route| route.network).ok().map(|found| &routes[found])
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
    fn networks_are_found_wherever_they_are() {
        let mut fib = Fib::new();
        let numbers = [0, 1, 2, 4, 5, 6, 7, 9, 1_000, u32::MAX];
        numbers.iter().zip(0..).for_each(|(number, interface)| {
            fib.insert(Prefix::host(Ipv4Addr::from_bits(*number)), &[hop(interface)]);
        });
        for (number, interface) in numbers.iter().zip(0..) {
            assert_eq!(fib.lookup(Ipv4Addr::from_bits(*number)), Some(hop(interface)), "{number}");
        }
        for number in [3, 8, 10, 999, 1_001, u32::MAX - 1] {
            assert_eq!(fib.lookup(Ipv4Addr::from_bits(number)), None, "{number}");
        }
    }

    #[test]
    fn routes_that_stay_keep_their_turn() {
        let hosts = [1, 2, 3].map(|last| Ipv4Addr::new(10, 0, 0, last));
        let both = vec![hop(0), hop(1)];
        let mut fib = Fib::new();
        fib.insert(Prefix::ANY, &[hop(9)]);
        assert!(fib.sync_hosts(&[(hosts[0], both.clone()), (hosts[1], both.clone())]));
        let first = fib.lookup(hosts[0]);
        assert!(!fib.sync_hosts(&[(hosts[0], both.clone()), (hosts[1], both.clone())]));
        assert_ne!(fib.lookup(hosts[0]), first);
        assert!(fib.sync_hosts(&[(hosts[0], vec![hop(1)]), (hosts[2], both)]));
        assert_eq!((fib.lookup(hosts[0]), fib.lookup(hosts[1])), (Some(hop(1)), Some(hop(9))));
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
