//! A program with a server, which is this one, and the tool.
#![allow(dead_code, reason = "each test file uses what it needs")]

use std::process::{Command, Output};

use vimage::inspect::{Builder, Server};

/// The tool, which knows of no program.
pub fn vimagectl() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vimagectl"));
    command.env_remove("VIMAGE_SOCKET");
    command
}

pub struct Program {
    pub server: Server,
    _directory: tempfile::TempDir,
}

impl Program {
    pub fn start() -> Self {
        Self::with(Builder::writable)
    }

    pub fn with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = settings(Server::builder(directory.path().join("s"))).start().unwrap();
        Self { server, _directory: directory }
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        vimagectl().arg("--socket").arg(self.server.path()).args(arguments).output().unwrap()
    }

    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn error(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}
