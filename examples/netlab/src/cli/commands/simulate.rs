//! `simulate`: packets take time, routers find their routes themselves, links fail.

use std::error::Error;
use std::fmt::Write;
use std::time::Instant;

use anstyle::AnsiColor;
use serde_json::json;

use crate::cli::args::Simulate;
use crate::cli::number;
use crate::cli::output::{Report, write_file};
use crate::cli::picture::report;
use crate::cli::progress::Progress;
use crate::cli::settings::links;
use crate::cli::style::{bold, grouped, paint};
use crate::cli::timing::properties;
use crate::lab::live::{self, Change, Event, Phase, Scenario, Story};
use crate::lab::network::Network;
use crate::lab::topology::Topology;
use crate::lab::traffic;

const SECOND: u64 = 1_000_000_000;

pub fn simulate(args: &Simulate, quiet: bool) -> Result<Report, Box<dyn Error>> {
    let topology = Topology::load(&args.subject.file)?;
    let scenario = scenario(&topology, args)?;
    let progress = Progress::new("building", topology.nodes.len() as u64, quiet);
    let network = live::build(&topology, &scenario, |nodes| progress.inc(nodes))?;
    drop(progress);
    args.subject.settings.apply(&topology, &network)?;
    let report =
        args.capture.during(&topology, &network, true, || play(&topology, &network, &scenario, args, quiet))?;
    network.close(|_| ())?;
    Ok(report)
}

/// Plays the scenario, and writes what was seen.
fn play(
    topology: &Topology,
    network: &Network,
    scenario: &Scenario,
    args: &Simulate,
    quiet: bool,
) -> Result<Report, Box<dyn Error>> {
    let progress = Progress::new("simulating", args.duration as u64 / SECOND, quiet);
    let began = Instant::now();
    let story = live::play(topology, network, scenario, |time| progress.inc(time / SECOND))?;
    let took = began.elapsed().as_secs_f64();
    drop(progress);
    if let Some(path) = &args.html {
        write_file(path, &report::of_simulation(topology, network, args.subject.traffic.name(), &story))?;
    }
    let title = format!(
        "{}: {} vnets, {} links, {} traffic, {} packets per second",
        topology.shown(),
        topology.nodes.len(),
        topology.edges.len(),
        args.subject.traffic.name(),
        grouped(args.rate)
    );
    let mut text = format!("{}\n\n", bold(title));
    text.push_str(&table(&story));
    let rate = grouped((story.hops as f64 / took.max(f64::EPSILON)) as u64);
    _ = writeln!(
        text,
        "\n{} packet-hops in {took:.3} s with {} threads: {rate} per second",
        grouped(story.hops),
        args.threads
    );
    let success = story.start.is_some();
    let json = json!({
        "topology": topology.name, "traffic": args.subject.traffic.name(), "rate": args.rate, "seed": args.timing.seed,
        "story": story,
    });
    Ok(Report { text, json, success })
}

fn scenario(topology: &Topology, args: &Simulate) -> Result<Scenario, Box<dyn Error>> {
    if args.duration == 0 || args.rate == 0 {
        return Err("`--duration` and `--rate` must be more than 0".into());
    }
    let mut events = Vec::new();
    for text in &args.event {
        let event = event(topology, text).map_err(|error| format!("event `{text}`: {error}"))?;
        if event.time >= args.duration {
            return Err(format!("event `{text}` is after the end of the traffic").into());
        }
        events.push(event);
    }
    events.sort_by_key(|event| event.time);
    let (properties, demands) = (properties(topology, &args.timing), traffic::demands(topology, args.subject.traffic)?);
    let rate = args.rate as f64;
    Ok(Scenario {
        parts: live::parts(topology, &properties, &demands, rate, args.threads.into()),
        properties,
        demands,
        rate,
        size: args.size.into(),
        duration: args.duration,
        events,
    })
}

/// Reads `t=5s down A-B`.
fn event(topology: &Topology, text: &str) -> Result<Event, Box<dyn Error>> {
    const FORM: &str = "write `t=TIME down|up|cut NODE-NODE`";
    let words = text.trim().strip_prefix("t=").and_then(|rest| rest.split_once(' '));
    let (time, rest) = words.ok_or(FORM)?;
    let (change, link) = rest.trim().split_once(' ').ok_or(FORM)?;
    let change = match change {
        "down" => Change::Down,
        "up" => Change::Up,
        "cut" => Change::Cut,
        _ => return Err(format!("`{change}` is none of down, up and cut; {FORM}").into()),
    };
    Ok(Event { time: number::time(time)?, change, links: links(topology, link.trim())?, text: text.to_owned() })
}

fn table(Story { start, phases, messages, .. }: &Story) -> String {
    let mut text = match start {
        Some(seconds) => format!("routes found       {seconds:>9.3} s after the start of the routers\n"),
        None => format!("{}\n", paint(AnsiColor::Red, "the routers did not find all routes")),
    };
    for phase in phases {
        text.push_str(&describe(phase));
    }
    _ = writeln!(text, "\nrouting messages   {:>9}", grouped(*messages));
    text
}

fn describe(phase: &Phase) -> String {
    let mut text = String::new();
    let event = phase.event.as_deref().unwrap_or("traffic starts");
    _ = writeln!(text, "\n{}", bold(format!("{:.3} s: {}", phase.from, crate::lab::names::printable(event))));
    match phase.convergence {
        Some(seconds) => _ = writeln!(text, "  convergence      {seconds:>9.3} s"),
        None => _ = writeln!(text, "  {}", paint(AnsiColor::Red, "the routes are not those of the shortest paths")),
    }
    _ = writeln!(text, "  sent             {:>9}", grouped(phase.sent));
    _ = writeln!(text, "  delivered        {:>9}", grouped(phase.delivered));
    for (reason, count) in &phase.lost {
        let reason = format!("lost, {}", reason.replace('_', " "));
        _ = writeln!(text, "  {reason:<16} {}", paint(AnsiColor::Red, format!("{:>9}", grouped(*count))));
    }
    let (mean, longest) = (phase.mean_delay, phase.longest_delay);
    _ = writeln!(text, "  delay            {mean:>9.3} ms, at most {longest:.3} ms");
    _ = writeln!(
        text,
        "  loads            at most {:.2} percentage points from those of the shortest paths",
        phase.error
    );
    text
}
