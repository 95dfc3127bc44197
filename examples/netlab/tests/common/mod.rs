//! Runs the program like a user.

#![allow(dead_code, reason = "each test file takes what it needs")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

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

pub fn netlab(args: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_netlab")).args(args).output().expect("the program runs");
    Ran {
        code: output.status.code().expect("it is not killed"),
        out: String::from_utf8(output.stdout).expect("it writes UTF-8"),
        err: String::from_utf8(output.stderr).expect("it writes UTF-8"),
    }
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
