//! The connection to the server.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

/// The longest reply: more than the server sends, so that the endless line of another program ends.
const REPLY: u64 = 8 << 20;

#[derive(Debug)]
pub(crate) enum Error {
    NoSocket,
    Connect(String, io::Error),
    /// The reply is an error.
    Refused {
        kind: String,
        message: String,
    },
    /// The reply is not one of an inspect server.
    Protocol(String),
    Connection(io::Error),
    /// There was no reply in time.
    Timeout(Duration),
    Output(io::Error),
    /// A command that reads memory, without a process or core file.
    NoProcess,
    /// The memory of a process or core file cannot be read.
    Outside(vimage_inspect::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSocket => f.write_str("no socket: give `--socket PATH`, or set VIMAGE_SOCKET; a process without a server is read with `-p PID`"),
            Self::Connect(path, error) => write!(f, "{path}: {error}"),
            Self::Refused { message, .. } => f.write_str(message),
            Self::Protocol(line) => write!(f, "not a reply of an inspect server: {line:.200}"),
            Self::Connection(error) => write!(f, "connection lost: {error}"),
            Self::Timeout(time) => write!(f, "no reply within {time:?}"),
            Self::Output(error) => error.fmt(f),
            Self::NoProcess => f.write_str("this reads the memory of a program: give `-p PID` or `-c CORE` in front of it"),
            Self::Outside(error) => error.fmt(f),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Client {
    stream: BufReader<UnixStream>,
    timeout: Duration,
}

impl Client {
    pub(crate) fn connect(path: Option<&Path>, timeout: Duration) -> Result<Self, Error> {
        let path = path.ok_or(Error::NoSocket)?;
        let stream = UnixStream::connect(path).map_err(|error| Error::Connect(path.display().to_string(), error))?;
        let bounded = stream.set_read_timeout(Some(timeout)).and_then(|()| stream.set_write_timeout(Some(timeout)));
        bounded.map_err(Error::Connection)?;
        Ok(Self { stream: BufReader::new(stream), timeout })
    }

    /// A page of rows, and the key of the next page if there is one.
    pub(crate) fn page(&mut self, request: &Value) -> Result<(Vec<Value>, Option<Value>), Error> {
        let mut reply = self.reply(request)?;
        let next = reply.get_mut("next").map(Value::take);
        match reply["ok"].take() {
            // A server that repeats a page: this would never end.
            _ if next.as_ref().is_some_and(|next| *next == request["after"]) => Err(Error::Protocol(reply.to_string())),
            Value::Array(rows) => Ok((rows, next)),
            _ => Err(Error::Protocol(reply.to_string())),
        }
    }

    /// All rows of all pages.
    pub(crate) fn rows(&mut self, mut request: Value) -> Result<Vec<Value>, Error> {
        let (mut rows, mut next) = self.page(&request)?;
        while let Some(after) = next.take() {
            request["after"] = after;
            let (more, then) = self.page(&request)?;
            rows.extend(more);
            next = then;
        }
        Ok(rows)
    }

    /// The `ok` of the reply to a request.
    pub(crate) fn ask(&mut self, request: &Value) -> Result<Value, Error> {
        Ok(self.reply(request)?["ok"].take())
    }

    /// Sends a request and reads the reply; an error if that has no `ok`.
    fn reply(&mut self, request: &Value) -> Result<Value, Error> {
        let mut line = request.to_string();
        line.push('\n');
        self.stream.get_mut().write_all(line.as_bytes()).map_err(|error| self.lost(error))?;
        line.clear();
        let read = self.stream.by_ref().take(REPLY).read_line(&mut line);
        match read {
            Ok(0) => return Err(Error::Connection(io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => {}
            Err(error) => return Err(self.lost(error)),
        }
        let reply: Value = serde_json::from_str(&line).map_err(|_| Error::Protocol(line.clone()))?;
        if reply.get("ok").is_some() {
            return Ok(reply);
        }
        let text = |member: &str| reply["error"][member].as_str().map(str::to_owned);
        match (text("kind"), text("message")) {
            (Some(kind), Some(message)) => Err(Error::Refused { kind, message }),
            _ => Err(Error::Protocol(line)),
        }
    }

    fn lost(&self, error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Timeout(self.timeout),
            _ => Error::Connection(error),
        }
    }
}
