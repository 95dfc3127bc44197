//! Runs each shape of access many times, for a profiler that counts instructions:
//! `valgrind --tool=callgrind target/release/shapes SHAPE TIMES`.

use std::hint::black_box;

use benches::shapes::{counters, plain_access, plain_loop};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, shape, times] = &arguments[..] else { return Err("usage: shapes SHAPE TIMES".into()) };
    let times: u64 = times.parse()?;
    let values = [1, 2, 3, 4];
    let repeat = |f: &dyn Fn()| (0..times).for_each(|_| f());
    vimage::boot()?.enter(|| match shape.as_str() {
        "access" => repeat(&|| _ = black_box(counters::one_access())),
        "plain-access" => repeat(&|| _ = black_box(plain_access())),
        "loop" => repeat(&|| counters::in_a_loop(black_box(&values))),
        "plain-loop" => repeat(&|| plain_loop(black_box(&values))),
        other => eprintln!("no such shape: {other}"),
    });
    Ok(())
}
