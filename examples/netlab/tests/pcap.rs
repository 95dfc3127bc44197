//! Captures are read back and compared with the counters of the interfaces.

mod common;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use common::{Ran, has_instances, netlab, run};
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::blocks::interface_statistics::InterfaceStatisticsOption;
use pcap_file::pcapng::{Block, PcapNgReader};

/// The ethertype of the routing protocol's messages.
const LINK_STATE: [u8; 2] = [0x88, 0xb5];

/// A packet in a file.
#[derive(Debug, PartialEq, Eq)]
struct Packet {
    interface: u32,
    time: Duration,
    is_sent: bool,
    frame: Vec<u8>,
}

/// A file: its packets, and what each interface has counted: all packets, and those that were left out.
#[derive(Debug, Default)]
struct Capture {
    packets: Vec<Packet>,
    counters: BTreeMap<u32, (u64, u64)>,
}

fn read(path: &Path) -> Capture {
    let mut reader = PcapNgReader::new(File::open(path).unwrap()).unwrap();
    let mut capture = Capture::default();
    while let Some(block) = reader.next_block() {
        match block.unwrap().0 {
            Block::EnhancedPacket(packet) => {
                assert_eq!(packet.original_len as usize, packet.data.len());
                capture.packets.push(Packet {
                    interface: packet.interface_id,
                    time: packet.timestamp,
                    is_sent: packet.options.contains(&EnhancedPacketOption::Flags(2)),
                    frame: packet.data.to_vec(),
                });
            }
            Block::InterfaceStatistics(block) => {
                let [InterfaceStatisticsOption::IsbIfRecv(all), InterfaceStatisticsOption::IsbOsDrop(missing)] =
                    block.options[..]
                else {
                    panic!("{block:?}")
                };
                capture.counters.insert(block.interface_id, (all, missing));
            }
            _ => {}
        }
    }
    capture
}

/// A directory of this test alone, which does not exist.
fn directory(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    _ = fs::remove_dir_all(&path);
    path
}

/// The files of a directory by their names.
fn files(directory: &Path) -> BTreeMap<String, PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path())).collect()
}

fn with_capture(directory: &Path, args: &[&str]) -> Ran {
    netlab(&[args, &["--json", "--pcap", directory.to_str().unwrap()]].concat())
}

#[test]
fn the_packets_of_a_simulation_are_those_that_were_counted() {
    if !has_instances() {
        return;
    }
    let simulate = |name: &str, threads: &str| {
        let directory = directory(name);
        let args = ["simulate", "--duration", "200ms", "--rate", "2k", "--bandwidth", "1M", "--threads", threads];
        (with_capture(&directory, &args).json(), files(&directory))
    };
    let (report, captures) = simulate("simulated", "1");
    assert_eq!(captures.len(), 11, "{captures:?}");
    let (mut sent, mut messages, mut all) = (0, 0, 0);
    for path in captures.values() {
        let capture = read(path);
        assert!(capture.packets.is_sorted_by_key(|packet| packet.time), "{path:?}");
        for (interface, (counted, missing)) in capture.counters {
            let seen = capture.packets.iter().filter(|packet| packet.interface == interface).count() as u64;
            assert_eq!((seen, 0), (counted, missing), "interface {interface} of {path:?}");
        }
        all += capture.packets.len() as u64;
        for packet in capture.packets.iter().filter(|packet| packet.is_sent) {
            if packet.frame[12..14] == LINK_STATE { messages += 1 } else { sent += 1 }
        }
    }
    assert_eq!(report["capture"]["packets"], all);
    assert_eq!((&report["story"]["hops"], &report["story"]["messages"]), (&sent.into(), &messages.into()));
    // The same bytes from several threads.
    let (_, others) = simulate("simulated-by-two", "2");
    for (name, path) in &captures {
        assert!(fs::read(path).unwrap() == fs::read(&others[name]).unwrap(), "{name} differs");
    }
    tcpdump_reads(&captures["Denver.pcapng"]);
}

