//! A protocol with globals on many simulated hosts: each host is an instance.

use std::collections::VecDeque;

use vimage::prelude::*;

#[vimage::module]
mod daemon {
    use std::sync::Mutex;

    use vimage::prelude::*;

    /// The highest number that this host has heard of.
    #[virtualized]
    static HIGHEST: Mutex<u32> = Mutex::new(0);

    /// Takes a message; returns what this host tells its neighbours, if that is news.
    pub fn take(number: u32) -> Option<u32> {
        let mut highest = V_HIGHEST.lock().unwrap();
        (number > *highest).then(|| {
            *highest = number;
            number
        })
    }

    pub fn highest() -> u32 {
        *V_HIGHEST.lock().unwrap()
    }
}

/// Hosts in a ring agree on the highest number. Returns what each knows, and how many messages that took.
fn simulate(hosts: usize) -> Result<(Vec<u32>, usize), vimage::CreateError> {
    let hosts: Vec<Vimage> = (0..hosts).map(|_| Vimage::new()).collect::<Result<_, _>>()?;
    let mut messages: VecDeque<(usize, u32)> = (0..hosts.len()).zip(1..).collect();
    let mut count = 0;
    while let Some((host, number)) = messages.pop_front() {
        count += 1;
        if let Some(news) = hosts[host].enter(|| daemon::take(number)) {
            messages.push_back(((host + 1) % hosts.len(), news));
        }
    }
    Ok((hosts.iter().map(|host| host.enter(daemon::highest)).collect(), count))
}

fn main() -> Result<(), vimage::CreateError> {
    let (known, messages) = simulate(1_000)?;
    assert!(known.iter().all(|highest| *highest == 1_000));
    println!("{} hosts agree on 1000 after {messages} messages", known.len());
    Ok(())
}

// There are no instances without the feature.
#[cfg(all(test, feature = "vimage"))]
mod tests {
    use super::*;

    #[test]
    fn all_hosts_agree() {
        let (known, _) = simulate(10).unwrap();
        assert_eq!(known, [10; 10]);
    }
}
