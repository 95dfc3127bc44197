//! One program, two instances, each with its own `log` logger, `tracing` subscriber and `metrics` recorder.
//!
//! Nothing here knows how a facade stores what is set: `app` is written as any program is. As it stands, with the facades
//! from the registry, the second instance finds that the process has a logger already. In a workspace with the ported
//! facades each instance has its own:
//!
//! ```sh
//! for facade in log tracing-core metrics; do cargo vimage vendor $facade; done
//! cargo run --features vimage
//! ```
//!
//! The tests of `cargo-vimage` do that in a copy of this folder.

mod app;
mod sinks;

use vimage::Vimage;

fn main() {
    for (name, level) in [("red", log::LevelFilter::Info), ("blue", log::LevelFilter::Error)] {
        match Vimage::builder().name(name).create() {
            Ok(vimage) => vimage.enter(|| app::run(name, level)),
            // A build without instances.
            Err(_) => app::run(name, level),
        }
    }
}
