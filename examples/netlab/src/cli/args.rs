//! The command line's arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::capture::Capturing;
use crate::cli::number;
use crate::cli::settings::Settings;
use crate::cli::timing::Timing;
use crate::lab::traffic::Model;

pub const PINGS: u16 = 4;
pub const PING_SIZE: u16 = 56;

/// A network of network stacks in one process: a vnet for each node of a real topology.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub run: Run,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum Command {
    /// Send traffic between all nodes and show the load of each link (the default).
    Run(Run),
    /// Send echo requests from one node to another; without arguments, from this host to itself.
    Ping(Ping),
    /// Show which routers are on the way.
    Traceroute(Between),
    /// Move bytes over a TCP connection and verify them.
    Tcp(Tcp),
    /// Show the routes, interfaces or counters of a node, after some traffic.
    Netstat(Netstat),
    /// Show the packet filter of a node, after some traffic.
    Ipfw(Ipfw),
    /// Show or set variables of a node.
    Sysctl(Sysctl),
    /// Let the routers find their routes themselves, let packets take time, and let links fail.
    Simulate(Simulate),
    /// Simulate what a file in TOML describes, whose keys are the options of `simulate`.
    Scenario(ScenarioFile),
    /// Simulate without an end, and show it on a page: its loads, its nodes, and links to take down.
    Serve(Serve),
    /// Compare the loads in two reports that `run --json` has written.
    Compare(Compare),
    /// Make a generated network of many nodes and ping around it.
    Scale(Scale),
    /// Compare with the same stack written by hand, with the router as an argument.
    Bench(Bench),
}

/// A topology, and settings of some nodes.
#[derive(Args)]
pub struct Where {
    /// A topology in node-link JSON, GML, GraphML or the XML of SNDlib, or one that is bundled: abilene (topozoo/Abilene), sndlib/abilene,
    /// sndlib/newyork, sndlib/nobel-germany, sndlib/polska.
    pub file: String,
    #[command(flatten)]
    pub settings: Settings,
}

/// A node of a topology; this host, which has only pinged itself, if both are left out.
#[derive(Args)]
pub struct Node {
    /// A topology in node-link JSON, GML, GraphML or the XML of SNDlib, or one that is bundled; without it, this host, which has only pinged itself.
    #[arg(requires = "node")]
    pub file: Option<String>,
    /// The node, by id or name.
    pub node: Option<String>,
    #[command(flatten)]
    pub settings: Settings,
}

#[derive(Args)]
pub struct Traffic {
    /// The demand model.
    #[arg(long, value_enum, default_value = "uni")]
    pub traffic: Model,
    /// Send as many packets as it takes for the load of each link to be at most this many percentage points off.
    #[arg(long, value_name = "POINTS", default_value_t = 0.5, value_parser = number::tolerance, conflicts_with = "packets")]
    pub tolerance: f64,
    /// Send this number of packets in all: `200000`, `1e6`, `500k`.
    #[arg(long, value_name = "N", value_parser = number::packets)]
    pub packets: Option<u64>,
}

#[derive(Args)]
pub struct Run {
    /// A topology in node-link JSON, GML, GraphML or the XML of SNDlib, or one that is bundled.
    #[arg(default_value = "abilene")]
    pub file: String,
    #[command(flatten)]
    pub settings: Settings,
    #[command(flatten)]
    pub traffic: Traffic,
    #[command(flatten)]
    pub capture: Capturing,
    /// Draw the map with the loads into this file; `-` prints it instead of the table.
    #[arg(long, value_name = "OUT")]
    pub svg: Option<PathBuf>,
    /// Write a report into this file: one page with maps, tables and plots, which needs no network.
    #[arg(long, value_name = "OUT")]
    pub html: Option<PathBuf>,
}

impl Run {
    /// Returns whether the map is printed.
    pub fn prints_map(&self) -> bool {
        self.svg.as_ref().is_some_and(|path| path.as_os_str() == "-")
    }
}

