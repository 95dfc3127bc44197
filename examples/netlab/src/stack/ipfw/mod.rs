//! The packet filter: ordered rules, of which the first match decides; the last rule allows everything.

mod rule;

pub use rule::Rule;

vimage::virtualize! {
    class = Net, name = "ipfw", depends_on = crate::stack::inet;

    use std::sync::RwLock;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use vimage::prelude::*;

    use crate::stack::inet::{self, Packet};

    #[derive(Debug)]
    struct Entry {
        number: u16,
        rule: Rule,
        packets: AtomicU64,
        bytes: AtomicU64,
    }

    /// The line of `ipfw show` about a rule.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct RuleStat {
        pub number: u16,
        pub rule: Rule,
        pub packets: u64,
        pub bytes: u64,
    }

    /// The number of the rule that matches when no other does.
    pub const DEFAULT_RULE: u16 = 65535;
    const STEP: u16 = 100;

    #[virtualized]
    static IPFW_RULES: RwLock<Vec<Entry>> = RwLock::new(Vec::new());

    #[virtualized]
    static IPFW_DEFAULT_PACKETS: AtomicU64 = AtomicU64::new(0);

    #[virtualized]
    static IPFW_DEFAULT_BYTES: AtomicU64 = AtomicU64::new(0);

    #[attach]
    fn ipfw_attach() {
        inet::pfil_add(ipfw_check);
    }

    #[detach]
    fn ipfw_detach() {
        inet::pfil_remove(ipfw_check);
    }

    /// Appends a rule; returns its number, or `None` if all numbers are used up.
    pub fn ipfw_add(rule: Rule) -> Option<u16> {
        let mut rules = V_IPFW_RULES.write().unwrap();
        let last = rules.last().map_or(0, |entry| entry.number);
        let number = last.checked_add(STEP).filter(|number| *number < DEFAULT_RULE)?;
        rules.push(Entry { number, rule, packets: AtomicU64::new(0), bytes: AtomicU64::new(0) });
        Some(number)
    }

    /// Appends the indices of the packets that may not pass.
    fn ipfw_check(packets: &[Packet], denied: &mut Vec<usize>) {
        let (mut default_packets, mut default_bytes) = (0, 0);
        let rules = V_IPFW_RULES.read().unwrap();
        for (index, Packet { header, bytes }) in packets.iter().enumerate() {
            let bytes = bytes.len() as u64;
            let Some(entry) = rules.iter().find(|entry| entry.rule.matches(header)) else {
                default_packets += 1;
                default_bytes += bytes;
                continue;
            };
            entry.packets.fetch_add(1, Relaxed);
            entry.bytes.fetch_add(bytes, Relaxed);
            if !entry.rule.allow {
                denied.push(index);
            }
        }
        V_IPFW_DEFAULT_PACKETS.fetch_add(default_packets, Relaxed);
        V_IPFW_DEFAULT_BYTES.fetch_add(default_bytes, Relaxed);
    }

    /// All rules in order, the default one last.
    pub fn ipfw_show() -> Vec<RuleStat> {
        let stat = |entry: &Entry| RuleStat {
            number: entry.number,
            rule: entry.rule,
            packets: entry.packets.load(Relaxed),
            bytes: entry.bytes.load(Relaxed),
        };
        let default = RuleStat {
            number: DEFAULT_RULE,
            rule: Rule::ALLOW_ALL,
            packets: V_IPFW_DEFAULT_PACKETS.load(Relaxed),
            bytes: V_IPFW_DEFAULT_BYTES.load(Relaxed),
        };
        V_IPFW_RULES.read().unwrap().iter().map(stat).chain([default]).collect()
    }
}

#[cfg(test)]
mod tests {
    use vimage::prelude::*;

    use super::*;
    use crate::stack::inet::Drop;
    use crate::stack::testing::{dropped, input, udp_packet};

    fn add(rule: &str) -> u16 {
        ipfw_add(rule.parse().unwrap()).unwrap()
    }

    fn packets(number: u16) -> u64 {
        ipfw_show().iter().find(|stat| stat.number == number).unwrap().packets
    }

    #[vimage::test]
    fn the_first_rule_that_matches_decides() {
        let one = add("allow udp from 192.0.2.21 to any");
        let all = add("deny udp from 192.0.2.20/30 to any");
        let late = add("allow udp from 192.0.2.22 to any");
        assert_eq!((all - one, late - all), (STEP, STEP));
        let before = packets(DEFAULT_RULE);
        for (from, expected, passes) in [
            ("192.0.2.21", [1, 0, 0], true),
            ("192.0.2.22", [1, 1, 0], false),
            ("192.0.2.23", [1, 2, 0], false),
            ("192.0.2.24", [1, 2, 0], true),
        ] {
            let packet = udp_packet((from.parse().unwrap(), [127, 0, 0, 1].into()), 40_020, 64);
            let mut denied = Vec::new();
            ipfw_check(&[packet], &mut denied);
            assert_eq!((denied.is_empty(), [one, all, late].map(packets)), (passes, expected), "{from}");
        }
        assert_eq!(packets(DEFAULT_RULE) - before, 1);
        let bytes = ipfw_show().iter().find(|stat| stat.number == all).unwrap().bytes;
        assert_eq!(bytes, 2 * 36);
    }

    #[vimage::test]
    fn what_is_denied_does_not_come_in() {
        add("deny udp from 192.0.2.25 to any");
        let before = (dropped(Drop::Filtered), dropped(Drop::NoPort));
        input(udp_packet(([192, 0, 2, 25].into(), [127, 0, 0, 1].into()), 40_021, 64));
        assert_eq!((dropped(Drop::Filtered), dropped(Drop::NoPort)), (before.0 + 1, before.1));
    }

    #[vimage::test]
    fn the_numbers_of_rules_end() {
        // On a machine that is destroyed afterwards.
        let Ok(vnet) = Vnet::new() else { return };
        vnet.enter(|| {
            let numbers: Vec<u16> = std::iter::from_fn(|| ipfw_add(Rule::ALLOW_ALL)).collect();
            assert_eq!((numbers.len(), numbers.last()), (655, Some(&65_500)));
            assert_eq!(ipfw_show().last().map(|stat| stat.number), Some(DEFAULT_RULE));
        });
    }
}
