//! Captures that the command line asks for.

use std::error::Error;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::cli::number;
use crate::cli::output::{Report, warn};
use crate::cli::style::grouped;
use crate::lab::capture::Capture;
use crate::lab::network::Network;
use crate::lab::topology::Topology;

#[derive(Args)]
pub struct Capturing {
    /// Write all packets into files in this directory, one for each node, which tcpdump and Wireshark read (pcapng). The
    /// time stamps are those of the simulation; `run`, in which no time passes, numbers the packets instead.
    #[arg(long, value_name = "DIR")]
    pub pcap: Option<PathBuf>,
    /// The most bytes of packets in one of these files; packets that come later are counted and left out.
    #[arg(long, value_name = "BYTES", default_value = "100MB", value_parser = number::bytes, requires = "pcap")]
    pub pcap_limit: u64,
}

impl Capturing {
    /// Captures packets while `command` runs. Warns if not all of them are in the files.
    pub fn during(
        &self,
        topology: &Topology,
        network: &Network,
        time_passes: bool,
        command: impl FnOnce() -> Result<Report, Box<dyn Error>>,
    ) -> Result<Report, Box<dyn Error>> {
        let Some(directory) = &self.pcap else { return command() };
        let capture = Capture::start(topology, network, (directory, self.pcap_limit), time_passes)?;
        let mut report = command()?;
        let captured = capture.finish(topology, network)?;
        if captured.skipped > 0 {
            let (skipped, all) = (grouped(captured.skipped), grouped(captured.skipped + captured.packets));
            warn(&format!("{skipped} of {all} packets are not in the files: `--pcap-limit` is too small for them"));
        }
        let (files, packets, skipped) = (captured.files, captured.packets, captured.skipped);
        report.json["capture"] = json!({"files": files, "packets": packets, "skipped": skipped});
        Ok(report)
    }
}