#[derive(Args)]
pub struct Between {
    #[command(flatten)]
    pub place: Where,
    /// The node that sends, by id or name.
    pub source: String,
    /// The node that receives, by id or name.
    pub target: String,
    #[command(flatten)]
    pub timing: Timing,
    #[command(flatten)]
    pub capture: Capturing,
}

#[derive(Args)]
pub struct Ping {
    /// A topology in node-link JSON, GML, GraphML or the XML of SNDlib, or one that is bundled.
    #[arg(requires = "target")]
    pub file: Option<String>,
    /// The node that sends, by id or name.
    pub source: Option<String>,
    /// The node that answers, by id or name.
    pub target: Option<String>,
    #[command(flatten)]
    pub settings: Settings,
    /// The number of requests.
    #[arg(long, short, default_value_t = PINGS, value_parser = clap::value_parser!(u16).range(1..))]
    pub count: u16,
    /// The number of data bytes in each request.
    #[arg(long, short, default_value_t = PING_SIZE, value_parser = clap::value_parser!(u16).range(..=65507))]
    pub size: u16,
    #[command(flatten)]
    pub timing: Timing,
    #[command(flatten)]
    pub capture: Capturing,
}

#[derive(Args)]
pub struct Tcp {
    #[command(flatten)]
    pub between: Between,
    /// The number of bytes: `1000000`, `1e6`, `100MB`, `64KiB`.
    #[arg(long, value_parser = number::bytes)]
    pub bytes: u64,
    /// Another pair that transfers at the same time.
    #[arg(long, num_args = 2, value_names = ["SRC", "DST"])]
    pub also: Vec<String>,
}

#[derive(Args)]
pub struct Netstat {
    #[command(flatten)]
    pub place: Node,
    #[command(flatten)]
    pub what: What,
    #[command(flatten)]
    pub traffic: Traffic,
    #[command(flatten)]
    pub outside: Outside,
}

/// A netlab that runs, or has run, in another process: its memory is read instead.
#[derive(Args)]
pub struct Outside {
    /// Read the counters of a running netlab, by the id of its process.
    #[arg(long, short, conflicts_with_all = ["core", "file"])]
    pub pid: Option<u32>,
    /// Read the counters in the core file of a netlab.
    #[arg(long, short, conflicts_with = "file")]
    pub core: Option<PathBuf>,
    /// The program that ran, if it is not where it was any more.
    #[arg(long = "exec", short = 'e', value_name = "PROGRAM", requires = "core")]
    pub program: Option<PathBuf>,
    /// The node there, by the name or id of its vnet; by default its host.
    #[arg(long, short, value_name = "NODE")]
    pub vnet: Option<String>,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct What {
    /// The routing table.
    #[arg(short)]
    pub routes: bool,
    /// The interfaces.
    #[arg(short)]
    pub interfaces: bool,
    /// Counters by protocol.
    #[arg(short)]
    pub statistics: bool,
}

#[derive(Args)]
pub struct Ipfw {
    #[command(flatten)]
    pub place: Node,
    #[command(flatten)]
    pub traffic: Traffic,
}

#[derive(Args)]
pub struct Sysctl {
    /// A topology in node-link JSON, GML, GraphML or the XML of SNDlib, or one that is bundled; this host if FILE and NODE are left out.
    pub file: Option<String>,
    /// The node, by id or name.
    pub node: Option<String>,
    /// Variables to show, or to set with `NAME=VALUE`; `net.inet` stands for all below it. All variables if none is
    /// named.
    #[arg(value_name = "NAME[=VALUE]")]
    pub variables: Vec<String>,
    #[command(flatten)]
    pub settings: Settings,
}

/// What is simulated: a network, and who sends to whom.
#[derive(Args)]
pub struct Subject {
    /// A topology in node-link JSON, GML, GraphML or the XML of SNDlib, or one that is bundled.
    #[arg(default_value = "abilene")]
    pub file: String,
    #[command(flatten)]
    pub settings: Settings,
    /// The demand model.
    #[arg(long, value_enum, default_value = "uni")]
    pub traffic: Model,
}

#[derive(Args)]
pub struct Simulate {
    #[command(flatten)]
    pub subject: Subject,
    /// How long the traffic lasts: `10s`, `500ms`.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = number::time)]
    pub duration: i64,
    /// The number of packets per second in all: `10k`.
    #[arg(long, value_name = "N", default_value = "10k", value_parser = number::packets)]
    pub rate: u64,
    /// The number of data bytes in each packet.
    #[arg(long, value_name = "BYTES", default_value_t = 32, value_parser = clap::value_parser!(u16).range(8..=1472))]
    pub size: u16,
    /// What happens to a link, and when: `t=5s down A-B` takes its interfaces down, `t=5s cut A-B` loses its packets
    /// so that the routers have to notice, `t=8s up A-B` mends it. May be given several times.
    #[arg(long, value_name = "EVENT")]
    pub event: Vec<String>,
    #[command(flatten)]
    pub timing: Timing,
    #[command(flatten)]
    pub capture: Capturing,
    /// The number of threads, each for a part of the network. The result is the same for any number.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: u16,
    /// Write a report into this file: one page with maps, tables and plots, which needs no network.
    #[arg(long, value_name = "OUT")]
    pub html: Option<PathBuf>,
}

#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    pub subject: Subject,
    /// The number of packets per second in all: `10k`.
    #[arg(long, value_name = "N", default_value = "5k", value_parser = number::packets)]
    pub rate: u64,
    /// The number of data bytes in each packet.
    #[arg(long, value_name = "BYTES", default_value_t = 32, value_parser = clap::value_parser!(u16).range(8..=1472))]
    pub size: u16,
    #[command(flatten)]
    pub timing: Timing,
    /// Simulated seconds per second, if the machine is fast enough.
    #[arg(long, value_name = "N", default_value = "1", value_parser = number::speed)]
    pub speed: f64,
    /// The port of this host on which the page is served, for this host only; 0 for any that is free.
    #[arg(long, default_value_t = 8642)]
    pub port: u16,
}

