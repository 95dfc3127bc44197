//! The command line.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use vimage::CreateError;

use crate::commands;
use crate::network::Network;
use crate::progress::Progress;
use crate::report::{self, Report};
use crate::settings::Settings;
use crate::topology::Topology;
use crate::traffic::Model;

const PINGS: u16 = 4;
const PING_SIZE: u16 = 56;

/// A network of network stacks in one process: a vnet for each node of a real topology.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Run,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
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
    /// Make a generated network of many nodes and ping around it.
    Scale(Scale),
    /// Compare with the same stack written by hand, with the router as an argument.
    Bench(Bench),
}

/// Where the nodes are, and what is different about some of them.
#[derive(Args)]
pub struct Where {
    /// A topology in node-link JSON, or one that is bundled: abilene (topozoo/Abilene), sndlib/abilene,
    /// sndlib/newyork, sndlib/nobel-germany, sndlib/polska.
    file: String,
    #[command(flatten)]
    settings: Settings,
}

/// A node of a network; this host, which has only pinged itself, if both are left out.
#[derive(Args)]
pub struct Node {
    /// A topology in node-link JSON, or one that is bundled; without it, this host, which has only pinged itself.
    #[arg(requires = "node")]
    file: Option<String>,
    /// The node, by id or name.
    node: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Args)]
pub struct Traffic {
    /// Who sends how much to whom.
    #[arg(long, value_enum, default_value = "uni")]
    pub traffic: Model,
    /// How many packets are sent in all.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(..=1_000_000_000_000))]
    pub packets: u64,
}

#[derive(Args)]
pub struct Run {
    /// A topology in node-link JSON, or one that is bundled.
    #[arg(default_value = "abilene")]
    file: String,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    pub traffic: Traffic,
    /// Draw the map with the loads into this file.
    #[arg(long, value_name = "OUT")]
    pub svg: Option<PathBuf>,
}

#[derive(Args)]
pub struct Between {
    #[command(flatten)]
    place: Where,
    /// The node that sends, by id or name.
    source: String,
    /// The node that it sends to, by id or name.
    target: String,
}

#[derive(Args)]
pub struct Ping {
    /// A topology in node-link JSON, or one that is bundled.
    #[arg(requires = "target")]
    file: Option<String>,
    /// The node that sends, by id or name.
    source: Option<String>,
    /// The node that answers, by id or name.
    target: Option<String>,
    #[command(flatten)]
    settings: Settings,
    /// How many requests are sent.
    #[arg(long, short, default_value_t = PINGS, value_parser = clap::value_parser!(u16).range(1..))]
    pub count: u16,
    /// How many bytes of data are in each.
    #[arg(long, short, default_value_t = PING_SIZE, value_parser = clap::value_parser!(u16).range(..=65507))]
    pub size: u16,
}

#[derive(Args)]
pub struct Tcp {
    #[command(flatten)]
    between: Between,
    /// How many bytes are moved.
    #[arg(long)]
    pub bytes: u64,
    /// Another pair that does the same at the same time.
    #[arg(long, num_args = 2, value_names = ["SRC", "DST"])]
    also: Vec<String>,
}

#[derive(Args)]
pub struct Netstat {
    #[command(flatten)]
    place: Node,
    #[command(flatten)]
    pub what: What,
    #[command(flatten)]
    pub traffic: Traffic,
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
    place: Node,
    #[command(flatten)]
    pub traffic: Traffic,
}

#[derive(Args)]
pub struct Sysctl {
    /// A topology in node-link JSON, or one that is bundled; this host if FILE and NODE are left out.
    file: Option<String>,
    /// The node, by id or name.
    node: Option<String>,
    /// What to show, or to set with `NAME=VALUE`; `net.inet` is all that is below it. All variables if nothing is named.
    #[arg(value_name = "NAME[=VALUE]")]
    variables: Vec<String>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    Ring,
    Tree,
}

#[derive(Args)]
pub struct Scale {
    /// How many vnets.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=4_000_000))]
    pub nodes: u32,
    /// How they are connected.
    #[arg(long, value_enum, default_value = "ring")]
    pub shape: Shape,
}

#[derive(Args)]
pub struct Bench {
    /// A topology in node-link JSON, or one that is bundled.
    #[arg(default_value = "abilene")]
    file: String,
    #[command(flatten)]
    pub traffic: Traffic,
    /// How many times each is measured; the best is shown.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
}

type OnNetwork<'a> = &'a dyn Fn(&Topology, &Network) -> Result<Report, Box<dyn Error>>;

/// Builds the network, runs `command` on it, takes it down.
fn on_network(
    file: &str,
    settings: Option<&Settings>,
    quiet: bool,
    command: OnNetwork<'_>,
) -> Result<Report, Box<dyn Error>> {
    let topology = Topology::load(file)?;
    let progress = Progress::new("building", topology.nodes.len() as u64, quiet);
    let network = Network::build(&topology, |nodes| progress.inc(nodes)).map_err(what_works)?;
    drop(progress);
    run_on(topology, network, settings, command)
}

/// Says what can be done where there are no instances.
fn what_works(error: Box<dyn Error>) -> Box<dyn Error> {
    match error.downcast_ref() {
        Some(CreateError::NotVirtualized) => format!(
            "{error}; without it there is this host alone, and `netlab ping`, `netlab netstat`, `netlab ipfw` and \
             `netlab sysctl` work on it when FILE and NODE are left out"
        )
        .into(),
        _ => error,
    }
}

