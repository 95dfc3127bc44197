//! Coverage-guided fuzzing with libFuzzer: `FUZZ_SECONDS` for each target, 60 without it.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::step::{Done, cargo, run};

/// The targets. Where there is `unsafe` code, the address sanitizer looks as well; but not at the reader of core files,
/// which reads one of its own process, whose memory is then terabytes of shadows.
const TARGETS: [(&str, &str); 6] = [
    ("macros", "none"),
    ("sysctl", "address"),
    ("inspect", "address"),
    ("export", "none"),
    ("topology", "none"),
    ("scenario", "none"),
];

const TOOLS: &str = "target/fuzz/tools";

/// Inputs that are found stay in `target/fuzz/corpus`; one that fails is in `fuzz/targets/artifacts`.
pub(super) fn fuzz() -> Done {
    if !succeeds(Command::new("cargo").args(["+nightly", "--version"])) {
        println!("left out: there is no nightly compiler; `rustup toolchain install nightly --profile minimal`");
        return Ok(());
    }
    let cargo_fuzz = format!("{TOOLS}/bin/cargo-fuzz");
    if !Path::new(&cargo_fuzz).exists() {
        let install = ["install", "cargo-fuzz", "--locked", "--root", TOOLS];
        if let Err(error) = cargo("cargo-fuzz", &install, &[]) {
            println!("left out: cargo-fuzz cannot be installed: {error}");
            return Ok(());
        }
    }
    let seconds = std::env::var("FUZZ_SECONDS").unwrap_or_else(|_| "60".to_owned());
    let failed = TARGETS.iter().filter_map(|target| fuzz_target(&cargo_fuzz, target, &seconds).err());
    let failed: Vec<String> = failed.collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

fn fuzz_target(cargo_fuzz: &str, (target, sanitizer): &(&str, &str), seconds: &str) -> Done {
    let found = format!("target/fuzz/corpus/{target}");
    std::fs::create_dir_all(&found).map_err(|error| format!("{found}: {error}"))?;
    let mut command = Command::new(cargo_fuzz);
    // The program is a command of cargo, which gives it its own name.
    command.args(["fuzz", "run", "--fuzz-dir", "fuzz/targets", "--target-dir", "target/fuzz", "--debug-assertions"]);
    // With `cfg(fuzzing)` the tokens of the macros have no places.
    command.args(["--no-cfg-fuzzing", "--sanitizer", sanitizer, target, &found, &format!("fuzz/corpus/{target}")]);
    command.args([
        "--",
        &format!("-max_total_time={seconds}"),
        "-timeout=60",
        "-rss_limit_mb=4096",
        "-print_final_stats=1",
    ]);
    // What cargo tells its commands about the compiler of this program would be taken for that of the targets.
    command.env("RUSTUP_TOOLCHAIN", "nightly").env_remove("CARGO").env_remove("RUSTC");
    run(&format!("fuzz: {target}"), &mut command)
}

fn succeeds(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
