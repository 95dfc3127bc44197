//! `netstat` of a netlab in another process, or in a core file: its memory is read, and no code of it runs.

use std::collections::HashMap;
use std::error::Error;
use std::net::Ipv4Addr;

use vimage_inspect::{Core, Fields, Instance, Look, NotShown, Process, Value};

use super::netstat::{self, Statistics};
use crate::cli::args::{Outside, What};
use crate::cli::output::Report;
use crate::lab::names::printable;
use crate::stack::ifnet::IfStat;
use crate::stack::inet::{Drop, IpStat, NextHop, Prefix};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Shows what `netstat` shows inside. Routes and interfaces are in structures that the debug information describes.
pub fn netstat(outside: &Outside, what: &What) -> Result<Report> {
    let vnet = outside.vnet.as_deref();
    match (outside.pid, &outside.core) {
        (Some(pid), _) => report(&Process::open(pid)?.look()?, vnet, what),
        (None, Some(core)) => report(&Core::open(core, outside.program.as_deref())?.look()?, vnet, what),
        (None, None) => Err("neither a process nor a core file".into()),
    }
}

fn report(look: &Look<'_>, vnet: Option<&str>, what: &What) -> Result<Report> {
    let node = Node::new(look, vnet)?;
    let (text, json) = match what {
        What { routes: true, .. } => {
            let (interfaces, places) = (node.cards()?, node.places()?);
            let name = |index: u32| interfaces.get(index as usize).and_then(|card| Some(card.as_ref()?.name.clone()));
            let place = |host: Ipv4Addr| match places.get(&host) {
                Some(name) => format!("{host} ({})", printable(name)),
                None => host.to_string(),
            };
            netstat::routes(&node.routes()?, place, |index| name(index).unwrap_or_else(|| "none".to_owned()))
        }
        What { interfaces: true, .. } => netstat::interfaces(&node.interfaces()?),
        _ => netstat::show(&node.statistics()?),
    };
    Ok(Report::new(text, json))
}

/// A machine of the network.
struct Node<'l> {
    look: &'l Look<'l>,
    instance: &'l Instance,
}

impl<'l> Node<'l> {
    /// The machine whose vnet has this name or id.
    fn new(look: &'l Look<'l>, vnet: Option<&str>) -> Result<Self> {
        let instance = look.instances_named(vnet, Some(look.class_named("Net")?))?[0];
        Ok(Self { look, instance })
    }

    /// A variable, without what is in these fields.
    fn without(&self, name: &str, fields: &[&str]) -> Result<Value> {
        let symbol = self.look.symbols().iter().find(|symbol| symbol.name == name);
        let symbol = symbol.ok_or_else(|| format!("this program is no netlab: it has no `{name}`"))?;
        Ok(self.look.value_without(symbol, self.instance, fields)?)
    }

    fn value(&self, name: &str) -> Result<Value> {
        self.without(name, &[])
    }

    fn counter(&self, name: &str) -> Result<u64> {
        number(&self.value(name)?)
    }

    fn statistics(&self) -> Result<Statistics> {
        let drops = self.value("ip_drops")?;
        let drops: Vec<u64> = list(&drops)?.iter().map(number).collect::<Result<_>>()?;
        let dropped = Drop::ALL.into_iter().zip(drops);
        let protocol = |name: &'static str| {
            let (received, sent) = (self.counter(&format!("{name}_received"))?, self.counter(&format!("{name}_sent"))?);
            Ok::<_, Box<dyn Error>>((name, (received, sent)))
        };
        Ok(Statistics {
            ip: IpStat {
                received: self.counter("ip_received")?,
                forwarded: self.counter("ip_forwarded")?,
                delivered: self.counter("ip_delivered")?,
                sent: self.counter("ip_sent")?,
                dropped: dropped.filter(|(_, count)| *count > 0).collect(),
                icmp_dropped: self.counter("ip_icmp_drops")?,
            },
            protocols: [protocol("icmp")?, protocol("udp")?, protocol("tcp")?],
        })
    }

    /// The interfaces by index, without the loopback.
    fn cards(&self) -> Result<Vec<Option<IfStat>>> {
        let mtu = self.look.sysctl_named("net.link.mtu", &[self.instance])?;
        let mtu = small(&self.look.get(mtu.sysctl, self.instance)?)?;
        // What lies on the wires would be read as well.
        let cards = self.without("ifnet", &["port"])?;
        list(&cards)?.iter().map(|card| content(card)?.map(|card| stat(card, mtu)).transpose()).collect()
    }

    fn interfaces(&self) -> Result<Vec<IfStat>> {
        let (packets, bytes) = (self.counter("loif_packets")?, self.counter("loif_bytes")?);
        let up = self.value("loif_up")? == Value::Bool(true);
        let lo = IfStat::loopback(up, (packets, bytes));
        Ok([lo].into_iter().chain(self.cards()?.into_iter().flatten()).collect())
    }

    fn routes(&self) -> Result<Vec<(Prefix, Vec<NextHop>)>> {
        let fib = self.without("inet_fib", &["turn"])?;
        let hop = |hop: &Value| {
            Ok(NextHop {
                interface: small(field(hop, "interface")?)?,
                gateway: field(hop, "gateway")?.to_string().parse()?,
            })
        };
        let group = |group: &Value| list(group)?.iter().map(hop).collect::<Result<Vec<NextHop>>>();
        let groups: Vec<Vec<NextHop>> = list(field(&fib, "groups")?)?.iter().map(group).collect::<Result<_>>()?;
        // An index that no table has, of addresses in a row, means that there is no route to this one.
        let over = |route: &Value| -> Result<Option<Vec<NextHop>>> {
            Ok(groups.get(small(field(route, "group")?)? as usize).cloned())
        };
        let hosts = field(&fib, "hosts")?;
        let mut routes = Vec::new();
        for (host, route) in (small(field(hosts, "first")?)?..=u32::MAX).zip(list(field(hosts, "routes")?)?) {
            if let Some(next_hops) = over(route)? {
                routes.push((Prefix::host(Ipv4Addr::from_bits(host)), next_hops));
            }
        }
        for of_length in list(field(&fib, "by_length")?)? {
            let (length, own) = pair(of_length)?;
            let length =
                u8::try_from(small(length)?).ok().filter(|length| *length <= 32).ok_or("a prefix is too long")?;
            for route in list(own)? {
                let network = Ipv4Addr::from_bits(small(field(route, "network")?)?);
                let next_hops = over(field(route, "next")?)?.ok_or("a route has no next hops")?;
                routes.push((Prefix::new(network, length), next_hops));
            }
        }
        Ok(routes)
    }

    /// The names of the machines of this network, by their addresses.
    fn places(&self) -> Result<HashMap<Ipv4Addr, &'l str>> {
        let Instance { class, parent, .. } = self.instance;
        let own = self.look.instances().iter().filter(|other| (&other.class, &other.parent) == (class, parent));
        let mut places = HashMap::new();
        for instance in own {
            let Some(name) = instance.name.as_deref() else { continue };
            for address in list(&Node { instance, ..*self }.value("inet_addresses")?)? {
                places.insert(address.to_string().parse()?, name);
            }
        }
        Ok(places)
    }
}

