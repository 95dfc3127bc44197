//! Leader election as in Raft (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", section 5.2),
//! written as a daemon that runs once per host: all its state is global.

/// The daemon.
#[vimage::module]
pub mod daemon {
    use std::collections::BTreeSet;
    use std::io;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::sync::{LazyLock, Mutex};
    use std::time::Duration;

    use tokio::time::{Instant, sleep_until};
    use turmoil::net::UdpSocket;
    use vimage::prelude::*;

    use crate::disk::{Disk, Saved};
    use crate::message::{Kind, Message};

    const PORT: u16 = 7000;
    /// How often a leader says that it is there.
    const HEARTBEAT: Duration = Duration::from_millis(50);

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Role {
        Follower,
        Candidate,
        Leader,
    }

    #[virtualized]
    static ROLE: Mutex<Role> = Mutex::new(Role::Follower);

    /// The term that this host knows of.
    #[virtualized]
    static TERM: AtomicU64 = AtomicU64::new(0);

    /// Who has voted for this host in this term.
    #[virtualized]
    static VOTES: LazyLock<Mutex<BTreeSet<u64>>> = LazyLock::new(Mutex::default);

    #[virtualized]
    static RANDOM: LazyLock<Mutex<fastrand::Rng>> = LazyLock::new(|| Mutex::new(fastrand::Rng::with_seed(0)));

    /// The term in which this host leads.
    pub fn leads() -> Option<u64> {
        (*V_ROLE.lock().unwrap() == Role::Leader).then(|| V_TERM.load(Relaxed))
    }

    /// The daemon of host `me` of `hosts`. It does not return while its socket works.
    ///
    /// # Errors
    ///
    /// Those of its socket.
    pub async fn run(me: u64, hosts: u64, seed: u64, disk: Disk) -> io::Result<()> {
        V_RANDOM.lock().unwrap().seed(seed);
        V_TERM.store(disk.load().term, Relaxed);
        let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
        let mut bytes = [0; Message::SIZE];
        let mut deadline = Instant::now() + patience();
        loop {
            tokio::select! {
                received = socket.recv_from(&mut bytes) => {
                    let (length, from) = received?;
                    let Some(message) = Message::read(&bytes[..length]) else { continue };
                    let (answer, in_time) = take(me, hosts, message, &disk);
                    if let Some(answer) = answer {
                        socket.send_to(&answer.write(), from).await?;
                    }
                    if in_time {
                        deadline = Instant::now() + patience();
                    }
                }
                () = sleep_until(deadline) => {
                    let (message, wait) = speak(me, &disk);
                    for other in (0..hosts).filter(|other| *other != me) {
                        socket.send_to(&message.write(), (crate::name(other), PORT)).await?;
                    }
                    deadline = Instant::now() + wait;
                }
            }
        }
    }

    /// How long this host waits for a leader before it stands for election. Chance keeps two from standing together for
    /// ever.
    fn patience() -> Duration {
        Duration::from_millis(V_RANDOM.lock().unwrap().u64(150..300))
    }

    /// What this host says unasked, and how long it waits then.
    fn speak(me: u64, disk: &Disk) -> (Message, Duration) {
        let (kind, wait) = if leads().is_some() {
            (Kind::Heartbeat, HEARTBEAT)
        } else {
            stand(me, disk);
            (Kind::Candidacy, patience())
        };
        (Message { kind, term: V_TERM.load(Relaxed), from: me }, wait)
    }

    /// Stands for election, in a new term.
    fn stand(me: u64, disk: &Disk) {
        let term = V_TERM.fetch_add(1, Relaxed) + 1;
        disk.save(Saved { term, vote: Some(me) });
        *V_ROLE.lock().unwrap() = Role::Candidate;
        *V_VOTES.lock().unwrap() = BTreeSet::from([me]);
    }

    /// Takes a message. Returns the answer, and whether the leader or a candidate that gets our vote has been heard.
    fn take(me: u64, hosts: u64, message: Message, disk: &Disk) -> (Option<Message>, bool) {
        if message.term > V_TERM.load(Relaxed) {
            V_TERM.store(message.term, Relaxed);
            disk.save(Saved { term: message.term, vote: None });
            *V_ROLE.lock().unwrap() = Role::Follower;
        }
        let term = V_TERM.load(Relaxed);
        if message.term < term {
            return (None, false);
        }
        match message.kind {
            Kind::Candidacy => {
                let free = disk.load().vote.is_none_or(|vote| vote == message.from);
                if free {
                    disk.save(Saved { term, vote: Some(message.from) });
                }
                (free.then_some(Message { kind: Kind::Vote, term, from: me }), free)
            }
            Kind::Vote => {
                let mut role = V_ROLE.lock().unwrap();
                let mut votes = V_VOTES.lock().unwrap();
                votes.insert(message.from);
                let elected = *role == Role::Candidate && 2 * votes.len() as u64 > hosts;
                if elected {
                    *role = Role::Leader;
                }
                (None, false)
            }
            Kind::Heartbeat => {
                *V_ROLE.lock().unwrap() = Role::Follower;
                (None, true)
            }
        }
    }
}
