//! `netstat` of a netlab in another process, or in a core file: its memory is read, and no code of it runs.

use std::error::Error;

use vimage_inspect::{Core, Instance, Look, Process, Value};

use super::netstat::{Statistics, show};
use crate::cli::args::{Outside, What};
use crate::cli::output::Report;
use crate::stack::inet::{Drop, IpStat};

/// Shows the counters, as `netstat -s` does inside.
pub fn netstat(outside: &Outside, what: &What) -> Result<Report, Box<dyn Error>> {
    if !what.statistics {
        return Err(
            "from outside there is `-s` only: routes and interfaces are in structures that only their program \
                    can read"
                .into(),
        );
    }
    let vnet = outside.vnet.as_deref();
    let statistics = match (outside.pid, &outside.core) {
        (Some(pid), _) => statistics(&Process::open(pid)?.look()?, vnet),
        (None, Some(core)) => statistics(&Core::open(core, outside.program.as_deref())?.look()?, vnet),
        (None, None) => Err("neither a process nor a core file".into()),
    };
    let (text, json) = show(&statistics?);
    Ok(Report::new(text, json))
}

/// The counters of a vnet, by its name or id.
fn statistics(look: &Look<'_>, vnet: Option<&str>) -> Result<Statistics, Box<dyn Error>> {
    let instances = look.instances_named(vnet, Some(look.class_named("Net")?))?;
    let counter = |name: &str| match value(look, instances[0], name)? {
        Value::Int(count) => Ok::<u64, Box<dyn Error>>(u64::try_from(count)?),
        other => Err(format!("`{name}` is {other}").into()),
    };
    let Value::List(drops) = value(look, instances[0], "ip_drops")? else { return Err("`ip_drops` is no list".into()) };
    let count = |value: &Value| match value {
        Value::Int(count) => u64::try_from(*count).unwrap_or(0),
        _ => 0,
    };
    let dropped = Drop::ALL.into_iter().zip(drops.iter().map(count));
    let protocol = |name: &'static str| {
        let (received, sent) = (counter(&format!("{name}_received"))?, counter(&format!("{name}_sent"))?);
        Ok::<_, Box<dyn Error>>((name, (received, sent)))
    };
    Ok(Statistics {
        ip: IpStat {
            received: counter("ip_received")?,
            forwarded: counter("ip_forwarded")?,
            delivered: counter("ip_delivered")?,
            sent: counter("ip_sent")?,
            dropped: dropped.filter(|(_, count)| *count > 0).collect(),
            icmp_dropped: counter("ip_icmp_drops")?,
        },
        protocols: [protocol("icmp")?, protocol("udp")?, protocol("tcp")?],
    })
}

fn value(look: &Look<'_>, instance: &Instance, name: &str) -> Result<Value, Box<dyn Error>> {
    let symbol = look.symbols().iter().find(|symbol| symbol.name == name);
    let symbol = symbol.ok_or_else(|| format!("this program is no netlab: it has no `{name}`"))?;
    Ok(look.value(symbol, instance)?)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
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
        let found = statistics(&process.look().unwrap(), Some(&id)).unwrap();
        assert!(found.ip.received >= 2 && !found.ip.dropped.is_empty(), "{found:?}");
        assert_eq!(found, Statistics::of_this());
    }
}
