//! Captures: the packets of all interfaces in files that tcpdump and Wireshark read.
//!
//! There is one file per node (pcapng), in which each interface has a block: so the packets of a router are in order. A
//! packet gets the header of an Ethernet frame, because a file needs one type for all packets, and those of the routing
//! protocol are not IP's. The wires have no such header.

use std::borrow::Cow;
use std::collections::HashSet;
use std::error::Error;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pcap_file::DataLink;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption, InterfaceTsResolution,
};
use pcap_file::pcapng::blocks::interface_statistics::{InterfaceStatisticsBlock, InterfaceStatisticsOption};

use crate::hardware::{Direction, Tap, Time};
use crate::lab::address::address;
use crate::lab::network::Network;
use crate::lab::topology::Topology;
use crate::stack::ifnet::{Ifnet, LINK_PROTOCOL};

/// The bytes of one file that wait in memory.
const BUFFER: usize = 64 << 10;
/// The most bytes that a packet takes in a file without its own.
const BLOCK: u64 = 64;
const IPV4: u16 = 0x0800;
/// A type of Ethernet frames that anyone may use for experiments.
const EXPERIMENT: u16 = 0x88b5;
const HEADER: usize = 14;

/// A file that is open only while bytes are written, because there may be more nodes than files may be open.
struct Appender(PathBuf);

impl Write for Appender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        OpenOptions::new().append(true).open(&self.0)?.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The file of one node.
struct Recording {
    writer: PcapNgWriter<BufWriter<Appender>>,
    /// The bytes that the file may still grow.
    room: u64,
    recorded: u64,
    /// The packets of each interface for which there was no room.
    skipped: Vec<u64>,
    last: Duration,
    failed: Option<String>,
}

/// What an interface is to the file of its node.
struct Interface {
    recording: Arc<Mutex<Recording>>,
    id: u32,
    addresses: ([u8; 6], [u8; 6]),
    /// Counts nanoseconds where time does not pass.
    counter: Option<Arc<AtomicU64>>,
}

impl fmt::Debug for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interface").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Tap for Interface {
    fn packet(&self, direction: Direction, bytes: &[u8], now: Time) {
        let time = self.counter.as_ref().map_or(now as u64, |counter| counter.fetch_add(1, Relaxed));
        let (own, peer) = self.addresses;
        let (to, from, flags) = match direction {
            Direction::In => (own, peer, 1),
            Direction::Out => (peer, own, 2),
        };
        let ethertype = if bytes.first() == Some(&LINK_PROTOCOL) { EXPERIMENT } else { IPV4 };
        let frame = [&to[..], &from, &ethertype.to_be_bytes(), bytes].concat();
        self.recording.lock().unwrap().packet(self.id, Duration::from_nanos(time), frame, flags);
    }
}

impl Recording {
    fn packet(&mut self, id: u32, time: Duration, frame: Vec<u8>, flags: u32) {
        self.last = time;
        let length = frame.len() as u64 + BLOCK;
        if self.failed.is_some() || length > self.room {
            // No smaller packet follows, so that the file has all packets up to a time.
            self.room = 0;
            self.skipped[id as usize] += 1;
            return;
        }
        self.room -= length;
        let block = EnhancedPacketBlock {
            interface_id: id,
            timestamp: time,
            original_len: frame.len() as u32,
            data: Cow::Owned(frame),
            options: vec![EnhancedPacketOption::Flags(flags)],
        };
        match self.writer.write_pcapng_block(block) {
            Ok(_) => self.recorded += 1,
            Err(error) => self.failed = Some(error.to_string()),
        }
    }
}

/// What the files of a capture contain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    pub files: usize,
    /// Packets, once for each interface that they passed.
    pub packets: u64,
    /// Those that were left out because their file was full.
    pub skipped: u64,
}

/// An interface, its node, and the file of its node.
struct End<'a> {
    node: usize,
    peer: usize,
    interface: &'a Ifnet,
    path: &'a Path,
    recording: &'a Arc<Mutex<Recording>>,
}

/// A capture that runs.
pub struct Capture {
    /// By node.
    files: Vec<(PathBuf, Arc<Mutex<Recording>>)>,
}

impl Capture {
    /// Starts to write what passes the interfaces of all nodes into `directory`, at most `limit` bytes of packets for
    /// each. If time does not pass, the packets are numbered instead: a nanosecond for each.
    pub fn start(
        topology: &Topology,
        network: &Network,
        (directory, limit): (&Path, u64),
        time_passes: bool,
    ) -> Result<Self, Box<dyn Error>> {
        fs::create_dir_all(directory).map_err(|error| cannot_write(directory, &error))?;
        let mut names = HashSet::new();
        let mut files = Vec::new();
        for (index, node) in topology.nodes.iter().enumerate() {
            let path = directory.join(file_name(&node.name, index, &mut names));
            let recording = Recording::create(&path, limit).map_err(|error| cannot_write(&path, &*error))?;
            files.push((path, Arc::new(Mutex::new(recording))));
        }
        let counter = (!time_passes).then(Arc::default);
        let capture = Self { files };
        capture.each_interface(topology, network, |End { node, peer, interface, path, recording }| {
            let addresses = (hardware_address(node), hardware_address(peer));
            let id = recording.lock().unwrap().describe(interface, addresses.0);
            let id = id.map_err(|error| cannot_write(path, &*error))?;
            let recording = Arc::clone(recording);
            interface.attach(Box::new(Interface { recording, id, addresses, counter: counter.clone() }));
            Ok(())
        })?;
        Ok(capture)
    }

