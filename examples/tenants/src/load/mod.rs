//! A client that loads a server, and looks at each answer for what belongs to another tenant.

mod client;

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hyper::{Method, StatusCode};
use tokio::task::JoinSet;

pub use client::{Client, ClientError, Server};

/// The pages of each tenant.
const PAGES: usize = 4;

/// How much to ask for.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Tenants that exist all the time.
    pub tenants: usize,
    /// Connections, each of which asks one thing at a time.
    pub connections: usize,
    /// Requests of a connection in a round.
    pub requests: usize,
    /// Rounds.
    pub rounds: usize,
    /// Tenants that are created and destroyed in a round, while the others are loaded.
    pub churn: usize,
}

/// What happened.
#[derive(Debug, Default)]
pub struct Report {
    /// Requests to tenants.
    pub requests: usize,
    /// The time that they took, of all rounds.
    pub elapsed: Duration,
    /// Answers that were not those of the tenant that was asked.
    pub mixed: Vec<String>,
    /// Microseconds to an answer, sorted.
    latencies: Vec<u32>,
    /// Kilobytes of the server after each round.
    pub resident: Vec<u64>,
    /// Tenants that were created and destroyed meanwhile.
    pub churned: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.requests as f64 / self.elapsed.as_secs_f64();
        writeln!(f, "{} requests in {:.1?}: {rate:.0} per second", self.requests, self.elapsed)?;
        let at = |share: f64| self.latencies.get((self.latencies.len() as f64 * share) as usize).unwrap_or(&0);
        writeln!(f, "latency: half within {} µs, 99 % within {} µs", at(0.5), at(0.99))?;
        writeln!(f, "answers of another tenant: {}", self.mixed.len())?;
        writeln!(f, "tenants created and destroyed meanwhile: {}", self.churned)?;
        let resident: Vec<String> = self.resident.iter().map(|kb| format!("{:.1}", *kb as f64 / 1024.0)).collect();
        write!(f, "MB of the server after each round: {}", resident.join(", "))
    }
}

fn name(tenant: usize) -> String {
    format!("t{tenant}")
}

fn text(tenant: &str, page: usize) -> String {
    format!("page {page} of {tenant}, which only {tenant} has")
}

/// What a tenant has to answer.
fn expected(tenant: &str, page: usize) -> String {
    format!("Title of {tenant}\np{page}\n\n{}", text(tenant, page))
}

/// Loads the server. `resident` returns the memory of the server.
///
/// # Errors
///
/// If a request fails, or is answered with an unexpected status.
pub async fn run(server: SocketAddr, plan: Plan, resident: impl Fn() -> Option<u64>) -> Result<Report, ClientError> {
    let mut report = Report::default();
    let mut administrator = Client::connect(server).await?;
    for tenant in 0..plan.tenants {
        create(&mut administrator, &name(tenant), PAGES).await?;
    }
    // The requests that created the pages.
    let mut sent = vec![PAGES; plan.tenants];
    for round in 0..plan.rounds {
        let begin = Instant::now();
        let mut connections = JoinSet::new();
        for connection in 0..plan.connections {
            connections.spawn(ask(server, plan, round * plan.connections + connection));
        }
        for one in 0..plan.churn {
            come_and_go(&mut administrator, &format!("churn-{round}-{one}")).await?;
            report.churned += 1;
        }
        for asked in connections.join_all().await {
            let asked = asked?;
            report.requests += asked.latencies.len();
            report.latencies.extend(asked.latencies);
            report.mixed.extend(asked.mixed);
            sent.iter_mut().zip(asked.sent).for_each(|(all, one)| *all += one);
        }
        report.elapsed += begin.elapsed();
        report.resident.extend(resident());
    }
    for (tenant, sent) in sent.iter().enumerate() {
        let path = format!("/tenants/{}/sysctls/stats.requests", name(tenant));
        let counted = ok(administrator.get(&path).await?, &path)?;
        if counted != sent.to_string() {
            report.mixed.push(format!("{}: {sent} requests were sent, {counted} counted", name(tenant)));
        }
        let path = format!("/tenants/{}", name(tenant));
        ok(administrator.send(Method::DELETE, &path, String::new()).await?, &path)?;
    }
    report.latencies.sort_unstable();
    Ok(report)
}

/// The part of a report that one connection makes.
struct Asked {
    sent: Vec<usize>,
    latencies: Vec<u32>,
    mixed: Vec<String>,
}

/// One connection: tenants in an order that looks random, mostly to read.
async fn ask(server: SocketAddr, plan: Plan, seed: usize) -> Result<Asked, ClientError> {
    let mut client = Client::connect(server).await?;
    let mut asked =
        Asked { sent: vec![0; plan.tenants], latencies: Vec::with_capacity(plan.requests), mixed: Vec::new() };
    // A generator of Knuth's; its high bits are good enough to choose.
    let mut state = seed as u64 + 1;
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit
    };
    for _ in 0..plan.requests {
        let (tenant, page, writes) = (below(plan.tenants), below(PAGES), below(20) == 0);
        let name = name(tenant);
        let path = format!("/t/{name}/pages/p{page}");
        let begin = Instant::now();
        if writes {
            ok(client.send(Method::PUT, &path, text(&name, page)).await?, &path)?;
        } else {
            let answer = ok(client.get(&path).await?, &path)?;
            if answer != expected(&name, page) {
                asked.mixed.push(format!("{path}: {answer}"));
            }
        }
        asked.latencies.push(u32::try_from(begin.elapsed().as_micros()).unwrap_or(u32::MAX));
        asked.sent[tenant] += 1;
    }
    Ok(asked)
}

/// Creates a tenant with a title and pages.
async fn create(client: &mut Client, name: &str, pages: usize) -> Result<(), ClientError> {
    let path = format!("/tenants/{name}");
    ok(client.send(Method::PUT, &path, format!("site.title = 'Title of {name}'")).await?, &path)?;
    for page in 0..pages {
        let path = format!("/t/{name}/pages/p{page}");
        ok(client.send(Method::PUT, &path, text(name, page)).await?, &path)?;
    }
    Ok(())
}

/// A tenant with some state of its own, which has to be gone with it.
async fn come_and_go(client: &mut Client, name: &str) -> Result<(), ClientError> {
    create(client, name, 1).await?;
    let path = format!("/t/{name}/pages/large");
    ok(client.send(Method::PUT, &path, "x".repeat(100_000)).await?, &path)?;
    ok(client.get(&path).await?, &path)?;
    let path = format!("/tenants/{name}");
    ok(client.send(Method::DELETE, &path, String::new()).await?, &path)?;
    let (status, _) = client.get(&format!("/t/{name}/pages/p0")).await?;
    if status == StatusCode::NOT_FOUND { Ok(()) } else { Err(format!("{name} answers {status} after its end").into()) }
}

/// The body of an answer that is one.
fn ok((status, body): (StatusCode, String), path: &str) -> Result<String, ClientError> {
    if status.is_success() { Ok(body) } else { Err(format!("{path}: {status}: {body}").into()) }
}
