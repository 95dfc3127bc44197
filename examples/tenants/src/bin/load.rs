//! `load [TENANTS [ROUNDS [REQUESTS]]]`: starts a server as a process, loads it, and prints what happened. Fails if an answer
//! was that of another tenant, or if the memory of the server grows.

use tenants::load::{ClientError, Plan, Server, run};

const CONNECTIONS: usize = 32;

#[tokio::main]
async fn main() -> Result<(), ClientError> {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<usize>());
    let mut next = |default| numbers.next().unwrap_or(Ok(default));
    let (tenants, rounds, requests) = (next(200)?, next(5)?, next(50_000)?);
    let plan = Plan { tenants, connections: CONNECTIONS, requests: requests / CONNECTIONS, rounds, churn: 100 };
    let server = Server::start(&std::env::current_exe()?.with_file_name("tenants"))?;
    let report = run(server.address(), plan, || server.resident()).await?;
    println!("{tenants} tenants, {CONNECTIONS} connections, {rounds} rounds\n{report}");
    if let Some(mixed) = report.mixed.first() {
        return Err(format!("an answer of another tenant: {mixed}").into());
    }
    // The first round fills the pools of the allocator. A round's tenants that stay would be 10 MB.
    match report.resident.as_slice() {
        [first, .., last] if *last > first + 10 * 1024 => Err(format!("memory: {first} kB, then {last} kB").into()),
        _ => Ok(()),
    }
}
