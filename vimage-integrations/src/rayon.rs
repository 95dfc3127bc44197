//! Thread pools of [rayon](https://docs.rs/rayon) whose threads are in an instance.
//!
//! A pool that all instances share needs no handler: bind what runs in it,
//! `items.par_iter().map(Contexts::current().bind_fn(…))`.

use std::io;

use ::rayon::ThreadBuilder;
use vimage::Enter;

/// A handler for [`ThreadPoolBuilder::spawn_handler`](::rayon::ThreadPoolBuilder::spawn_handler): the threads of the pool run
/// in `context`, and so do all its jobs.
///
/// ```
/// use rayon::ThreadPoolBuilder;
/// use vimage::prelude::*;
/// use vimage_integrations::rayon::spawn_handler;
///
/// let vnet = Vnet::base()?;
/// let pool = ThreadPoolBuilder::new().num_threads(2).spawn_handler(spawn_handler(&vnet)).build()?;
/// assert_eq!(pool.install(Vnet::current), Some(vnet));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The threads hold counted handles until they end, which is some time after the pool is dropped: destroy the instance with
/// [`destroy_within`](vimage::Instance::destroy_within). A pool in a variable of its own instance would keep that
/// instance for ever; take it out in a quiesce hook. Names and stack sizes are those of the builder. An instance's
/// thread-local variables have a value per thread of the pool.
///
/// In builds without instances the threads are those that rayon would start.
///
/// # Errors
///
/// The handler returns the error of the operating system if a thread cannot be started.
pub fn spawn_handler<X: Enter>(context: &X) -> impl FnMut(ThreadBuilder) -> io::Result<()> + use<X> {
    let context = context.clone();
    move |thread| {
        let mut builder = vimage::thread::Builder::new();
        if let Some(name) = thread.name() {
            builder = builder.name(name.to_owned());
        }
        if let Some(size) = thread.stack_size() {
            builder = builder.stack_size(size);
        }
        crate::enter(&context, || builder.spawn(|| thread.run())).map(drop)
    }
}
