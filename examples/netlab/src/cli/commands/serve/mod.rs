//! `serve`: a simulation that goes on, shown by a page on which links can be taken down and nodes looked into.
//!
//! One thread simulates and answers in turn, so that an answer is about one moment.

mod answers;

use std::error::Error;
use std::io::Write;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use serde_json::json;
use tiny_http::Server;

use crate::cli::args::Serve;
use crate::cli::commands::serve::answers::{Answers, answer};
use crate::cli::output::Report;
use crate::cli::progress::Progress;
use crate::cli::timing::properties;
use crate::hardware::Time;
use crate::lab::live::{self, Scenario, Session};
use crate::lab::topology::Topology;
use crate::lab::traffic;

/// The traffic does not end.
const FOREVER: Time = Time::MAX / 4;
/// A request waits at most as long as this simulated time takes.
const SLICE: Time = 10_000_000;
/// How long a request is waited for when the simulation is where it should be.
const IDLE: Duration = Duration::from_millis(10);

/// Serves until the process is ended.
pub fn serve(args: &Serve, json: bool) -> Result<Report, Box<dyn Error>> {
    if args.rate == 0 {
        return Err("`--rate` must be more than 0".into());
    }
    let topology = Topology::load(&args.subject.file)?;
    let scenario = Scenario {
        properties: properties(&topology, &args.timing),
        demands: traffic::demands(&topology, args.subject.traffic)?,
        rate: args.rate as f64,
        size: args.size.into(),
        duration: FOREVER,
        events: Vec::new(),
        parts: vec![0; topology.nodes.len()],
    };
    let server = Server::http((Ipv4Addr::LOCALHOST, args.port))
        .map_err(|error| format!("cannot listen on port {} of this host: {error}", args.port))?;
    let port = server.server_addr().to_ip().ok_or("the server has no address")?.port();
    let progress = Progress::new("building", topology.nodes.len() as u64, json);
    let network = live::build(&topology, &scenario, |nodes| progress.inc(nodes))?;
    drop(progress);
    args.subject.settings.apply(&topology, &network)?;
    let mut session = Session::start(&topology, &network, &scenario)?;
    say(port, &topology, json)?;
    let mut clock = Clock { speed: args.speed, start: Instant::now(), offset: 0 };
    let mut answers = Answers { topology: &topology, network: &network, traffic: args.subject.traffic.name(), port };
    loop {
        let target = clock.target();
        let next = target.min(session.time() + SLICE);
        session.run_until(next);
        let is_late = next < target;
        if is_late {
            // A machine that is too slow for the speed simulates as fast as it can.
            clock.rebase(next);
        }
        if let Some(request) = server.recv_timeout(if is_late { Duration::ZERO } else { IDLE })? {
            answer(&mut answers, &mut session, request);
        }
    }
}

fn say(port: u16, topology: &Topology, json: bool) -> std::io::Result<()> {
    let url = format!("http://127.0.0.1:{port}/");
    let mut output = anstream::stdout();
    if json {
        writeln!(output, "{}", json!({"url": url}))?;
    } else {
        writeln!(output, "{} runs on {url} until this program is ended", topology.shown())?;
    }
    output.flush()
}

/// Where simulated time should be.
struct Clock {
    /// Simulated seconds per second.
    speed: f64,
    start: Instant,
    offset: Time,
}

impl Clock {
    fn target(&self) -> Time {
        self.offset + (self.start.elapsed().as_nanos() as f64 * self.speed) as Time
    }

    /// Time goes on from here.
    fn rebase(&mut self, time: Time) {
        (self.start, self.offset) = (Instant::now(), time);
    }
}
