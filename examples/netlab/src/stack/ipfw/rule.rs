//! The rules of the packet filter, and their syntax.

use std::fmt;
use std::str::FromStr;

use smoltcp::wire::IpProtocol;

use crate::stack::inet::{Header, Prefix};

/// A rule without its number: `deny udp from 10.0.0.0/8 to any`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub allow: bool,
    /// `None` is any protocol, written `ip`.
    protocol: Option<IpProtocol>,
    from: Prefix,
    to: Prefix,
}

impl Rule {
    pub const ALLOW_ALL: Self = Self { allow: true, protocol: None, from: Prefix::ANY, to: Prefix::ANY };

    pub fn matches(&self, header: &Header) -> bool {
        self.protocol.is_none_or(|protocol| protocol == header.protocol)
            && self.from.contains(header.source)
            && self.to.contains(header.destination)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = if self.allow { "allow" } else { "deny" };
        let protocol = match self.protocol {
            Some(IpProtocol::Icmp) => "icmp",
            Some(IpProtocol::Udp) => "udp",
            Some(IpProtocol::Tcp) => "tcp",
            _ => "ip",
        };
        write!(f, "{action} {protocol} from {} to {}", self.from, self.to)
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let &[action, protocol, "from", from, "to", to] = &words[..] else {
            return Err(format!("`{text}` is not a rule: write `allow|deny ip|icmp|udp|tcp from ADDRESS to ADDRESS`"));
        };
        let allow = match action {
            "allow" => true,
            "deny" => false,
            _ => return Err(format!("a rule starts with `allow` or `deny`, not with `{action}`")),
        };
        let protocol = match protocol {
            "ip" => None,
            "icmp" => Some(IpProtocol::Icmp),
            "udp" => Some(IpProtocol::Udp),
            "tcp" => Some(IpProtocol::Tcp),
            _ => return Err(format!("`{protocol}` is none of the protocols ip, icmp, udp and tcp")),
        };
        Ok(Self { allow, protocol, from: from.parse()?, to: to.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_as_they_are_written() {
        for text in ["deny udp from 10.0.0.0/8 to any", "allow ip from any to any", "deny icmp from any to 10.0.0.2"] {
            assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
        }
        for text in ["", "deny", "drop ip from any to any", "deny arp from any to any", "deny ip from x to any"] {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
    }
}
