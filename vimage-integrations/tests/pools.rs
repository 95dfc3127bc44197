//! Pools and runtimes of instances.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use tokio::runtime::{Builder, Handle};
use vimage::kernel::Vnet;
use vimage_integrations::rayon::spawn_handler;
use vimage_integrations::tokio::InstanceHandle;

#[vimage::vnet_module]
mod traffic {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static PACKETS: AtomicU64 = AtomicU64::new(0);

    /// Counts a packet in the current instance.
    pub fn input() -> u64 {
        V_PACKETS.fetch_add(1, Relaxed) + 1
    }

    /// The number of packets so far.
    pub fn packets() -> u64 {
        V_PACKETS.load(Relaxed)
    }
}

fn vnet() -> Vnet {
    if cfg!(feature = "vimage") { Vnet::new().unwrap() } else { Vnet::base().unwrap() }
}

#[vimage::test]
fn all_jobs_of_a_pool_are_in_its_instance() {
    let vnet = vnet();
    let before = vnet.enter(traffic::packets);
    let builder = ThreadPoolBuilder::new().num_threads(3).thread_name(|index| format!("red {index}"));
    let pool = builder.stack_size(1 << 20).spawn_handler(spawn_handler(&vnet)).build().unwrap();
    let seen = AtomicU64::new(0);
    pool.install(|| {
        (0..100).into_par_iter().for_each(|_| _ = traffic::input());
        rayon::scope(|scope| (0..10).for_each(|_| scope.spawn(|_| _ = seen.fetch_max(traffic::input(), Relaxed))));
    });
    assert_eq!(pool.install(|| std::thread::current().name().map(|name| name.starts_with("red "))), Some(true));
    assert_eq!((vnet.enter(traffic::packets), seen.into_inner()), (before + 110, before + 110));
    drop(pool);
    #[cfg(feature = "vimage")]
    vnet.destroy_within(std::time::Duration::from_secs(60)).unwrap();
}

#[vimage::test]
fn tasks_and_blocking_calls_are_in_the_instance_of_the_handle() {
    let (red, green) = (vnet(), vnet());
    let before = red.enter(traffic::packets);
    let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let handle = InstanceHandle::new(runtime.handle().clone(), &red);
    assert_eq!(handle.context(), &red);
    green.enter(|| {
        let task = handle.spawn(async {
            tokio::task::yield_now().await;
            traffic::input()
        });
        let call = handle.spawn_blocking(traffic::input);
        let seen = handle.block_on(async { (task.await.unwrap(), call.await.unwrap(), traffic::input()) });
        assert_eq!(seen.2, before + 3);
        assert_eq!(Handle::block_on(runtime.handle(), async { Vnet::current() }), Vnet::current());
    });
    assert_eq!(red.enter(traffic::packets), before + 3);
}
