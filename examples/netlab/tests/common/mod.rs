//! Runs the program like a user.

#![allow(dead_code, reason = "each test file takes what it needs")]

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// The output of the program, and its exit code.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Nothing here takes a tenth of it, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(180);

pub fn netlab(args: &[&str]) -> Ran {
    run(Command::new(env!("CARGO_BIN_EXE_netlab")).args(args))
}

/// Runs a program; kills it after the limit.
pub fn run(command: &mut Command) -> Ran {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    fn text(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
        thread::spawn(move || {
            let mut text = String::new();
            pipe.read_to_string(&mut text).expect("it writes UTF-8");
            text
        })
    }
    let out = text(child.stdout.take().expect("it was piped"));
    let err = text(child.stderr.take().expect("it was piped"));
    let end = Instant::now() + LIMIT;
    let status = loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            break Some(status);
        }
        if Instant::now() > end {
            child.kill().and_then(|()| child.wait()).expect("it can be killed");
            break None;
        }
        thread::sleep(Duration::from_millis(2));
    };
    let (out, err) = (out.join().expect("it writes UTF-8"), err.join().expect("it writes UTF-8"));
    let Some(status) = status else { panic!("{command:?} did not end; it wrote {out}{err}") };
    Ran { code: status.code().expect("it is not killed"), out, err }
}

/// A topology of this test alone, as a file.
pub fn file(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    fs::write(&path, text).expect("the file can be written");
    path.into_os_string().into_string().expect("the path is UTF-8")
}

/// The path of a topology that comes with the program.
pub fn bundled(name: &str) -> String {
    format!("{}/topologies/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

/// Returns whether this build has instances. The feature of this crate does not tell, because other packages may enable
/// it.
pub fn has_instances() -> bool {
    match vimage::kernel::Vnet::new() {
        Ok(_) => true,
        Err(vimage::CreateError::NotVirtualized) => false,
        Err(error) => panic!("{error}"),
    }
}