    /// Calls `f` with each interface, in the order in which the nodes got them.
    fn each_interface(
        &self,
        topology: &Topology,
        network: &Network,
        mut f: impl FnMut(End<'_>) -> Result<(), Box<dyn Error>>,
    ) -> Result<(), Box<dyn Error>> {
        for (edge, link) in topology.edges.iter().zip(network.links()) {
            let ends = [(edge.source, edge.target, &link.source), (edge.target, edge.source, &link.target)];
            for (node, peer, interface) in ends {
                let (path, recording) = &self.files[node];
                f(End { node, peer, interface, path, recording })?;
            }
        }
        Ok(())
    }

    /// Ends the capture: each file gets the counters of the interfaces.
    pub fn finish(self, topology: &Topology, network: &Network) -> Result<Captured, Box<dyn Error>> {
        let mut next = vec![0; self.files.len()];
        self.each_interface(topology, network, |End { node, interface, path, recording, .. }| {
            let id = next[node];
            next[node] += 1;
            let (received, sent) = interface.packets();
            recording.lock().unwrap().count(id, received + sent).map_err(|error| cannot_write(path, &*error))
        })?;
        let mut captured = Captured { files: self.files.len(), ..Captured::default() };
        for (path, recording) in &self.files {
            let mut recording = recording.lock().unwrap();
            if let Some(error) = recording.failed.take() {
                return Err(cannot_write(path, &error));
            }
            recording.writer.get_mut().flush().map_err(|error| cannot_write(path, &error))?;
            captured.packets += recording.recorded;
            captured.skipped += recording.skipped.iter().sum::<u64>();
        }
        Ok(captured)
    }
}

impl Recording {
    fn create(path: &Path, limit: u64) -> Result<Self, Box<dyn Error>> {
        File::create(path)?;
        let writer = PcapNgWriter::new(BufWriter::with_capacity(BUFFER, Appender(path.to_owned())))?;
        let (recorded, skipped, last, failed) = (0, Vec::new(), Duration::ZERO, None);
        Ok(Self { writer, room: limit, recorded, skipped, last, failed })
    }

    /// Adds an interface; returns its number in this file.
    fn describe(&mut self, interface: &Ifnet, own: [u8; 6]) -> Result<u32, Box<dyn Error>> {
        let mut block = InterfaceDescriptionBlock::new(DataLink::ETHERNET, u32::from(u16::MAX) + HEADER as u32);
        block.options = vec![
            InterfaceDescriptionOption::IfName(interface.name.as_str().into()),
            InterfaceDescriptionOption::IfDescription(interface.description.as_str().into()),
            InterfaceDescriptionOption::IfMacAddr(Cow::Borrowed(&own)),
            InterfaceDescriptionOption::IfTsResol(InterfaceTsResolution::NANO),
        ];
        self.writer.write_pcapng_block(block)?;
        self.skipped.push(0);
        Ok(self.skipped.len() as u32 - 1)
    }

    /// Writes how many packets an interface has counted, and how many of them are missing here.
    fn count(&mut self, id: u32, packets: u64) -> Result<(), Box<dyn Error>> {
        let block = InterfaceStatisticsBlock {
            interface_id: id,
            timestamp: self.last,
            options: vec![
                InterfaceStatisticsOption::IsbIfRecv(packets),
                InterfaceStatisticsOption::IsbOsDrop(self.skipped[id as usize]),
            ],
        };
        self.writer.write_pcapng_block(block)?;
        Ok(())
    }
}

fn cannot_write(path: &Path, error: &(impl fmt::Display + ?Sized)) -> Box<dyn Error> {
    format!("cannot write {}: {error}", path.display()).into()
}

/// An address that is administered locally, with the IPv4 address of the node: it is readable in a capture.
fn hardware_address(node: usize) -> [u8; 6] {
    let [a, b, c, d] = address(node).octets();
    [2, 0, a, b, c, d]
}

/// The name of a node as that of a file; two nodes may have the same name.
fn file_name(name: &str, index: usize, names: &mut HashSet<String>) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() || "-_ ".contains(letter) { letter } else { '_' };
    let name: String = name.chars().map(plain).take(64).collect();
    // Some file systems ignore the case.
    let is_first = !name.is_empty() && names.insert(name.to_lowercase());
    if is_first { format!("{name}.pcapng") } else { format!("{name}#{index}.pcapng") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_has_a_file_of_its_own() {
        let mut names = HashSet::new();
        let files: Vec<String> = ["Kansas City", "a/../b", "A/../B", "", "ü"]
            .iter()
            .enumerate()
            .map(|(index, name)| file_name(name, index, &mut names))
            .collect();
        assert_eq!(files, ["Kansas City.pcapng", "a____b.pcapng", "A____B#2.pcapng", "#3.pcapng", "ü.pcapng"]);
    }

    #[test]
    fn frames_are_between_addresses_that_show_the_node() {
        assert_eq!(hardware_address(255), [2, 0, 10, 0, 1, 0]);
    }
}
