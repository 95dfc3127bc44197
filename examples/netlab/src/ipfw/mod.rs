//! The packet filter: ordered rules, the first that matches decides, the last one allows.

mod rule;

pub use rule::Rule;

vimage::vnet_module! {
    name = "ipfw", depends_on = crate::inet;

    use std::sync::RwLock;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use smoltcp::wire::Ipv4Packet;
    use vimage::prelude::*;

    use crate::inet;

    #[derive(Debug)]
    struct Entry {
        number: u16,
        rule: Rule,
        packets: AtomicU64,
        bytes: AtomicU64,
    }

    /// What `ipfw show` says of a rule.
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
        inet::pfil_add(ipfw_passes);
    }

    #[detach]
    fn ipfw_detach() {
        inet::pfil_remove(ipfw_passes);
    }

    /// Adds a rule behind the others; says its number, or nothing when they are used up.
    pub fn ipfw_add(rule: Rule) -> Option<u16> {
        let mut rules = V_IPFW_RULES.write().unwrap();
        let last = rules.last().map_or(0, |entry| entry.number);
        let number = last.checked_add(STEP).filter(|number| *number < DEFAULT_RULE)?;
        rules.push(Entry { number, rule, packets: AtomicU64::new(0), bytes: AtomicU64::new(0) });
        Some(number)
    }

    /// Whether the packet may pass.
    fn ipfw_passes(packet: &[u8]) -> bool {
        let bytes = packet.len() as u64;
        let rules = V_IPFW_RULES.read().unwrap();
        let header = Ipv4Packet::new_unchecked(packet);
        match rules.iter().find(|entry| entry.rule.matches(&header)) {
            Some(entry) => {
                entry.packets.fetch_add(1, Relaxed);
                entry.bytes.fetch_add(bytes, Relaxed);
                entry.rule.allow
            }
            None => {
                V_IPFW_DEFAULT_PACKETS.fetch_add(1, Relaxed);
                V_IPFW_DEFAULT_BYTES.fetch_add(bytes, Relaxed);
                true
            }
        }
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
