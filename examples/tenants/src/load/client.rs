//! One connection to a server, and the server as a process.

use std::error::Error;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// An error of a client.
pub type ClientError = Box<dyn Error + Send + Sync>;

/// A connection that is kept alive.
#[derive(Debug)]
pub struct Client {
    requests: SendRequest<Full<Bytes>>,
    host: String,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    ///
    /// If the server is not there.
    pub async fn connect(server: SocketAddr) -> Result<Self, ClientError> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let (requests, connection) = handshake(TokioIo::new(stream)).await?;
        // Ends with the last request; a request sees the error of the connection.
        tokio::spawn(async move { _ = connection.await });
        Ok(Self { requests, host: server.to_string() })
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    ///
    /// If the connection breaks, or the answer is no text.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: String,
    ) -> Result<(StatusCode, String), ClientError> {
        let request = Request::builder().method(method).uri(path).header(header::HOST, &self.host);
        self.requests.ready().await?;
        let response = self.requests.send_request(request.body(Full::from(body))?).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8(body.into())?))
    }

    /// Gets a path.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn get(&mut self, path: &str) -> Result<(StatusCode, String), ClientError> {
        self.send(Method::GET, path, String::new()).await
    }
}

/// A server that runs as a process of its own, until this is dropped.
#[derive(Debug)]
pub struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts the program on a port of the system's choice.
    ///
    /// # Errors
    ///
    /// If it does not start, or does not say within a minute where it listens.
    pub fn start(program: &Path) -> Result<Self, ClientError> {
        let mut process = Command::new(program).arg("127.0.0.1:0").stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().ok_or("no output")?;
        let (send, line) = mpsc::channel();
        // Ends with the process.
        thread::spawn(move || {
            let mut line = String::new();
            _ = send.send(BufReader::new(output).read_line(&mut line).map(|_| line));
        });
        let line = line.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|error| Err(io::Error::other(error)));
        let mut server = Self { process, address: SocketAddr::from(([0; 4], 0)) };
        server.address = line?.trim().trim_start_matches("http://").trim_end_matches('/').parse()?;
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The kilobytes that it has in memory, where the system has `/proc`.
    pub fn resident(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches("kB").trim().parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
