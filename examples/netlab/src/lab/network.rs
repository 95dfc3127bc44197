//! A network of machines: a vnet for each node, a wire for each edge, routes in each vnet.

use std::cell::Cell;
use std::error::Error;
use std::sync::Arc;

use vimage::prelude::*;
use vimage::{CreateError, Movable};

use crate::hardware::{Controller, Line, Port, Properties, Time, wire};
use crate::lab::address::address;
use crate::lab::routing::{Adjacency, Neighbours, Routes};
use crate::lab::topology::Topology;
use crate::stack::ifnet::{self, Card, Ifnet};
use crate::stack::inet::{self, NextHop};
use crate::stack::machine;
use crate::stack::netisr::netisr;

/// The capacity of a wire in each direction, in packets.
pub const WIRE_LIMIT: usize = 4096;

/// A link: the interface at each end.
pub struct Link {
    pub source: Arc<Ifnet>,
    pub target: Arc<Ifnet>,
}

/// Machines, and the links between them.
pub struct Network {
    links: Vec<Link>,
    // Dropped before the machines that they are plugged into.
    cards: Vec<Movable<Card>>,
    machines: Vec<Vnet>,
    /// One for each part of the network that is run by a thread of its own.
    controllers: Vec<Arc<Controller>>,
    /// The number of times that a machine was entered.
    entries: Cell<u64>,
}

impl Network {
    /// The base machine alone, with only its loopback interface.
    pub fn host() -> Result<Self, Box<dyn Error>> {
        let base = Vnet::base()?;
        let controller = Controller::new(1);
        base.enter(|| machine::connect(Line::new(&controller, 0)));
        Ok(Self {
            links: Vec::new(),
            cards: Vec::new(),
            machines: vec![base],
            controllers: vec![controller],
            entries: Cell::new(0),
        })
    }

    /// Creates machines with these names that forward packets and are not connected.
    pub fn machines<N: Into<Box<str>>>(names: impl ExactSizeIterator<Item = N>) -> Result<Self, CreateError> {
        Self::in_parts(names, |_| 0)
    }

    /// The same in several parts; `part` returns the part of a machine.
    pub fn in_parts<N: Into<Box<str>>>(
        names: impl ExactSizeIterator<Item = N>,
        part: impl Fn(usize) -> usize,
    ) -> Result<Self, CreateError> {
        let count = names.len();
        let parts = (0..count).map(&part).max().unwrap_or(0) + 1;
        let controllers: Vec<Arc<Controller>> = (0..parts).map(|_| Controller::new(count)).collect();
        let make = |(index, name): (usize, N)| {
            let line = Line::new(&controllers[part(index)], index);
            let vnet = Vnet::builder().name(name).arg(line).create()?;
            vnet.enter(|| {
                inet::in_add_address(address(index));
                inet::set_ip_forwarding(true);
            });
            Ok(vnet)
        };
        let machines = names.enumerate().map(make).collect::<Result<_, CreateError>>()?;
        Ok(Self { links: Vec::new(), cards: Vec::new(), machines, controllers, entries: Cell::new(0) })
    }

    /// Creates a machine for each node, lays the links, and adds the routes. Calls `progress` after the routes to each
    /// node. With the properties of each link, packets take time.
    pub fn build(
        topology: &Topology,
        properties: Option<&[Properties]>,
        progress: impl Fn(u64),
    ) -> Result<Self, Box<dyn Error>> {
        let name = |node: usize| topology.nodes[node].name.as_str();
        let mut network = Self::machines((0..topology.nodes.len()).map(name))?;
        network.lay(topology, properties)?;
        network.add_routes(&Neighbours::new(topology.nodes.len(), &topology.edges), progress);
        Ok(network)
    }

    /// Lays a wire for each link of the topology.
    pub fn lay(&mut self, topology: &Topology, properties: Option<&[Properties]>) -> Result<(), Box<dyn Error>> {
        let name = |node: usize| topology.nodes[node].name.as_str();
        for (link, edge) in topology.edges.iter().enumerate() {
            let properties = properties.map(|properties| properties[link]);
            self.connect((edge.source, name(edge.source)), (edge.target, name(edge.target)), properties)?;
        }
        Ok(())
    }

