//! The command line: builds the network that it describes, runs the command, prints the report.

mod args;
mod capture;
pub mod commands;
mod flood;
mod number;
mod output;
pub mod picture;
mod progress;
mod settings;
mod style;
mod timing;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use args::{Between, Cli, Command, Node, PING_SIZE, PINGS, Ping, Sysctl, Traffic};
use capture::Capturing;
use clap::{CommandFactory, Parser};
use output::Report;
use progress::Progress;
use settings::Settings;
use timing::{Timing, properties};
use vimage::CreateError;

use crate::lab::names;
use crate::lab::network::Network;
use crate::lab::topology::{BUNDLED, Topology};

type OnNetwork<'a> = &'a dyn Fn(&Topology, &Network) -> Result<Report, Box<dyn Error>>;

/// What the command line says about a network besides its topology.
#[derive(Clone, Copy, Default)]
struct Setup<'a> {
    settings: Option<&'a Settings>,
    /// Without it, packets take no time.
    timing: Option<&'a Timing>,
    capture: Option<&'a Capturing>,
}

/// Builds the network, runs `command` on it, destroys it.
fn on_network(file: &str, setup: Setup<'_>, quiet: bool, command: OnNetwork<'_>) -> Result<Report, Box<dyn Error>> {
    let topology = Topology::load(file)?;
    let progress = Progress::new("building", topology.nodes.len() as u64, quiet);
    let properties = setup.timing.map(|timing| properties(&topology, timing));
    let network = Network::build(&topology, properties.as_deref(), |nodes| progress.inc(nodes)).map_err(what_works)?;
    drop(progress);
    run_on(topology, network, setup, command)
}

/// Adds to an error what works in a build without instances.
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

/// Runs `command` on the base machine.
fn on_host(settings: &Settings, command: OnNetwork<'_>) -> Result<Report, Box<dyn Error>> {
    run_on(Topology::host(), Network::host()?, Setup { settings: Some(settings), ..Setup::default() }, command)
}

fn run_on(
    topology: Topology,
    network: Network,
    setup: Setup<'_>,
    command: OnNetwork<'_>,
) -> Result<Report, Box<dyn Error>> {
    setup.settings.map_or(Ok(()), |settings| settings.apply(&topology, &network))?;
    let report = match setup.capture {
        Some(capture) => {
            capture.during(&topology, &network, setup.timing.is_some(), || command(&topology, &network))?
        }
        None => command(&topology, &network)?,
    };
    network.close(|_| ())?;
    Ok(report)
}

/// Runs `command` on a node after some traffic. This host only pings itself before, because it is alone.
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
    on_network(file, Setup { settings: Some(settings), ..Setup::default() }, quiet, &|topology, network| {
        let node = topology.node(node)?;
        flood::flood(topology, network, &flood::plan(topology, traffic)?, quiet)?;
        command(topology, network, node)
    })
}

impl Sysctl {
    /// The topology and the node. Without a file, or if the first argument looks like a variable and is not a file, all
    /// arguments are variables of this host.
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
            (Some(file), None) => Err(format!("missing NODE after FILE `{file}`").into()),
        }
    }
}

