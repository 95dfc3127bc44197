//! A forwarding table: longest prefix first, packets spread over equal next hops.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

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
    next: Next,
}

/// The next hops of a route, in four bytes.
#[derive(Debug)]
struct Next {
    /// The index of the next hops: many routes have the same. [`NONE`] if there is no route.
    group: u16,
    /// Which of them takes the next packet: they take turns, so that the split is even to one packet. It starts at a
    /// number of the destination; otherwise the odd packets of all destinations would take the first next hop.
    turn: AtomicU16,
}

const NONE: u16 = u16::MAX;

impl Next {
    fn nowhere() -> Self {
        Self { group: NONE, turn: AtomicU16::new(0) }
    }

    /// Takes the next of `count` turns. Two threads at once may take the same one, which costs less than that each
    /// packet waits for the memory of all processors; a machine runs on one thread at a time.
    fn take_turn(&self, count: usize) -> usize {
        let turn = usize::from(self.turn.load(Relaxed));
        let next = if turn + 1 < count { turn + 1 } else { 0 };
        self.turn.store(next as u16, Relaxed);
        turn
    }
}

/// The routes to single machines whose addresses follow each other with small gaps: in a lab nearly all routes. A route
/// is found by its address alone, and does not store it.
#[derive(Debug)]
struct Hosts {
    /// The address of the first one.
    first: u32,
    routes: Vec<Next>,
}

/// The number of places without a route that a new route may cost.
const GAP: u32 = 16;

impl Hosts {
    #[inline]
    fn get(&self, host: u32) -> Option<&Next> {
        self.routes.get(host.wrapping_sub(self.first) as usize).filter(|next| next.group != NONE)
    }

    /// The place of a host, which is made if there is none; `None` if it is too far away.
    fn place(&mut self, host: u32) -> Option<&mut Next> {
        if self.routes.is_empty() {
            self.first = host;
        }
        let end = u64::from(self.first) + self.routes.len() as u64;
        if host < self.first {
            let gap = self.first - host;
            if gap > GAP {
                return None;
            }
            self.routes.splice(..0, (0..gap).map(|_| Next::nowhere()));
            self.first = host;
        } else if u64::from(host) >= end {
            let gap = u64::from(host) - end;
            if gap > GAP.into() {
                return None;
            }
            self.routes.extend((0..=gap).map(|_| Next::nowhere()));
        }
        self.routes.get_mut((host - self.first) as usize)
    }

    fn iter(&self) -> impl Iterator<Item = (u32, &Next)> {
        (self.first..=u32::MAX).zip(&self.routes).filter(|(_, next)| next.group != NONE)
    }
}

/// The table of one machine.
#[derive(Debug)]
pub struct Fib {
    hosts: Hosts,
    /// The other routes, by prefix length, the longest first; by network within.
    by_length: Vec<(u8, Vec<Route>)>,
    /// The different sets of next hops.
    groups: Vec<Box<[NextHop]>>,
}

/// The length of the prefix of a single machine.
const HOST: u8 = 32;

impl Fib {
    pub const fn new() -> Self {
        Self { hosts: Hosts { first: 0, routes: Vec::new() }, by_length: Vec::new(), groups: Vec::new() }
    }

    /// Makes room for so many routes to single machines.
    pub fn reserve(&mut self, hosts: usize) {
        self.hosts.routes.reserve_exact(hosts);
    }

    /// Adds a route, or replaces the one to the same prefix. One without next hops is not added.
    ///
    /// # Panics
    ///
    /// If the table has 65,535 different sets of next hops.
    pub fn insert(&mut self, to: Prefix, next_hops: &[NextHop]) {
        if !next_hops.is_empty() {
            let group = self.group(next_hops);
            self.put(to, self.next(to.address, group));
        }
    }

    /// Adds routes to machines in a row, the first one with this address: each over the one of `sets` with its number.
    /// One over an empty set, or over none, is not added.
    ///
    /// # Panics
    ///
    /// As `insert`.
    pub fn insert_row(&mut self, first: Ipv4Addr, routes: &[u16], sets: &[Vec<NextHop>]) {
        let mut groups = vec![NONE; sets.len()];
        for (host, &set) in (first.to_bits()..=u32::MAX).zip(routes) {
            let set = usize::from(set);
            let Some(next_hops) = sets.get(set).filter(|next_hops| !next_hops.is_empty()) else { continue };
            if groups[set] == NONE {
                groups[set] = self.group(next_hops);
            }
            self.put(Prefix { address: host, length: HOST }, self.next(host, groups[set]));
        }
    }

    /// Makes these, in the order of their addresses, the only routes to single machines. A route that stays as it is
    /// keeps its turn. Returns whether anything changed.
    pub fn sync_hosts(&mut self, hosts: &[(Ipv4Addr, Vec<NextHop>)]) -> bool {
        let is_host = |(length, _): &(u8, Vec<Route>)| *length == HOST;
        let far = self.by_length.iter().position(is_host).map(|at| self.by_length.remove(at).1).unwrap_or_default();
        let near = std::mem::replace(&mut self.hosts, Hosts { first: 0, routes: Vec::with_capacity(hosts.len()) });
        let mut changed = near.iter().count() + far.len() != hosts.len();
        for (host, next_hops) in hosts {
            let (network, group) = (host.to_bits(), self.group(next_hops));
            let old = near.get(network).or_else(|| find(&far, network).map(|route| &route.next));
            let same = old.filter(|next| next.group == group);
            changed |= same.is_none();
            let turn = same.map(|next| next.turn.load(Relaxed));
            let next = turn.map_or_else(|| self.next(network, group), |turn| Next { group, turn: turn.into() });
            self.put(Prefix::host(*host), next);
        }
        changed
    }

