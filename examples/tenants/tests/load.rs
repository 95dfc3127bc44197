//! A short run of the client against a server that is a process of its own.

use std::path::Path;
use std::time::Duration;

use tenants::load::{ClientError, Plan, Server, run};

#[tokio::test]
async fn no_answer_is_another_tenants_and_memory_stays() -> Result<(), ClientError> {
    let server = Server::start(Path::new(env!("CARGO_BIN_EXE_tenants")))?;
    let plan = Plan { tenants: 20, connections: 4, requests: 150, rounds: 3, churn: 40 };
    let running = run(server.address(), plan, || server.resident());
    let report = tokio::time::timeout(Duration::from_secs(120), running).await??;
    println!("{report}");
    assert_eq!(report.mixed, Vec::<String>::new());
    assert_eq!((report.requests, report.churned), (4 * 150 * 3, 120));
    // Each round creates and destroys 40 tenants with 200 kB each.
    if let [first, .., last] = report.resident[..] {
        assert!(last < first + 8 * 1024, "{report}");
    }
    Ok(())
}