fn execute(cli: Cli) -> Result<Report, Box<dyn Error>> {
    let quiet = cli.json;
    let between = |args: &Between, command: OnNetwork<'_>| {
        let Between { place, timing, capture, .. } = args;
        let setup = Setup { settings: Some(&place.settings), timing: Some(timing), capture: Some(capture) };
        on_network(&place.file, setup, quiet, command)
    };
    match cli.command.unwrap_or(Command::Run(cli.run)) {
        Command::Run(args) if quiet && args.prints_map() => {
            Err("`--svg -` and `--json` both write to standard output: use one of them".into())
        }
        Command::Run(args) => {
            let setup = Setup { settings: Some(&args.settings), timing: None, capture: Some(&args.capture) };
            on_network(&args.file, setup, quiet, &|topology, network| {
                commands::run::run(topology, network, &args, quiet)
            })
        }
        Command::Ping(Ping {
            file: Some(file),
            source: Some(source),
            target: Some(target),
            settings,
            count,
            size,
            timing,
            capture,
        }) => {
            let setup = Setup { settings: Some(&settings), timing: Some(&timing), capture: Some(&capture) };
            on_network(&file, setup, quiet, &|topology, network| {
                let (source, target) = (topology.node(&source)?, topology.node(&target)?);
                commands::ping::ping(topology, network, source, target, (count, size))
            })
        }
        Command::Ping(Ping { capture: Capturing { pcap: Some(_), .. }, .. }) => {
            Err("`--pcap` needs a topology: this host has no interface but its loopback".into())
        }
        Command::Ping(args) => on_host(&args.settings, &|topology, network| {
            commands::ping::ping_self(topology, network, (args.count, args.size))
        }),
        Command::Traceroute(args) => between(&args, &|topology, network| {
            let (source, target) = (topology.node(&args.source)?, topology.node(&args.target)?);
            commands::traceroute::traceroute(topology, network, source, target)
        }),
        Command::Tcp(args) => between(&args.between, &|topology, network| {
            let mut pairs = vec![(topology.node(&args.between.source)?, topology.node(&args.between.target)?)];
            if let [source, target] = &args.also[..] {
                pairs.push((topology.node(source)?, topology.node(target)?));
            }
            commands::tcp::tcp(topology, network, &pairs, args.bytes, quiet)
        }),
        Command::Netstat(args) if args.outside.pid.is_some() || args.outside.core.is_some() => {
            commands::outside::netstat(&args.outside, &args.what)
        }
        Command::Netstat(args) => after_traffic(&args.place, &args.traffic, quiet, |topology, network, node| {
            Ok(commands::netstat::netstat(topology, network, node, &args.what))
        }),
        Command::Ipfw(args) => after_traffic(&args.place, &args.traffic, quiet, |topology, network, node| {
            Ok(commands::ipfw::show(topology, network, node))
        }),
        Command::Sysctl(mut args) => match args.place()? {
            Some((file, node)) => on_network(
                &file,
                Setup { settings: Some(&args.settings), ..Setup::default() },
                quiet,
                &|topology, network| commands::sysctl::sysctl(network, topology.node(&node)?, &args.variables),
            ),
            None => on_host(&args.settings, &|_, network| commands::sysctl::sysctl(network, 0, &args.variables)),
        },
        Command::Simulate(args) => commands::simulate::simulate(&args, quiet).map_err(what_works),
        Command::Serve(args) => commands::serve::serve(&args, quiet).map_err(what_works),
        Command::Scenario(args) => {
            let mut scenario = commands::scenario::read(&args.file)?;
            scenario.json = quiet;
            execute(scenario)
        }
        Command::Compare(args) => commands::compare::compare(&args),
        Command::Scale(args) => match &args.growth {
            Some(picture) => commands::growth::growth(&args, picture, quiet).map_err(what_works),
            None => commands::scale::scale(&args, quiet).map_err(what_works),
        },
        Command::Bench(args) => on_network(&args.file, Setup::default(), quiet, &|topology, network| {
            commands::bench::bench(topology, network, &args, quiet)
        }),
    }
}

/// An error about a first argument that is neither a command nor a topology, but similar to a command. Without this
/// check it would be taken for the file of `run`.
fn mistyped(first: &str) -> Option<Box<dyn Error>> {
    let cli = Cli::command();
    let commands = || cli.get_subcommands().map(clap::Command::get_name);
    let known = commands().any(|command| command == first) || first.starts_with('-') || Path::new(first).exists();
    let bundled = || BUNDLED.iter().map(|(name, _)| *name);
    let closest = names::closest(first, bundled().chain(commands())).filter(|_| !known)?;
    let is_command = !bundled().any(|name| name == closest);
    is_command.then(|| format!("`{first}` is neither a command nor a file; did you mean `{closest}`?").into())
}

/// Runs the command. The exit code is 0; or 1 if a host was not reached, bytes were lost, or the output
/// cannot be written; or 2 if the input is wrong.
pub fn main() -> ExitCode {
    if let Some(error) = std::env::args().nth(1).and_then(|first| mistyped(&first)) {
        return output::refuse(&*error);
    }
    let cli = Cli::parse();
    let json = cli.json;
    match execute(cli) {
        Ok(report) => report.print(json),
        Err(error) => output::refuse(&*error),
    }
}
