//! A program that sets up its logging, and works.

use log::LevelFilter;

use crate::sinks::{Lines, Recorder, Spans};

/// Sets up logging under the name, unless somebody has, and works.
pub(crate) fn run(name: &'static str, level: LevelFilter) {
    println!("{name} starts");
    report("log", log::set_boxed_logger(Box::new(Lines(name))));
    log::set_max_level(level);
    let tracing_level = level.to_level().map_or("OFF", |level| level.as_str()).parse();
    report(
        "tracing",
        tracing::subscriber::set_global_default(Spans(name, tracing_level.unwrap_or(tracing::Level::ERROR))),
    );
    report("metrics", metrics::set_global_recorder(Recorder(name)));
    work();
}

fn report<E: std::fmt::Display>(facade: &str, set: Result<(), E>) {
    if let Err(error) = set {
        println!("  {facade}: {error}");
    }
}

fn work() {
    log::info!("one request");
    log::error!("no answer");
    tracing::info!("one request");
    tracing::error!("no answer");
    metrics::counter!("requests").increment(1);
}