/// Runs `command` on the machine that there is anyway.
fn on_host(settings: &Settings, command: OnNetwork<'_>) -> Result<Report, Box<dyn Error>> {
    run_on(Topology::host(), Network::host()?, Some(settings), command)
}

fn run_on(
    topology: Topology,
    network: Network,
    settings: Option<&Settings>,
    command: OnNetwork<'_>,
) -> Result<Report, Box<dyn Error>> {
    settings.map_or(Ok(()), |settings| settings.apply(&topology, &network))?;
    let report = command(&topology, &network)?;
    network.close(|_| ())?;
    Ok(report)
}

/// Runs `command` on a node after some traffic; this host only pings itself before, for there is nobody else.
fn after_traffic(
    place: &Node,
    traffic: &Traffic,
    quiet: bool,
    command: impl Fn(&Topology, &Network, usize) -> Result<Report, Box<dyn Error>>,
) -> Result<Report, Box<dyn Error>> {
    let Node { file: Some(file), node: Some(node), settings } = place else {
        return on_host(&place.settings, &|topology, network| {
            commands::ping::ping_self(topology, network, (PINGS, PING_SIZE))?;
            command(topology, network, 0)
        });
    };
    on_network(file, Some(settings), quiet, &|topology, network| {
        let node = topology.node(node)?;
        commands::flood(topology, network, traffic, quiet)?;
        command(topology, network, node)
    })
}

impl Sysctl {
    /// Takes what looks like a variable and is no file for one of this host; says which node of which file is meant
    /// otherwise.
    fn place(&mut self) -> Result<Option<(String, String)>, Box<dyn Error>> {
        let is_variable = |text: &String| {
            let rest = text.strip_prefix(commands::sysctl::ROOT);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) && !Path::new(text).exists()
        };
        match (self.file.take(), self.node.take()) {
            (None, _) => Ok(None),
            (Some(first), second) if is_variable(&first) => {
                self.variables.splice(..0, std::iter::once(first).chain(second));
                Ok(None)
            }
            (Some(file), Some(node)) => Ok(Some((file, node))),
            (Some(file), None) => Err(format!("of which node of {file}? A NODE follows the FILE").into()),
        }
    }
}

fn execute(cli: Cli) -> Result<Report, Box<dyn Error>> {
    let quiet = cli.json;
    let at = |place: &Where, command: OnNetwork<'_>| on_network(&place.file, Some(&place.settings), quiet, command);
    match cli.command.unwrap_or(Command::Run(cli.run)) {
        Command::Run(args) => on_network(&args.file, Some(&args.settings), quiet, &|topology, network| {
            commands::run::run(topology, network, &args, quiet)
        }),
        Command::Ping(Ping { file: Some(file), source: Some(source), target: Some(target), settings, count, size }) => {
            on_network(&file, Some(&settings), quiet, &|topology, network| {
                let (source, target) = (topology.node(&source)?, topology.node(&target)?);
                commands::ping::ping(topology, network, source, target, (count, size))
            })
        }
        Command::Ping(args) => on_host(&args.settings, &|topology, network| {
            commands::ping::ping_self(topology, network, (args.count, args.size))
        }),
        Command::Traceroute(between) => at(&between.place, &|topology, network| {
            let (source, target) = (topology.node(&between.source)?, topology.node(&between.target)?);
            commands::traceroute::traceroute(topology, network, source, target)
        }),
        Command::Tcp(args) => at(&args.between.place, &|topology, network| {
            let mut pairs = vec![(topology.node(&args.between.source)?, topology.node(&args.between.target)?)];
            if let [source, target] = &args.also[..] {
                pairs.push((topology.node(source)?, topology.node(target)?));
            }
            commands::tcp::tcp(topology, network, &pairs, args.bytes, quiet)
        }),
        Command::Netstat(args) => after_traffic(&args.place, &args.traffic, quiet, |topology, network, node| {
            Ok(commands::netstat::netstat(topology, network, node, &args.what))
        }),
        Command::Ipfw(args) => after_traffic(&args.place, &args.traffic, quiet, |topology, network, node| {
            Ok(commands::ipfw::show(topology, network, node))
        }),
        Command::Sysctl(mut args) => match args.place()? {
            Some((file, node)) => on_network(&file, Some(&args.settings), quiet, &|topology, network| {
                commands::sysctl::sysctl(network, topology.node(&node)?, &args.variables)
            }),
            None => on_host(&args.settings, &|_, network| commands::sysctl::sysctl(network, 0, &args.variables)),
        },
        Command::Scale(args) => commands::scale::scale(&args, quiet).map_err(what_works),
        Command::Bench(args) => on_network(&args.file, None, quiet, &|topology, network| {
            commands::bench::bench(topology, network, &args, quiet)
        }),
    }
}

/// Runs what the command line says. The exit code is 0; or 1 if a host was not reached, bytes were lost, or the output
/// cannot be written; or 2 if the input is wrong.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.json;
    match execute(cli) {
        Ok(report) => report.print(json),
        Err(error) => report::refuse(&*error),
    }
}
