//! `netstat` of a netlab in another process and of its core file: the same as inside.

#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

mod common;

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{has_instances, netlab};

const TRAFFIC: [&str; 2] = ["--packets", "1100"];
/// `O_NONBLOCK` of Linux on the usual processors.
const NEVER_WAIT: i32 = 0o4000;

/// A netlab that sends its traffic, and then waits for somebody to read what it draws.
struct Waiting {
    program: Child,
    pipe: PathBuf,
    /// Both ends of the pipe, which is full.
    _ends: File,
}

impl Waiting {
    fn new() -> Self {
        let pipe = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("picture-{}", std::process::id()));
        _ = fs::remove_file(&pipe);
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.is_ok_and(|made| made.success()), "mkfifo makes {}", pipe.display());
        let mut options = OpenOptions::new();
        let mut ends = options.read(true).write(true).custom_flags(NEVER_WAIT).open(&pipe).expect("the pipe opens");
        loop {
            match ends.write(&[0; 512]) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_netlab"));
        command.args(["run", "abilene", "--svg"]).arg(&pipe).args(TRAFFIC);
        let program = command.stdout(Stdio::null()).spawn().expect("the program runs");
        Self { program, pipe, _ends: ends }
    }

    fn id(&self) -> String {
        self.program.id().to_string()
    }

    /// A core file as gdb writes it.
    fn core(&self) -> Option<PathBuf> {
        let core = self.pipe.with_extension("core");
        let mut gcore = Command::new("timeout");
        gcore.args(["-k", "5", "60", "gcore", "-o"]).arg(&core).arg(self.id());
        // Else it may ask a server for debug information.
        let done = gcore.env_remove("DEBUGINFOD_URLS").stdin(Stdio::null()).output();
        let core = PathBuf::from(format!("{}.{}", core.display(), self.id()));
        let written = done.is_ok_and(|done| done.status.success()) && core.exists();
        if !written {
            println!("skipped: there is no gcore, or it may not trace, or it does not end");
        }
        written.then_some(core)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        _ = self.program.kill();
        _ = self.program.wait();
        _ = fs::remove_file(&self.pipe);
    }
}

/// What `netstat` shows of Denver: read by `way`, or inside of this netlab, which sends the same.
fn denver(way: &[&str], what: &str) -> Result<String, String> {
    let inside = ["netstat", "abilene", "denver", what, TRAFFIC[0], TRAFFIC[1]];
    let outside = [&["netstat", what, "-v", "Denver"], way].concat();
    let ran = netlab(if way.is_empty() { &inside } else { &outside });
    if ran.code == 0 { Ok(ran.out) } else { Err(ran.err) }
}

fn same_as_inside(way: &[&str], what: &str) {
    let inside = denver(&[], what).expect("netstat works inside");
    match denver(way, what) {
        // A build of the tests may leave out what describes the structures; the counters need none.
        Err(error) if what != "-s" && error.contains("without debug information") => println!("skipped: {error}"),
        shown => assert_eq!(shown.as_ref(), Ok(&inside), "{way:?} {what}"),
    }
}

#[test]
fn a_process_and_its_core_file_show_what_netstat_shows_inside() {
    if !has_instances() {
        return;
    }
    let waiting = Waiting::new();
    let id = waiting.id();
    let (inside, until) = (denver(&[], "-s"), Instant::now() + Duration::from_secs(60));
    // Until it has started, and has sent everything.
    while denver(&["-p", &id], "-s") != inside {
        assert!(Instant::now() < until, "{:?}\n{inside:?}", denver(&["-p", &id], "-s"));
        std::thread::sleep(Duration::from_millis(50));
    }
    for what in ["-s", "-i", "-r"] {
        same_as_inside(&["-p", &id], what);
    }
    if let Some(core) = waiting.core() {
        for what in ["-s", "-i", "-r"] {
            same_as_inside(&["-c", core.to_str().expect("the path is UTF-8")], what);
        }
        fs::remove_file(core).expect("the core file can be removed");
    }
}
