//! tokio: a task does not inherit contexts by itself.

use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep_until};
use vimage::Contexts;
use vimage::prelude::*;

use crate::traffic;

/// A task in a given instance.
pub fn spawn_in(vnet: &Vnet) -> JoinHandle<u64> {
    tokio::spawn(async { traffic::input() }.within(vnet))
}

/// A task that inherits the contexts of the caller, of every class.
pub fn spawn_inherited() -> JoinHandle<u64> {
    tokio::spawn(async { traffic::input() }.within_current())
}

/// A blocking call: a closure that runs on another thread.
pub fn spawn_blocking_inherited() -> JoinHandle<u64> {
    spawn_blocking(Contexts::current().bind(traffic::input))
}

/// Many tasks, each in its own instance; they end with the set.
pub async fn one_task_per_instance(vnets: &[Vnet]) -> Vec<u64> {
    let mut tasks = JoinSet::new();
    for vnet in vnets {
        tasks.spawn(async { traffic::input() }.within(vnet));
    }
    tasks.join_all().await
}

/// A timer that does not keep its instance alive: it ends when the instance is destroyed.
pub fn every(period: Duration, vnet: &Vnet) -> JoinHandle<u64> {
    let mut tick = vnet.downgrade().bind_mut(traffic::input);
    tokio::spawn(async move {
        let (mut at, mut ticks) = (Instant::now(), 0);
        while tick().is_some() {
            ticks += 1;
            at += period;
            sleep_until(at).await;
        }
        ticks
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of packets so far: in builds without instances the other tests use the same counter.
    fn before() -> u64 {
        traffic::packets()
    }

    #[vimage::test]
    #[tokio::test]
    async fn tasks_inherit() {
        let before = before();
        assert_eq!(spawn_in(&Vnet::current().unwrap()).await.unwrap(), before + 1);
        assert_eq!(spawn_inherited().await.unwrap(), before + 2);
        assert_eq!(spawn_blocking_inherited().await.unwrap(), before + 3);
    }

    #[cfg(feature = "vimage")]
    #[vimage::test]
    #[tokio::test(flavor = "multi_thread")]
    async fn each_task_is_in_its_instance() {
        let vnets: Vec<Vnet> = (0..16).map(|_| Vnet::new().unwrap()).collect();
        assert_eq!(one_task_per_instance(&vnets).await, [1; 16]);
        assert!(vnets.iter().all(|vnet| vnet.enter(traffic::packets) == 1));
    }

    #[cfg(feature = "vimage")]
    #[vimage::test]
    #[tokio::test]
    async fn a_timer_ends_with_its_instance() {
        let vnet = Vnet::new().unwrap();
        let timer = every(Duration::from_millis(1), &vnet);
        while vnet.enter(traffic::packets) < 3 {
            tokio::task::yield_now().await;
        }
        vnet.destroy().unwrap();
        assert!(timer.await.unwrap() >= 3);
    }
}
