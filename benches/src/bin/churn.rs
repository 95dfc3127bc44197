//! Makes and destroys instances one after the other, for a profiler that counts instructions:
//! `valgrind --tool=callgrind target/release/churn TIMES`.

use vimage::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let times: u32 = std::env::args().nth(1).ok_or("usage: churn TIMES")?.parse()?;
    vimage::boot()?;
    let start = std::time::Instant::now();
    for _ in 0..times {
        Vnet::new()?.destroy()?;
    }
    println!("{} ns each", start.elapsed().as_nanos() / u128::from(times));
    Ok(())
}
