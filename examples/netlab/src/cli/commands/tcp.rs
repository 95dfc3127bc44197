//! `tcp`: transfers in simulated time, several at the same time.

use std::error::Error;
use std::fmt::Write;
use std::time::Instant;

use anstyle::AnsiColor;
use serde_json::json;

use crate::cli::output::Report;
use crate::cli::progress::Progress;
use crate::cli::style::{bold, grouped, paint};
use crate::lab::network::Network;
use crate::lab::topology::Topology;
use crate::lab::transfer::{self, Transfer};

/// Transfers `bytes` for each pair.
pub fn tcp(
    topology: &Topology,
    network: &Network,
    pairs: &[(usize, usize)],
    bytes: u64,
    quiet: bool,
) -> Result<Report, Box<dyn Error>> {
    let progress = Progress::new("moving", bytes.saturating_mul(pairs.len() as u64), quiet);
    let began = Instant::now();
    let transfers = transfer::run(network, pairs, bytes, |bytes| progress.inc(bytes))?;
    let took = began.elapsed().as_secs_f64();
    drop(progress);
    let hops: u64 = network.links().iter().map(|link| link.source.sent() + link.target.sent()).sum();

    let mut text = format!("{}\n", bold(format!("{} bytes over each connection", grouped(bytes))));
    let mut json = Vec::new();
    let mut success = true;
    for transfer in transfers {
        let verified = transfer.is_verified(bytes);
        let (sent_sum, received_sum) = transfer.sums();
        let (from, to, received) = (transfer.from, transfer.to, transfer.received);
        let seconds = transfer.ended as f64 / 1e9;
        // A transfer within a machine takes no time.
        let rate = if transfer.ended > 0 { received as f64 * 8.0 / seconds } else { 0.0 };
        success &= verified;
        let (source, target) = (topology.nodes[from].shown(), topology.nodes[to].shown());
        let megabits = match rate {
            0.0 => String::new(),
            rate => format!(" in {seconds:.3} s, {:.3} Mbit/s", rate / 1e6),
        };
        _ = writeln!(
            text,
            "{source} to {target}: {} received{megabits}, CRC-32 {received_sum:08x}, {}",
            grouped(received),
            verdict(&transfer, bytes)
        );
        json.push(json!({
            "source": topology.nodes[from].id, "target": topology.nodes[to].id, "bytes": received,
            "crc32_sent": format!("{sent_sum:08x}"), "crc32_received": format!("{received_sum:08x}"),
            "verified": verified, "seconds": seconds, "bits_per_second": rate,
        }));
    }
    _ = writeln!(text, "{} packet-hops, simulated in {took:.3} s", grouped(hops));
    Ok(Report { text, json: json!({"transfers": json, "hops": hops, "seconds": took}), success })
}

/// What became of a transfer of `bytes`.
fn verdict(transfer: &Transfer, bytes: u64) -> String {
    if transfer.is_verified(bytes) {
        return paint(AnsiColor::Green, "verified");
    }
    let missing = bytes - transfer.received;
    let reason = match (missing, transfer.was_connected) {
        (0, _) => "DIFFERENT from what was sent".to_owned(),
        (_, false) => "INCOMPLETE: no connection".to_owned(),
        (_, true) => format!("INCOMPLETE: {} bytes are missing", grouped(missing)),
    };
    let silence =
        if missing > 0 { format!(", nothing for {} s", transfer::PATIENCE / 1_000_000_000) } else { String::new() };
    paint(AnsiColor::Red, format!("{reason}{silence}"))
}