/// Compares with what tcpdump reads.
fn tcpdump_reads(path: &Path) {
    if Command::new("tcpdump").arg("--version").output().is_err() {
        eprintln!("skipped: there is no tcpdump");
        return;
    }
    let capture = read(path);
    let ip = || capture.packets.iter().filter(|packet| packet.frame[12..14] != LINK_STATE);
    let ran = run(Command::new("tcpdump").args(["-nn", "-tt", "--nano", "-r"]).arg(path).arg("ip"));
    assert_eq!((ran.code, ran.out.lines().count()), (0, ip().count()), "{}", ran.err);
    for (line, packet) in ran.out.lines().zip(ip()) {
        let time = format!("{}.{:09} IP 10.0.0.", packet.time.as_secs(), packet.time.subsec_nanos());
        assert!(line.starts_with(&time), "{line} and {packet:?}");
    }
}

#[test]
fn the_times_are_those_of_the_simulation() {
    if !has_instances() {
        return;
    }
    let directory = directory("pinged");
    let options = ["--delay", "3ms", "--bandwidth", "0", "--count", "2"];
    with_capture(&directory, &[&["ping", "abilene", "Seattle", "Kansas City"][..], &options].concat()).json();
    // A request arrives, leaves, its answer comes back, and leaves: 12 ms for each request.
    let denver = read(&files(&directory)["Denver.pcapng"]);
    let seen: Vec<_> = denver.packets.iter().map(|packet| (packet.time.as_nanos(), packet.is_sent)).collect();
    let milliseconds = [(3, false), (3, true), (9, false), (9, true), (15, false), (15, true), (21, false), (21, true)];
    assert_eq!(seen, milliseconds.map(|(time, is_sent)| (time * 1_000_000, is_sent)));
    // From Seattle to Denver: Ethernet addresses, IPv4, ICMP.
    let frame = &denver.packets[0].frame;
    assert_eq!(frame[..14], [2, 0, 10, 0, 0, 7, 2, 0, 10, 0, 0, 4, 8, 0]);
    assert_eq!((frame[14], frame[23]), (0x45, 1));
}

#[test]
fn packets_without_time_are_numbered_and_full_files_say_so() {
    if !has_instances() {
        return;
    }
    let directory = directory("numbered");
    let ran = with_capture(&directory, &["run", "--packets", "300", "--pcap-limit", "5k"]);
    assert!(ran.err.contains("`--pcap-limit` is too small"), "{ran:?}");
    let report = ran.json();
    let captures: Vec<Capture> = files(&directory).values().map(|path| read(path)).collect();
    let count = |of: fn(&Capture) -> u64| captures.iter().map(of).sum::<u64>();
    let packets = count(|capture| capture.packets.len() as u64);
    let missing = count(|capture| capture.counters.values().map(|(_, missing)| missing).sum());
    let counted = count(|capture| capture.counters.values().map(|(all, _)| all).sum());
    assert_eq!((&report["capture"]["packets"], &report["capture"]["skipped"]), (&packets.into(), &missing.into()));
    assert!(missing > 0 && packets + missing == counted, "{packets}, {missing}, {counted}");
    // Both interfaces of each link see a packet.
    assert_eq!(report["hops"].as_u64(), Some(counted / 2));
    let mut times: Vec<Duration> =
        captures.iter().flat_map(|capture| &capture.packets).map(|packet| packet.time).collect();
    times.sort_unstable();
    assert!(times.is_sorted_by(|a, b| a < b), "a number was given twice");
}

#[test]
fn captures_that_cannot_be_written_are_errors() {
    let file = common::file("not-a-directory", "");
    let ran = netlab(&["run", "--packets", "1", "--pcap", &file]);
    assert!(ran.code == 2 && (ran.err.contains("cannot write") || !has_instances()), "{ran:?}");
    let ran = netlab(&["ping", "--pcap", "x"]);
    assert!(ran.code == 2 && ran.err.contains("needs a topology"), "{ran:?}");
}
