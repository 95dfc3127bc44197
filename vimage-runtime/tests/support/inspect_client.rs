//! A client of the inspect server, for the tests of it.
#![allow(dead_code, reason = "each test file uses what it needs")]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::Value;
use vimage::inspect::{Builder, Server};

pub fn serve(settings: impl FnOnce(Builder) -> Builder) -> (Server, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let server = settings(Server::builder(directory.path().join("s"))).start().unwrap();
    (server, directory)
}

pub struct Client(pub BufReader<UnixStream>);

impl Client {
    pub fn of(server: &Server) -> Self {
        let stream = UnixStream::connect(server.path()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        Self(BufReader::new(stream))
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    pub fn reply(&mut self) -> Value {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    pub fn ask(&mut self, request: Value) -> Value {
        self.send(format!("{request}\n").as_bytes());
        self.reply()
    }

    pub fn ok(&mut self, request: Value) -> Value {
        let mut reply = self.ask(request);
        assert!(reply.get("ok").is_some(), "{reply}");
        reply["ok"].take()
    }

    pub fn kind(&mut self, request: Value) -> String {
        self.ask(request)["error"]["kind"].as_str().unwrap().to_owned()
    }

    pub fn is_closed(&mut self) -> bool {
        match self.0.read(&mut [0]) {
            Ok(length) => length == 0,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }
}
