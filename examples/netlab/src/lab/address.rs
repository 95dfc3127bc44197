//! The addresses of machines: 10.0.0.1 for the first node, and so on.

use std::net::Ipv4Addr;

use crate::lab::topology::Topology;

/// The address of the machine with this index.
pub fn address(index: usize) -> Ipv4Addr {
    Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() + index as u32 + 1)
}

/// The index of the machine with this address, if it is one of `count`.
pub fn index(address: Ipv4Addr, count: usize) -> Option<usize> {
    let index = address.to_bits().checked_sub(Ipv4Addr::new(10, 0, 0, 1).to_bits())? as usize;
    (index < count).then_some(index)
}

/// An address with the name of its node, for a terminal.
pub fn place(topology: &Topology, address: Ipv4Addr) -> String {
    match index(address, topology.nodes.len()) {
        Some(node) => format!("{address} ({})", topology.nodes[node].shown()),
        None => address.to_string(),
    }
}

/// The name of the node with this address, if there is one, as in the file.
pub fn name(topology: &Topology, address: Ipv4Addr) -> Option<&str> {
    index(address, topology.nodes.len()).map(|node| topology.nodes[node].name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_numbered_from_one() {
        for machine in [0, 1, 254, 255, 4_000_000] {
            assert_eq!(index(address(machine), 4_000_001), Some(machine));
        }
        assert_eq!(address(255), Ipv4Addr::new(10, 0, 1, 0));
        for other in [Ipv4Addr::new(10, 0, 0, 0), Ipv4Addr::new(10, 0, 0, 3), Ipv4Addr::LOCALHOST] {
            assert_eq!(index(other, 2), None);
        }
    }
}
