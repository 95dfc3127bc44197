//! A link-state routing protocol in the manner of IS-IS: it runs on the links themselves and not over IP.
//!
//! Routers greet each other, tell all others about their links (flooding), and compute the shortest paths in the
//! network that they know. A greeting has a digest of the database, so that a message that was lost is sent again.

mod database;
mod pdu;

vimage::virtualize! {
    class = Net, name = "linkstate", depends_on = crate::stack::inet;

    use std::net::Ipv4Addr;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};

    use vimage::prelude::*;

    use crate::stack::linkstate::database::{Age, Database};
    use crate::stack::linkstate::pdu::{Lsp, Pdu, Router};
    use crate::hardware::Time;
    use crate::stack::ifnet;
    use crate::stack::inet::{self, NextHop};
    use crate::stack::machine;

    const MILLISECOND: Time = 1_000_000;
    /// Changes within this time are told in one message.
    const ORIGINATE_DELAY: Time = 5 * MILLISECOND;

    /// A peer is told so many messages at a time: more may not fit into the queue of a wire, which would lose the same
    /// ones each time.
    const PART: usize = 16;

    /// Milliseconds between two greetings.
    #[virtualized(sysctl("net.linkstate.hello", rw, range = 1..=60_000))]
    static LS_HELLO: AtomicU32 = AtomicU32::new(1_000);

    /// Milliseconds without a greeting after which a neighbour is gone.
    #[virtualized(sysctl("net.linkstate.hold", rw, range = 1..=600_000))]
    static LS_HOLD: AtomicU32 = AtomicU32::new(3_000);

    /// Milliseconds from a change to the computation of new paths.
    #[virtualized(sysctl("net.linkstate.spf_delay", rw, range = 0..=60_000))]
    static LS_SPF_DELAY: AtomicU32 = AtomicU32::new(50);

    #[virtualized]
    static LS: Mutex<State> = Mutex::new(State::new());

    /// The time at which `ls_timer` has work; `Time::MAX` while the protocol is off.
    #[virtualized]
    static LS_DEADLINE: AtomicI64 = AtomicI64::new(Time::MAX);

    /// The time of the last change of a route.
    #[virtualized]
    static LS_CHANGED: AtomicI64 = AtomicI64::new(0);

    #[virtualized]
    static LS_SPF_RUNS: AtomicU64 = AtomicU64::new(0);

    #[virtualized]
    static LS_SENT: AtomicU64 = AtomicU64::new(0);

    /// The protocol's counters and the size of its tables.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct LsStat {
        pub adjacencies: usize,
        pub routers: usize,
        pub sent: u64,
        pub spf_runs: u64,
        pub routes_changed: Time,
    }

    /// What is known of the router at the other end of a link.
    #[derive(Clone, Debug, Default)]
    struct Adjacency {
        peer: Router,
        /// Both routers hear each other.
        is_up: bool,
        expires: Time,
        /// The last router of the part of the database that the peer was told.
        told: Router,
    }

    struct State {
        own: Router,
        sequence: u32,
        /// By interface.
        adjacencies: Vec<Adjacency>,
        database: Database,
        next_hello: Time,
        originate: Option<Time>,
        spf: Option<Time>,
    }

    /// Messages to be sent when the lock is released, with their interfaces.
    type Output = Vec<(u32, Pdu)>;

    #[detach]
    fn ls_detach() {
        V_LS_DEADLINE.store(Time::MAX, Relaxed);
        *V_LS.lock().unwrap() = State::new();
    }

    impl State {
        const fn new() -> Self {
            let database = Database::new();
            Self { own: 0, sequence: 0, adjacencies: Vec::new(), database, next_hello: 0, originate: None, spf: None }
        }

        fn hello(&self, interface: u32) -> (u32, Pdu) {
            let heard = self.adjacencies.get(interface as usize).map_or(0, |adjacency| adjacency.peer);
            (interface, Pdu::Hello { router: self.own, heard, digest: self.database.digest() })
        }

        /// The interfaces with a neighbour, and the neighbours.
        fn links(&self) -> impl Iterator<Item = (u32, Router)> {
            let all = (0..).zip(&self.adjacencies);
            all.filter(|(_, adjacency)| adjacency.is_up).map(|(interface, adjacency)| (interface, adjacency.peer))
        }

        fn flood(&self, lsp: &Lsp, but: Option<u32>, output: &mut Output) {
            let others = self.links().filter(|(interface, _)| Some(*interface) != but);
            output.extend(others.map(|(interface, _)| (interface, Pdu::Lsp(lsp.clone()))));
        }

        /// A link of this router has changed.
        fn changed(&mut self, now: Time) {
            self.originate.get_or_insert(now + ORIGINATE_DELAY);
        }

        fn spf_at(&mut self, time: Time) {
            self.spf.get_or_insert(time);
        }

        fn originate(&mut self, output: &mut Output) {
            self.sequence += 1;
            let mut neighbours: Vec<Router> = self.links().map(|(_, peer)| peer).collect();
            neighbours.sort_unstable();
            let lsp = Lsp { origin: self.own, sequence: self.sequence, neighbours };
            self.flood(&lsp, None, output);
            self.database.update(lsp);
        }

        fn heard(&mut self, interface: u32, (router, heard, digest): (Router, Router, u64), times: (Time, Time)) -> Output {
            let (now, hold) = times;
            let at = interface as usize;
            if self.adjacencies.len() <= at {
                self.adjacencies.resize(at + 1, Adjacency::default());
            }
            let before = std::mem::replace(
                &mut self.adjacencies[at],
                Adjacency { peer: router, is_up: heard == self.own, expires: now + hold, told: 0 },
            );
            self.adjacencies[at].told = before.told;
            let is_up = self.adjacencies[at].is_up;
            let mut output = Output::new();
            if (before.peer, before.is_up) != (router, is_up) {
                if before.is_up || is_up {
                    self.changed(now);
                }
                // Answers at once, so that both sides know each other.
                output.push(self.hello(interface));
            }
            if is_up && digest != self.database.digest() {
                let part: Vec<Lsp> = self.database.after(before.told).take(PART).cloned().collect();
                self.adjacencies[at].told = part.last().map_or(0, |lsp| lsp.origin);
                let is_all = part.len() == self.database.all().len();
                output.extend(part.into_iter().map(|lsp| (interface, Pdu::Lsp(lsp))));
                if !is_all {
                    // The answer asks for the next part, if the databases still differ.
                    output.push(self.hello(interface));
                }
            }
            output
        }

        fn told(&mut self, interface: u32, lsp: Lsp, spf_at: Time, now: Time) -> Output {
            let mut output = Output::new();
            let (origin, sequence) = (lsp.origin, lsp.sequence);
            if origin == self.own && sequence > self.sequence {
                // From before a restart of this router: its next message must be newer.
                self.sequence = sequence;
                self.changed(now);
                return output;
            }
            match self.database.update(lsp.clone()) {
                Age::Newer => {
                    self.flood(&lsp, Some(interface), &mut output);
                    self.spf_at(spf_at);
                }
                Age::Same => {}
                Age::Older => {
                    output.extend(self.database.get(origin).map(|newer| (interface, Pdu::Lsp(newer.clone()))));
                }
            }
            output
        }

        /// Forgets neighbours that were not heard for too long, or whose interface is down.
        fn expire(&mut self, now: Time) {
            let mut any = false;
            for (interface, adjacency) in (0..).zip(&mut self.adjacencies) {
                if adjacency.is_up && (adjacency.expires <= now || !ifnet::if_is_up(interface)) {
                    *adjacency = Adjacency::default();
                    any = true;
                }
            }
            if any {
                self.changed(now);
            }
        }

        fn deadline(&self) -> Time {
            let expiries = self.adjacencies.iter().filter(|adjacency| adjacency.is_up).map(|adjacency| adjacency.expires);
            expiries.chain(self.originate).chain(self.spf).fold(self.next_hello, Time::min)
        }
    }

    fn milliseconds(variable: &AtomicU32) -> Time {
        Time::from(variable.load(Relaxed)) * MILLISECOND
    }

    /// Starts the protocol on this machine.
    pub fn ls_start() {
        let own = inet::in_source(Ipv4Addr::UNSPECIFIED).to_bits();
        let now = machine::nanotime();
        let mut state = V_LS.lock().unwrap();
        state.own = own;
        // Not all routers at the same time.
        state.next_hello = now + Time::from(own % 97) * milliseconds(&V_LS_HELLO) / 97;
        state.changed(now);
        let deadline = state.deadline();
        drop(state);
        set_deadline(deadline);
    }

    pub fn ls_is_on() -> bool {
        V_LS_DEADLINE.load(Relaxed) != Time::MAX
    }

    /// Sets the time at which `ls_timer` has work.
    fn set_deadline(deadline: Time) {
        if V_LS_DEADLINE.swap(deadline, Relaxed) != deadline {
            machine::interrupt_at(deadline);
        }
    }

    /// Handles a message that has arrived on a link.
    pub fn ls_input(interface: u32, bytes: &[u8]) {
        let now = machine::nanotime();
        let Some(pdu) = Pdu::parse(bytes) else { return };
        let (hold, spf_at) = (milliseconds(&V_LS_HOLD), now + milliseconds(&V_LS_SPF_DELAY));
        let mut state = V_LS.lock().unwrap();
        let output = match pdu {
            Pdu::Hello { router, heard, digest } => state.heard(interface, (router, heard, digest), (now, hold)),
            Pdu::Lsp(lsp) => state.told(interface, lsp, spf_at, now),
        };
        let deadline = state.deadline();
        drop(state);
        send(output);
        set_deadline(deadline);
    }

    /// An interface went down or came up.
    pub fn ls_link_changed() {
        let mut state = V_LS.lock().unwrap();
        let now = machine::nanotime();
        state.expire(now);
        // A link that came up is greeted at once.
        state.next_hello = now;
        let deadline = state.deadline();
        drop(state);
        set_deadline(deadline);
    }

    /// Does what is due.
    pub fn ls_timer() {
        let now = machine::nanotime();
        if V_LS_DEADLINE.load(Relaxed) > now || !ls_is_on() {
            return;
        }
        let (hello, spf_delay) = (milliseconds(&V_LS_HELLO), milliseconds(&V_LS_SPF_DELAY));
        let mut output = Output::new();
        let mut paths = None;
        let mut state = V_LS.lock().unwrap();
        state.expire(now);
        if state.next_hello <= now {
            output.extend((0..ifnet::if_count() as u32).map(|interface| state.hello(interface)));
            state.next_hello = now + hello;
        }
        if state.originate.take_if(|time| *time <= now).is_some() {
            state.originate(&mut output);
            state.spf_at(now + spf_delay);
        }
        if state.spf.take_if(|time| *time <= now).is_some() {
            let links: Vec<(u32, Router)> = state.links().collect();
            paths = Some((state.database.paths(state.own, &links), links));
        }
        let deadline = state.deadline();
        drop(state);
        if let Some((paths, links)) = paths {
            install(&paths, &links, now);
        }
        send(output);
        set_deadline(deadline);
    }

    /// Makes the paths this machine's routes.
    fn install(paths: &[(Router, Vec<u32>)], links: &[(u32, Router)], now: Time) {
        V_LS_SPF_RUNS.fetch_add(1, Relaxed);
        let next_hop = |interface: &u32| {
            let link = links.iter().find(|(other, _)| other == interface).expect("paths start with links");
            NextHop { interface: *interface, gateway: Ipv4Addr::from_bits(link.1) }
        };
        let route = |(router, interfaces): &(Router, Vec<u32>)| {
            (Ipv4Addr::from_bits(*router), interfaces.iter().map(next_hop).collect())
        };
        let routes: Vec<(Ipv4Addr, Vec<NextHop>)> = paths.iter().map(route).collect();
        if inet::rt_sync(&routes) {
            V_LS_CHANGED.store(now, Relaxed);
        }
    }

    fn send(output: Output) {
        for (interface, pdu) in output {
            V_LS_SENT.fetch_add(1, Relaxed);
            // A message that is lost is sent again when digests differ.
            ifnet::if_output_link(interface, pdu.emit());
        }
    }

    pub fn ls_stat() -> LsStat {
        let state = V_LS.lock().unwrap();
        LsStat {
            adjacencies: state.links().count(),
            routers: state.database.all().len(),
            sent: V_LS_SENT.load(Relaxed),
            spf_runs: V_LS_SPF_RUNS.load(Relaxed),
            routes_changed: V_LS_CHANGED.load(Relaxed),
        }
    }
}
