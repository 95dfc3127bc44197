//! Named variables of a machine, that may be read and set while it runs.

use crate::icmp;
use crate::ifnet;
use crate::inet;

/// A name, and how its value in the current machine is read and set.
pub struct Sysctl {
    pub name: &'static str,
    pub description: &'static str,
    get: fn() -> i64,
    set: fn(i64),
    range: (i64, i64),
}

pub const SYSCTLS: [Sysctl; 5] = [
    Sysctl {
        name: "net.inet.icmp.echo",
        description: "whether echo requests are answered",
        get: || i64::from(icmp::icmp_echo()),
        set: |value| icmp::set_icmp_echo(value != 0),
        range: (0, 1),
    },
    Sysctl {
        name: "net.inet.icmp.errors",
        description: "whether senders are told what became of their packets",
        get: || i64::from(icmp::icmp_errors()),
        set: |value| icmp::set_icmp_errors(value != 0),
        range: (0, 1),
    },
    Sysctl {
        name: "net.inet.ip.forwarding",
        description: "whether packets for others are forwarded",
        get: || i64::from(inet::ip_forwarding()),
        set: |value| inet::set_ip_forwarding(value != 0),
        range: (0, 1),
    },
    Sysctl {
        name: "net.inet.ip.ttl",
        description: "how many hops packets from here may take",
        get: || i64::from(inet::ip_ttl()),
        set: |value| inet::set_ip_ttl(value as u8),
        range: (1, 255),
    },
    Sysctl {
        name: "net.link.mtu",
        description: "how long packets may be",
        get: || i64::from(ifnet::link_mtu()),
        set: |value| ifnet::set_link_mtu(value as u32),
        range: (68, 65535),
    },
];

impl Sysctl {
    /// The value in the current machine.
    pub fn get(&self) -> i64 {
        (self.get)()
    }
}

/// The variable of this name.
pub fn find(name: &str) -> Result<&'static Sysctl, String> {
    SYSCTLS.iter().find(|sysctl| sysctl.name == name).ok_or_else(|| {
        let similarity = |sysctl: &&Sysctl| strsim::jaro_winkler(sysctl.name, name);
        let closest = SYSCTLS.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
        format!("there is no sysctl `{name}`; did you mean `{}`?", closest.map_or("", |sysctl| sysctl.name))
    })
}

/// Sets a variable of the current machine to what this text says.
pub fn set(name: &str, value: &str) -> Result<(), String> {
    let sysctl = find(name)?;
    let (low, high) = sysctl.range;
    let number = value.trim().parse().ok().filter(|number| (low..=high).contains(number));
    let number = number.ok_or_else(|| format!("{name} is a number from {low} to {high}, not `{value}`"))?;
    (sysctl.set)(number);
    Ok(())
}