    /// Adds the routes over the shortest paths. Calls `progress` after the routes to some nodes, with their number.
    pub fn add_routes(&self, neighbours: &Neighbours, progress: impl Fn(u64)) {
        /// A machine gets its routes to so many destinations at once, because each visit finds its memory cold.
        const AT_ONCE: usize = 256;
        let count = self.machines.len();
        let mut routes = Routes::new(neighbours);
        let mut rows = Vec::with_capacity(AT_ONCE * count);
        self.machines.iter().for_each(|machine| machine.enter(|| inet::rt_reserve(count)));
        for first in (0..count).step_by(AT_ONCE) {
            let destinations = first..count.min(first + AT_ONCE);
            rows.clear();
            destinations.clone().for_each(|destination| rows.extend_from_slice(routes.to(destination)));
            for (node, machine) in self.machines.iter().enumerate() {
                let own: Vec<u16> = rows.iter().skip(node).step_by(count).copied().collect();
                let links = neighbours.links(node);
                let next_hops = |set: &[u16]| set.iter().map(|link| next_hop(links[usize::from(*link)])).collect();
                let sets: Vec<Vec<NextHop>> = routes.sets(node).iter().map(|set| next_hops(set)).collect();
                machine.enter(|| inet::rt_add_row(address(first), &own, &sets));
            }
            progress(destinations.len() as u64);
        }
    }

    /// Lays a wire between two machines; packets take time on it if it has properties.
    pub fn connect(
        &mut self,
        a: (usize, &str),
        b: (usize, &str),
        properties: Option<Properties>,
    ) -> Result<(), Box<dyn Error>> {
        let (left, right) = wire(WIRE_LIMIT, properties);
        let source = self.plug(a.0, b.1, left)?;
        let target = self.plug(b.0, a.1, right)?;
        self.links.push(Link { source, target });
        Ok(())
    }

    /// Creates a card on the base machine and moves it to its machine.
    fn plug(&mut self, machine: usize, peer: &str, port: Port) -> Result<Arc<Ifnet>, Box<dyn Error>> {
        let vnet = &self.machines[machine];
        let unit = vnet.enter(ifnet::if_count);
        let interface = Ifnet::new(format!("ge{unit}"), peer.to_owned(), port);
        let mut card = Vnet::base()?.enter(|| ifnet::if_spare(Arc::clone(&interface)));
        card.move_to(vnet)?;
        self.cards.push(card);
        Ok(interface)
    }

    pub fn len(&self) -> usize {
        self.machines.len()
    }

    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The machines, for threads that run them.
    pub fn vnets(&self) -> &[Vnet] {
        &self.machines
    }

    /// The interrupt controller of each part.
    pub fn controllers(&self) -> &[Arc<Controller>] {
        &self.controllers
    }

    /// Takes both interfaces of a link down or up.
    pub fn set_up(&self, link: usize, up: bool) {
        self.links[link].source.set_up(up);
        self.links[link].target.set_up(up);
    }

    /// Runs `f` on a machine.
    pub fn on<R>(&self, machine: usize, f: impl FnOnce() -> R) -> R {
        self.entries.set(self.entries.get() + 1);
        self.machines[machine].enter(f)
    }

    /// The number of calls of `on`, including those of `settle`.
    pub fn entries(&self) -> u64 {
        self.entries.get()
    }

    /// Runs the machines until none has work left. Time passes only if packets take time on the wires.
    pub fn settle(&self) {
        while self.step(Time::MAX) {}
    }

    /// Runs the machines that have work now; if none has, moves the clock to the next time at which one has, and runs it
    /// then. Returns false if there is no such time up to `end`.
    pub fn step(&self, end: Time) -> bool {
        let controller = &self.controllers[0];
        let mut ran = false;
        while let Some(machine) = controller.next() {
            self.on(machine, netisr);
            ran = true;
        }
        if ran {
            return true;
        }
        let Some(time) = controller.next_time().filter(|time| *time <= end) else { return false };
        machine::sleep_until(time);
        for machine in controller.take_due(time) {
            self.on(machine as usize, netisr);
        }
        true
    }

    /// Destroys the machines and calls `progress` after each. The error names the machine that is still in use.
    pub fn close(self, progress: impl Fn(u64)) -> Result<(), Box<dyn Error>> {
        let Self { links, cards, machines, .. } = self;
        drop((links, cards));
        for machine in machines {
            // The base machine cannot be destroyed.
            if machine.id() != 0 {
                machine.destroy()?;
            }
            progress(1);
        }
        Ok(())
    }
}

/// A link as a next hop.
pub fn next_hop(link: Adjacency) -> NextHop {
    NextHop { interface: link.interface, gateway: address(link.peer) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::udp::UdpSocket;

    #[vimage::test]
    fn a_network_is_taken_down_unless_something_holds_a_machine() {
        let topology = Topology::load("abilene").unwrap();
        let Ok(network) = Network::build(&topology, None, |_| ()) else { return };
        assert_eq!((network.len(), network.links().len()), (11, 14));
        network.close(|_| ()).unwrap();

        let network = Network::build(&topology, None, |_| ()).unwrap();
        let socket = network.on(6, || UdpSocket::bind(9)).unwrap();
        let error = network.close(|_| ()).unwrap_err().to_string();
        assert!(error.contains("Denver"), "{error}");
        drop(socket);
    }
}
