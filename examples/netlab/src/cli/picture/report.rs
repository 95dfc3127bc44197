//! The report of a run or a simulation as a page.

use crate::cli::picture::page::Page;
use crate::cli::picture::plot::{Line, plot};
use crate::cli::picture::svg;
use crate::cli::style::grouped;
use crate::lab::flood::Outcome;
use crate::lab::live::{Sample, Story};
use crate::lab::network::Network;
use crate::lab::topology::Topology;
use crate::stack::inet;

const BLUE: &str = "#2f79c2";
const RED: &str = "#cd322d";
const GREEN: &str = "#3f9a5a";

/// The page of `run`.
pub fn of_run(
    topology: &Topology,
    network: &Network,
    traffic: &str,
    outcome: &Outcome,
    exact: &[(f64, f64)],
) -> String {
    let mut page = Page::new(&format!("{}, {traffic} traffic", topology.name));
    page.facts(&[
        ("vnets", grouped(topology.nodes.len() as u64)),
        ("links", grouped(topology.edges.len() as u64)),
        ("sent", grouped(outcome.sent)),
        ("delivered", grouped(outcome.delivered)),
        ("dropped", grouped(outcome.dropped.values().sum())),
        ("packet-hops", grouped(outcome.hops)),
    ]);
    let loads = outcome.loads();
    page.heading("Loads");
    page.figure(&svg::map(topology, &loads, traffic));
    links(&mut page, topology, &loads, exact);
    nodes(&mut page, topology, network);
    page.finish()
}

/// The page of `simulate`.
pub fn of_simulation(topology: &Topology, network: &Network, traffic: &str, story: &Story) -> String {
    let mut page = Page::new(&format!("{}, {traffic} traffic, simulated", topology.name));
    let seconds = |seconds: Option<f64>| seconds.map_or("never".to_owned(), |seconds| format!("{seconds:.3} s"));
    page.facts(&[
        ("vnets", grouped(topology.nodes.len() as u64)),
        ("links", grouped(topology.edges.len() as u64)),
        ("routes found after", seconds(story.start)),
        ("routing messages", grouped(story.messages)),
        ("packet-hops", grouped(story.hops)),
    ]);
    page.heading("Over time");
    let events: Vec<(f64, &str)> =
        story.phases.iter().filter_map(|phase| Some((phase.from, phase.event.as_deref()?))).collect();
    let line = |name, color, value: &dyn Fn(&Sample) -> f64| {
        let values = story.samples.iter().map(|sample| (sample.time, value(sample)));
        Line { name, color, values: values.collect() }
    };
    page.figure(&plot(&[line("packets delivered", BLUE, &|sample| sample.delivered as f64)], &events));
    page.figure(&plot(&[line("packets lost", RED, &|sample| sample.lost as f64)], &events));
    page.figure(&plot(&[line("longest queue", GREEN, &|sample| sample.queue as f64)], &events));
    page.heading("From event to event");
    page.table(
        &["event", "at", "convergence", "sent", "delivered", "lost", "mean delay", "longest", "error"],
        story.phases.iter().map(|phase| {
            vec![
                phase.event.clone().unwrap_or_else(|| "traffic starts".to_owned()),
                format!("{:.3} s", phase.from),
                seconds(phase.convergence),
                grouped(phase.sent),
                grouped(phase.delivered),
                grouped(phase.lost.values().sum()),
                format!("{:.3} ms", phase.mean_delay),
                format!("{:.3} ms", phase.longest_delay),
                format!("{:.2} points", phase.error),
            ]
        }),
    );
    for phase in &story.phases {
        page.heading(&format!("Loads after {}", phase.event.as_deref().unwrap_or("the start")));
        page.figure(&svg::map(topology, &phase.loads, traffic));
        links(&mut page, topology, &phase.loads, &phase.exact);
    }
    nodes(&mut page, topology, network);
    page.finish()
}

fn links(page: &mut Page, topology: &Topology, loads: &[(f64, f64)], exact: &[(f64, f64)]) {
    let name = |node: usize| topology.nodes[node].name.as_str();
    page.table(
        &["link", "there", "exact", "back", "exact"],
        topology.edges.iter().zip(loads).zip(exact).map(|((edge, load), exact)| {
            let mut row = vec![format!("{} – {}", name(edge.source), name(edge.target))];
            row.extend([load.0, exact.0, load.1, exact.1].map(|load| format!("{load:.2} %")));
            row
        }),
    );
}

/// A row for each vnet, with its counters.
fn nodes(page: &mut Page, topology: &Topology, network: &Network) {
    page.heading("Vnets");
    page.table(
        &["vnet", "received", "forwarded", "delivered", "sent", "dropped", "routes"],
        topology.nodes.iter().enumerate().map(|(node, place)| {
            let (stat, routes) = network.on(node, || (inet::ip_stat(), inet::rt_list().len()));
            let dropped = stat.dropped.iter().map(|(_, count)| count).sum::<u64>() + stat.icmp_dropped;
            let counts = [stat.received, stat.forwarded, stat.delivered, stat.sent, dropped, routes as u64];
            std::iter::once(place.name.clone()).chain(counts.map(grouped)).collect()
        }),
    );
}
