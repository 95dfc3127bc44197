//! The other end of the socket.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::Value;

/// More than the server ever sends, so that a stranger's endless line ends.
const REPLY: u64 = 8 << 20;

#[derive(Debug)]
pub(crate) enum Error {
    NoSocket,
    Connect(String, io::Error),
    /// The server said no.
    Refused {
        kind: String,
        message: String,
    },
    /// It is no such server.
    Protocol(String),
    Connection(io::Error),
    Output(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSocket => f.write_str("say which program: `--socket PATH`, or the variable VIMAGE_SOCKET"),
            Self::Connect(path, error) => write!(f, "{path}: {error}"),
            Self::Refused { message, .. } => f.write_str(message),
            Self::Protocol(line) => write!(f, "this is no reply of an inspect server: {line:.200}"),
            Self::Connection(error) => write!(f, "the connection is lost: {error}"),
            Self::Output(error) => error.fmt(f),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Client(BufReader<UnixStream>);

impl Client {
    pub(crate) fn connect(path: Option<&Path>) -> Result<Self, Error> {
        let path = path.ok_or(Error::NoSocket)?;
        let stream = UnixStream::connect(path).map_err(|error| Error::Connect(path.display().to_string(), error))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// One request, and what is in the reply to it.
    pub(crate) fn ask(&mut self, request: Value) -> Result<Value, Error> {
        let mut line = request.to_string();
        line.push('\n');
        self.0.get_mut().write_all(line.as_bytes()).map_err(Error::Connection)?;
        line.clear();
        let length = self.0.by_ref().take(REPLY).read_line(&mut line).map_err(Error::Connection)?;
        if length == 0 {
            return Err(Error::Connection(io::ErrorKind::UnexpectedEof.into()));
        }
        let mut reply: Value = serde_json::from_str(&line).map_err(|_| Error::Protocol(line.clone()))?;
        if let Some(ok) = reply.get_mut("ok") {
            return Ok(ok.take());
        }
        let text = |member: &str| reply["error"][member].as_str().map(str::to_owned);
        match (text("kind"), text("message")) {
            (Some(kind), Some(message)) => Err(Error::Refused { kind, message }),
            _ => Err(Error::Protocol(line)),
        }
    }
}