fn stat(card: &Value, mtu: u32) -> Result<IfStat> {
    let counter = |name: &str| number(field(card, name)?);
    Ok(IfStat {
        name: field(card, "name")?.to_string(),
        description: field(card, "description")?.to_string(),
        up: *field(card, "up")? == Value::Bool(true),
        mtu,
        ipackets: counter("ipackets")?,
        ibytes: counter("ibytes")?,
        opackets: counter("opackets")?,
        obytes: counter("obytes")?,
        oqdrops: counter("oqdrops")?,
    })
}

fn unexpected(value: &Value) -> Box<dyn Error> {
    format!("the program has another netlab\'s structures: {value}").into()
}

fn field<'v>(value: &'v Value, name: &str) -> Result<&'v Value> {
    value.field(name).ok_or_else(|| unexpected(value))
}

fn list(value: &Value) -> Result<&[Value]> {
    match value {
        Value::List(values) => match values.last() {
            Some(Value::NotShown(NotShown::More(count))) => Err(format!("the table is too long: {count} more").into()),
            _ => Ok(values),
        },
        other => Err(unexpected(other)),
    }
}

/// The value in an `Option`.
fn content(value: &Value) -> Result<Option<&Value>> {
    match value {
        Value::Variant { fields: Fields::Unit, .. } => Ok(None),
        Value::Variant { fields: Fields::Tuple(values), .. } if values.len() == 1 => Ok(values.first()),
        other => Err(unexpected(other)),
    }
}

fn pair(value: &Value) -> Result<(&Value, &Value)> {
    match value {
        Value::Struct { fields: Fields::Tuple(values), .. } if values.len() == 2 => Ok((&values[0], &values[1])),
        other => Err(unexpected(other)),
    }
}

fn number(value: &Value) -> Result<u64> {
    match value {
        Value::Int(number) => Ok(u64::try_from(*number)?),
        other => Err(unexpected(other)),
    }
}

fn small(value: &Value) -> Result<u32> {
    Ok(number(value)?.try_into()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::network::Network;
    use crate::lab::topology::Topology;
    use crate::stack::testing::{input, settle, udp_packet};
    use vimage::prelude::*;

    #[vimage::test]
    fn from_outside_the_counters_are_the_same() {
        settle();
        // One arrives at no port, one is not for this machine.
        input(udp_packet((Ipv4Addr::LOCALHOST, Ipv4Addr::LOCALHOST), 4567, 9));
        input(udp_packet((Ipv4Addr::LOCALHOST, Ipv4Addr::new(10, 9, 8, 7)), 4567, 9));
        let process = Process::open(std::process::id()).unwrap();
        let id = Vnet::current().unwrap().id().to_string();
        let look = process.look().unwrap();
        let found = Node::new(&look, Some(&id)).unwrap().statistics().unwrap();
        assert!(found.ip.received >= 2 && !found.ip.dropped.is_empty(), "{found:?}");
        assert_eq!(found, Statistics::of_this());
    }

    #[vimage::test]
    fn from_outside_each_table_is_the_same() {
        let topology = Topology::load("abilene").unwrap();
        let Ok(network) = Network::build(&topology, None, |_| {}) else { return };
        let process = Process::open(std::process::id()).unwrap();
        let what = |routes, interfaces| What { routes, interfaces, statistics: !routes && !interfaces };
        for node in [0, topology.nodes.len() - 1] {
            let id = network.on(node, || Vnet::current().unwrap().id().to_string());
            for what in [what(true, false), what(false, true), what(false, false)] {
                let inside = super::super::netstat::netstat(&topology, &network, node, &what);
                let look = process.look().unwrap();
                match report(&look, Some(&id), &what) {
                    Ok(outside) => assert_eq!((outside.text, outside.json), (inside.text, inside.json)),
                    Err(error) => {
                        assert!(!cfg!(debug_assertions) && error.to_string().contains("debug information"), "{error}")
                    }
                }
            }
        }
    }
}
