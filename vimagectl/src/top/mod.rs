//! `vimagectl top`: the counters that change, per second and instance.

mod rates;
mod screen;

use std::io::{self, IsTerminal, Write};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::Error;
use crate::output::table;
use crate::outside::Outside;
use rates::{Sample, rates};

/// The instances that are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) instance: Option<&'a str>,
    pub(crate) class: Option<&'a str>,
}

/// Shows tables until it has shown so many, or the user quits: on a terminal in its place, elsewhere one after the other.
pub(crate) fn run(
    outside: &Outside,
    wanted: &Wanted<'_>,
    interval: Duration,
    count: Option<u64>,
    json: bool,
    out: &mut impl Write,
) -> Result<(), Error> {
    if !json && io::stdout().is_terminal() {
        return screen::run(outside, wanted, interval, count);
    }
    let mut before = Sample::take(outside, wanted)?;
    let mut remaining = count;
    while remaining != Some(0) {
        thread::sleep(interval);
        let after = Sample::take(outside, wanted)?;
        let rows: Vec<Value> = rates(&before, &after)
            .into_iter()
            .map(|rate| {
                json!({
                    "instance": rate.instance, "name": rate.name, "value": rate.value,
                    "per_second": (rate.per_second * 10.0).round() / 10.0,
                })
            })
            .collect();
        table(out, json, &rows, &["instance", "name", "value", "per_second"])?;
        if !json {
            writeln!(out)?;
        }
        out.flush()?;
        before = after;
        remaining = remaining.map(|count| count - 1);
    }
    Ok(())
}