#[derive(Args)]
pub struct ScenarioFile {
    /// `topology = "abilene"`, `rate = "10k"`, `event = ["t=5s down Denver-Seattle"]`, …
    pub file: PathBuf,
}

#[derive(Args)]
pub struct Compare {
    /// A report of `run --json`.
    pub first: PathBuf,
    /// Another one, of the same topology.
    pub second: PathBuf,
    /// The exit code is 1 if a load differs by more than this many percentage points.
    #[arg(long, value_name = "POINTS", value_parser = number::tolerance)]
    pub tolerance: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    Ring,
    Tree,
    /// A fat tree and its hosts, the largest one with at most so many vnets; each has a route to each other one.
    FatTree,
    /// A random graph with four links per vnet; each has a route to each other one.
    Random,
}

#[derive(Args)]
pub struct Scale {
    /// The number of vnets.
    #[arg(long, value_parser = number::machines)]
    pub nodes: u32,
    /// The shape of the network.
    #[arg(long, value_enum, default_value = "ring")]
    pub shape: Shape,
    /// Where the pseudo-random numbers of a random graph start.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Measure smaller networks of this shape too, and draw time and memory over their size into this file, as SVG.
    #[arg(long, value_name = "OUT")]
    pub growth: Option<PathBuf>,
}

impl Scale {
    /// The shape as it is written on the command line.
    pub fn shape_name(&self) -> String {
        self.shape.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

#[derive(Args)]
pub struct Bench {
    /// A topology in node-link JSON, GML, GraphML or the XML of SNDlib, or one that is bundled.
    #[arg(default_value = "abilene")]
    pub file: String,
    /// The demand model.
    #[arg(long, value_enum, default_value = "uni")]
    pub traffic: Model,
    /// The number of packets of one measurement.
    #[arg(long, default_value_t = 200_000, value_parser = number::packets)]
    pub packets: u64,
    /// The number of measurements; the best one is shown.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
}
