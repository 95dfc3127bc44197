//! Runs the suite many times in both ways and counts failures: `cargo run -p isolated-tests --bin compare [RUNS]`.

use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use serde_json::Value;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// One way to run the suite.
struct Way {
    title: &'static str,
    target: &'static str,
    features: &'static str,
}

const WAYS: [Way; 2] = [
    Way { title: "plain statics, #[test]", target: "globals", features: "linkme,interfering" },
    Way { title: "instances, #[vimage::test]", target: "isolated", features: "linkme,vimage" },
];

fn main() -> Result<ExitCode> {
    let runs = std::env::args().nth(1).map_or(Ok(200), |runs| runs.parse())?;
    let mut failures = Vec::new();
    for way in &WAYS {
        let executable = build(way)?;
        let mut failed = 0;
        for _ in 0..runs {
            // More threads than the suite has tests, so that all run at the same time.
            let mut test = Command::new(&executable);
            let status = test.arg("--test-threads=16").stdout(Stdio::null()).stderr(Stdio::null()).status()?;
            failed += u32::from(!status.success());
        }
        println!("{:<28} {runs} runs, {failed} failed", way.title);
        failures.push(failed);
    }
    // The comparison means something only if there is something to isolate.
    Ok(if failures[0] > 0 && failures[1] == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds the tests; returns the path of the executable.
fn build(way: &Way) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        // In the workspace, wherever this was started.
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["test", "--quiet", "--package", "isolated-tests", "--no-default-features", "--features", way.features])
        .args(["--test", way.target, "--no-run", "--message-format=json"])
        .stderr(Stdio::inherit())
        .output()?;
    let messages = String::from_utf8(output.stdout)?;
    for message in messages.lines() {
        let message: Value = serde_json::from_str(message)?;
        if let (Some(executable), true) = (message["executable"].as_str(), message["target"]["name"] == way.target) {
            return Ok(executable.into());
        }
    }
    Err(format!("cargo did not build the test `{}`", way.target).into())
}
