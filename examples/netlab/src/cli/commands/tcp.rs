//! `tcp`: transfers, several at the same time.

use std::error::Error;
use std::fmt::Write;

use anstyle::AnsiColor;
use serde_json::json;

use crate::cli::output::Report;
use crate::cli::progress::Progress;
use crate::cli::style::{bold, grouped, paint};
use crate::lab::network::Network;
use crate::lab::topology::Topology;
use crate::lab::transfer;

/// Transfers `bytes` for each pair.
pub fn tcp(
    topology: &Topology,
    network: &Network,
    pairs: &[(usize, usize)],
    bytes: u64,
    quiet: bool,
) -> Result<Report, Box<dyn Error>> {
    let progress = Progress::new("moving", bytes.saturating_mul(pairs.len() as u64), quiet);
    let (transfers, duration) = transfer::run(network, pairs, bytes, |bytes| progress.inc(bytes))?;
    drop(progress);
    let seconds = duration.as_secs_f64();
    let hops: u64 = network.links().iter().map(|link| link.source.sent() + link.target.sent()).sum();

    let mut text = format!("{}\n", bold(format!("{} bytes over each connection", grouped(bytes))));
    let mut json = Vec::new();
    let mut success = true;
    let mut moved = 0;
    for transfer in transfers {
        let verified = transfer.is_verified(bytes);
        let (sent_sum, received_sum) = transfer.sums();
        let (from, to, received) = (transfer.from, transfer.to, transfer.received);
        success &= verified;
        moved += received;
        let (source, target) = (topology.nodes[from].shown(), topology.nodes[to].shown());
        let verdict = if verified {
            paint(AnsiColor::Green, "verified")
        } else {
            paint(AnsiColor::Red, "INCOMPLETE OR DIFFERENT")
        };
        let received_text = grouped(received);
        _ = writeln!(text, "{source} to {target}: {received_text} received, CRC-32 {received_sum:08x}, {verdict}");
        json.push(json!({
            "source": topology.nodes[from].id, "target": topology.nodes[to].id, "bytes": received,
            "crc32_sent": format!("{sent_sum:08x}"), "crc32_received": format!("{received_sum:08x}"),
            "verified": verified,
        }));
    }
    let rate = (moved as f64 / seconds.max(f64::EPSILON) / 1e6) as u64;
    _ = writeln!(text, "{} packet-hops in {seconds:.3} s, {rate} MB per second", grouped(hops));
    Ok(Report { text, json: json!({"transfers": json, "hops": hops, "seconds": seconds}), success })
}
