//! Times looks at this process: `cargo run --release -p vimage-inspect --features vimage --example look -- 1000`.

use std::time::{Duration, Instant};

use vimage::prelude::*;
use vimage_inspect::Process;

#[vnet_module(symmap)]
mod foo {
    use std::sync::atomic::{AtomicU32, AtomicU64};
    use vimage::prelude::*;

    #[virtualized(sysctl("net.foo.mode", rw))]
    pub static MODE: AtomicU32 = AtomicU32::new(1);
    #[virtualized(sysctl("net.foo.packets", ro))]
    pub static PACKETS: AtomicU64 = AtomicU64::new(7);
    #[virtualized(sysctl("net.foo.bytes", ro))]
    pub static BYTES: AtomicU64 = AtomicU64::new(7);
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().nth(1).map_or(Ok(1000), |count| count.parse())?;
    vimage::boot()?;
    let made: Vec<Vnet> =
        (0..count).map_while(|n| Vnet::builder().name(format!("instance {n}")).create().ok()).collect();
    let process = Process::open(std::process::id())?;
    let (mut looks, mut opens, mut values) = ([Duration::MAX; 3], 0, 0);
    let best = |of: &mut Duration, begin: Instant| *of = begin.elapsed().min(*of);
    for _ in 0..50 {
        let begin = Instant::now();
        opens += usize::from(Process::open(std::process::id()).is_ok());
        best(&mut looks[0], begin);
        let begin = Instant::now();
        let look = process.look()?;
        best(&mut looks[1], begin);
        let begin = Instant::now();
        for instance in look.instances() {
            let own = look.sysctls().iter().filter(|sysctl| look.class_of(&sysctl.variable) == instance.class);
            values += own.filter(|sysctl| look.get(sysctl, instance).is_ok()).count();
        }
        best(&mut looks[2], begin);
    }
    println!("{} instances beside the base ones; the best of {opens}:", made.len());
    println!("open {:?}, look {:?}, read {} sysctls {:?}", looks[0], looks[1], values / 50, looks[2]);
    Ok(())
}