    /// A route to this address that has forwarded nothing.
    fn next(&self, address: u32, group: u16) -> Next {
        let count = self.groups[usize::from(group)].len();
        Next { group, turn: AtomicU16::new((address as usize % count) as u16) }
    }

    fn put(&mut self, to: Prefix, next: Next) {
        let position = self.by_length.binary_search_by(|(length, _)| to.length.cmp(length));
        if to.length == HOST {
            // One that was too far away when it was added stays where it is.
            let is_far = position.is_ok_and(|at| find(&self.by_length[at].1, to.address).is_some());
            if !is_far && let Some(place) = self.hosts.place(to.address) {
                *place = next;
                return;
            }
        }
        let position = position.unwrap_or_else(|free| {
            self.by_length.insert(free, (to.length, Vec::new()));
            free
        });
        let routes = &mut self.by_length[position].1;
        let route = Route { network: to.address, next };
        match routes.binary_search_by_key(&to.address, |route| route.network) {
            Ok(same) => routes[same] = route,
            Err(free) => routes.insert(free, route),
        }
    }

    fn group(&mut self, next_hops: &[NextHop]) -> u16 {
        let known = self.groups.iter().position(|group| **group == *next_hops);
        let group = known.unwrap_or_else(|| {
            self.groups.push(next_hops.into());
            self.groups.len() - 1
        });
        u16::try_from(group).ok().filter(|group| *group != NONE).expect("there are fewer sets of next hops")
    }

    /// The next hop of a packet to this destination.
    #[inline]
    pub fn lookup(&self, destination: Ipv4Addr) -> Option<NextHop> {
        let destination = destination.to_bits();
        let next = match self.hosts.get(destination) {
            Some(next) => next,
            None => self.lookup_prefix(destination)?,
        };
        match *self.groups[usize::from(next.group)] {
            [only] => Some(only),
            ref several => Some(several[next.take_turn(several.len())]),
        }
    }

    fn lookup_prefix(&self, destination: u32) -> Option<&Next> {
        let routes = self.by_length.iter();
        routes.filter_map(|(length, routes)| find(routes, destination & mask(*length))).next().map(|route| &route.next)
    }

    /// The routes by prefix length, the longest first, and by network within.
    pub fn routes(&self) -> impl Iterator<Item = (Prefix, &[NextHop])> {
        let prefixes = self.by_length.iter();
        let mut hosts: Vec<(u32, &Next)> = self.hosts.iter().collect();
        let far = prefixes.clone().filter(|(length, _)| *length == HOST).flat_map(|(_, routes)| routes);
        hosts.extend(far.map(|route| (route.network, &route.next)));
        hosts.sort_by_key(|(network, _)| *network);
        let hosts = hosts.into_iter().map(|(network, next)| (network, HOST, next));
        let prefixes = prefixes.filter(|(length, _)| *length < HOST);
        let networks =
            prefixes.flat_map(|(length, routes)| routes.iter().map(|route| (route.network, *length, &route.next)));
        hosts
            .chain(networks)
            .map(|(address, length, next)| (Prefix { address, length }, &*self.groups[usize::from(next.group)]))
    }
}

/// The route to a network, among routes that are ordered by it.
fn find(routes: &[Route], network: u32) -> Option<&Route> {
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
    fn routes_are_listed_in_order_wherever_they_are() {
        let mut fib = Fib::new();
        let row = Ipv4Addr::new(10, 0, 0, 1);
        fib.insert("10.0.1.0".parse().unwrap(), &[hop(7)]);
        fib.insert(Prefix::ANY, &[hop(9)]);
        // In front of the first one, too far from it, and over an empty set.
        fib.insert_row(row, &[1, 0, 2, 9], &[vec![], vec![hop(1)], vec![hop(2), hop(3)]]);
        fib.insert("10.0.0.250".parse().unwrap(), &[hop(8)]);
        fib.insert("10.0.1.0".parse().unwrap(), &[hop(6)]);
        let routes: Vec<(String, u32)> = fib.routes().map(|(to, hops)| (to.to_string(), hops[0].interface)).collect();
        let expected = [("10.0.0.1", 1), ("10.0.0.3", 2), ("10.0.0.250", 8), ("10.0.1.0", 6), ("any", 9)];
        assert_eq!(routes, expected.map(|(to, interface)| (to.to_owned(), interface)));
        for (to, interface) in [("10.0.0.1", 1), ("10.0.0.2", 9), ("10.0.0.4", 9), ("10.0.1.0", 6), ("10.0.2.0", 9)] {
            assert_eq!(fib.lookup(to.parse().unwrap()), Some(hop(interface)), "{to}");
        }
        assert_eq!(size_of::<Next>(), 4);
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
