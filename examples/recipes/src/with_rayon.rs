//! rayon: jobs run on the threads of a pool, and a thread that waits for one job may run another meanwhile.

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use vimage::Contexts;
use vimage::prelude::*;

use crate::traffic;

/// A pool for one instance: its threads run in the instance, and keep a handle to it until they end. Jobs of such a
/// pool need not enter anything.
///
/// # Errors
///
/// If a thread cannot be started.
pub fn pool_of(vnet: &Vnet, threads: usize) -> Result<ThreadPool, ThreadPoolBuildError> {
    let spawn = |thread: rayon::ThreadBuilder| {
        // The new thread inherits the context.
        vnet.enter(|| vimage::thread::Builder::new().spawn(|| thread.run())).map(drop)
    };
    ThreadPoolBuilder::new().num_threads(threads).spawn_handler(spawn).build()
}

/// A job of a shared pool: it enters its instance.
pub fn job_in(pool: &ThreadPool, vnet: &Vnet) -> u64 {
    pool.install(vnet.bind(traffic::input))
}

/// A parallel iterator: the closure that runs on several threads is bound.
pub fn parallel_items(items: &[u32]) -> u64 {
    items.par_iter().map(Contexts::current().bind_fn(|_| traffic::input())).max().unwrap_or(0)
}

/// Both halves of a `join`.
pub fn parallel_halves() -> (u64, u64) {
    let here = Contexts::current();
    rayon::join(here.bind(traffic::input), here.bind(traffic::input))
}

/// A job that belongs to no instance, such as logging, in a pool whose waiting thread may be in one.
pub fn job_of_nobody<R: Send>(pool: &ThreadPool, job: impl FnOnce() -> R + Send) -> R {
    pool.install(|| vimage::isolated(job))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vnet() -> Vnet {
        if cfg!(feature = "vimage") { Vnet::new().unwrap() } else { Vnet::base().unwrap() }
    }

    #[vimage::test]
    fn a_pool_of_an_instance() -> Result<(), ThreadPoolBuildError> {
        let vnet = vnet();
        let before = vnet.enter(traffic::packets);
        let pool = pool_of(&vnet, 3)?;
        pool.install(|| (0..100).into_par_iter().for_each(|_| _ = traffic::input()));
        assert_eq!(vnet.enter(traffic::packets), before + 100);
        Ok(())
    }

    #[vimage::test]
    fn a_pool_of_all() -> Result<(), ThreadPoolBuildError> {
        let pool = ThreadPoolBuilder::new().num_threads(2).build()?;
        let vnets = [vnet(), vnet()];
        for vnet in &vnets {
            let before = vnet.enter(traffic::packets);
            assert_eq!(job_in(&pool, vnet), before + 1);
        }
        let nobody = job_of_nobody(&pool, || Vnet::current().is_none());
        assert_eq!(nobody, cfg!(feature = "vimage"));
        Ok(())
    }

    #[vimage::test]
    fn parallel_work_inherits() {
        let before = traffic::packets();
        assert_eq!(parallel_items(&[0; 100]), before + 100);
        let (a, b) = parallel_halves();
        assert_eq!(a + b, 2 * before + 203);
    }
}
