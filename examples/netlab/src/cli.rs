//! The command line.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::Value;

use crate::commands;
use crate::network::Network;

use crate::topology::{Edge, Topology};
use crate::traffic::Model;

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
    /// A topology in node-link JSON, or one that is bundled: abilene, sndlib/abilene, sndlib/newyork,
    /// sndlib/nobel-germany, sndlib/polska.
    file: String,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Args)]
pub struct Settings {
    /// A filter rule for a node: `Denver: deny udp from any to any`. May be given several times.
    #[arg(long, value_name = "NODE:RULE")]
    ipfw: Vec<String>,
    /// A variable of a node: `Denver: net.inet.ip.forwarding=0`. May be given several times.
    #[arg(long, value_name = "NODE:NAME=VALUE")]
    sysctl: Vec<String>,
    /// A link that is down, while the routes still lead over it: `Denver:Seattle`. May be given several times.
    #[arg(long, value_name = "NODE:NODE")]
    down: Vec<String>,
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
    #[arg(long, short, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    pub count: u16,
    /// How many bytes of data are in each.
    #[arg(long, short, default_value_t = 56, value_parser = clap::value_parser!(u16).range(..=65507))]
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
    place: Where,
    /// The node, by id or name.
    node: String,
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
    place: Where,
    /// The node, by id or name.
    node: String,
    #[command(flatten)]
    pub traffic: Traffic,
}

#[derive(Args)]
pub struct Sysctl {
    #[command(flatten)]
    place: Where,
    /// The node, by id or name.
    node: String,
    /// What to show, or to set with `NAME=VALUE`; all variables if nothing is named.
    pub variable: Option<String>,
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

/// What a command has to say, in both forms.
pub struct Report {
    pub text: String,
    pub json: Value,
    /// Whether it did what it was to do: the host was reached, all bytes came through.
    pub success: bool,
}

impl Report {
    pub fn new(text: String, json: Value) -> Self {
        Self { text, json, success: true }
    }
}

impl Settings {
    fn apply(&self, topology: &Topology, network: &Network) -> Result<(), Box<dyn Error>> {
        let split = |text: &str| {
            let (node, rest) = text.split_once(':').ok_or_else(|| format!("`{text}` does not start with `NODE:`"))?;
            Ok::<_, Box<dyn Error>>((topology.node(node.trim())?, rest.trim().to_owned()))
        };
        for text in &self.ipfw {
            let (node, rule) = split(text)?;
            commands::ipfw::add(network, node, &rule)?;
        }
        for text in &self.sysctl {
            let (node, assignment) = split(text)?;
            let (name, value) = assignment.split_once('=').ok_or_else(|| format!("`{text}` has no `=`"))?;
            network.on(node, || vimage::sysctl::set(name.trim(), value.trim()))?;
        }
        for text in &self.down {
            let (node, other) = split(text)?;
            let other = topology.node(&other)?;
            let between = |edge: &Edge| [(node, other), (other, node)].contains(&(edge.source, edge.target));
            let down: Vec<_> = (0..topology.edges.len()).filter(|link| between(&topology.edges[*link])).collect();
            if down.is_empty() {
                return Err(format!("there is no link `{text}`").into());
            }
            down.into_iter().for_each(|link| network.take_down(link));
        }
        Ok(())
    }
}

type OnNetwork<'a> = &'a dyn Fn(&Topology, &Network) -> Result<Report, Box<dyn Error>>;

/// Builds the network, runs `command` on it, takes it down.
fn with_network(
    file: &str,
    settings: Option<&Settings>,
    command: impl FnOnce(&Topology, &Network) -> Result<Report, Box<dyn Error>>,
) -> Result<Report, Box<dyn Error>> {
    let topology = Topology::load(file)?;
    let network = Network::build(&topology)?;
    settings.map_or(Ok(()), |settings| settings.apply(&topology, &network))?;
    let report = command(&topology, &network)?;
    network.close()?;
    Ok(report)
}

fn execute(cli: Cli) -> Result<Report, Box<dyn Error>> {
    let at = |place: &Where, command: OnNetwork<'_>| with_network(&place.file, Some(&place.settings), command);
    match cli.command.unwrap_or(Command::Run(cli.run)) {
        Command::Run(args) => {
            let quiet = cli.json;
            with_network(&args.file, Some(&args.settings), |topology, network| {
                commands::run::run(topology, network, &args, quiet)
            })
        }
        Command::Ping(Ping { file: Some(file), source: Some(source), target: Some(target), settings, count, size }) => {
            with_network(&file, Some(&settings), |topology, network| {
                let (source, target) = (topology.node(&source)?, topology.node(&target)?);
                commands::ping::ping(topology, network, source, target, (count, size))
            })
        }
        Command::Ping(args) => commands::ping::ping_self(args.count, args.size),
        Command::Traceroute(between) => at(&between.place, &|topology, network| {
            let (source, target) = (topology.node(&between.source)?, topology.node(&between.target)?);
            commands::traceroute::traceroute(topology, network, source, target)
        }),
        Command::Tcp(args) => at(&args.between.place, &|topology, network| {
            let mut pairs = vec![(topology.node(&args.between.source)?, topology.node(&args.between.target)?)];
            if let [source, target] = &args.also[..] {
                pairs.push((topology.node(source)?, topology.node(target)?));
            }
            commands::tcp::tcp(topology, network, &pairs, args.bytes, cli.json)
        }),
        Command::Netstat(args) => at(&args.place, &|topology, network| {
            let node = topology.node(&args.node)?;
            commands::netstat::netstat(topology, network, node, &args.what, &args.traffic)
        }),
        Command::Ipfw(args) => at(&args.place, &|topology, network| {
            commands::ipfw::show(topology, network, topology.node(&args.node)?, &args.traffic)
        }),
        Command::Sysctl(args) => at(&args.place, &|topology, network| {
            commands::sysctl::sysctl(network, topology.node(&args.node)?, args.variable.as_deref())
        }),
        Command::Scale(args) => commands::scale::scale(&args, cli.json),
        Command::Bench(args) => {
            with_network(&args.file, None, |topology, network| commands::bench::bench(topology, network, &args))
        }
    }
}

/// Runs what the command line says. The exit code is 0; or 1 if a host was not reached or bytes were lost; or 2 if the
/// input is wrong.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.json;
    let report = match execute(cli) {
        Ok(report) => report,
        Err(error) => {
            anstream::eprintln!("{}: {error}", commands::paint(anstyle::AnsiColor::Red, "error"));
            return ExitCode::from(2);
        }
    };
    let mut output = anstream::stdout();
    // An error is no failure: whoever reads may have read enough.
    _ = if json { writeln!(output, "{:#}", report.json) } else { write!(output, "{}", report.text) };
    _ = output.flush();
    if report.success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
