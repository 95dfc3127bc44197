//! The server of `netlab serve`, asked over HTTP.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use common::{has_instances, netlab};
use serde_json::{Value, json};

/// Nothing here takes a tenth of it, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// A server, which ends with the test.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Server {
    fn start(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netlab"));
        command.args(["serve", "--port", "0", "--json"]).args(args).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut server = Self { child: command.spawn().unwrap(), port: 0 };
        let output = server.child.stdout.take().unwrap();
        let (sender, line) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            _ = BufReader::new(output).read_line(&mut line);
            sender.send(line)
        });
        let line = line.recv_timeout(LIMIT).expect("the server starts");
        let line: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let url = line["url"].as_str().unwrap();
        server.port = url.trim_end_matches('/').rsplit_once(':').unwrap().1.parse().unwrap();
        server
    }

    /// Sends a request with these headers; returns the status, the headers and the body.
    fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.0\r\n{headers}Content-Length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
        (status, head.to_owned(), body.to_owned())
    }

    fn host(&self) -> String {
        format!("Host: 127.0.0.1:{}\r\n", self.port)
    }

    fn get(&self, path: &str) -> Value {
        let (status, _, body) = self.request("GET", path, &self.host(), "");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    fn post(&self, path: &str, body: &str) -> (u16, String) {
        let (status, _, body) = self.request("POST", path, &format!("{}X-Netlab: 1\r\n", self.host()), body);
        (status, body)
    }

    /// Asks for the state until it is as expected.
    #[track_caller]
    fn wait_for(&self, expected: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + LIMIT;
        loop {
            let state = self.get("/state")["running"].take();
            if expected(&state) {
                return state;
            }
            assert!(Instant::now() < end, "never so: {state}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

/// The link between Denver and Kansas City, and Denver.
const LINK: usize = 9;
const DENVER: usize = 6;

#[test]
fn links_are_taken_down_and_nodes_looked_into() {
    if !has_instances() {
        return;
    }
    let server = Server::start(&["--rate", "1k", "--speed", "20"]);
    let (status, head, page) = server.request("GET", "/", &server.host(), "");
    assert_eq!(status, 200);
    assert!(head.contains("default-src 'none'"), "{head}");
    assert!(page.contains("<svg") && page.contains("Kansas City") && !page.contains("{map}"), "{page}");
    assert!(!page.contains("src=") && !page.contains("href="), "the page loads something: {page}");

    let loads = |state: &Value| number(&state["links"][LINK]["rates"][0]);
    let state = server.wait_for(|state| number(&state["delivered"]) > 500.0 && loads(state) > 0.0);
    assert_eq!(state["links"].as_array().unwrap().len(), 14);
    assert!(number(&state["routes_changed"]) < 0.0, "{state}");
    assert_eq!(state["links"][LINK]["state"], "up");

    // The interface of the node shows it, the traffic goes elsewhere, and the routers notice.
    assert_eq!(server.post(&format!("/link/{LINK}"), "down"), (200, "{}".to_owned()));
    let down = |state: &Value| loads(state) == 0.0 && number(&state["routes_changed"]) > 0.0;
    let state = server.wait_for(down);
    assert_eq!(state["links"][LINK]["state"], "down");
    let denver = || server.get(&format!("/node/{DENVER}"));
    let to_kansas_city = |node: &Value| {
        let interfaces = node["interfaces"].as_array().unwrap();
        interfaces.iter().find(|interface| interface["to"] == "Kansas City").unwrap()["up"].clone()
    };
    let node = denver();
    assert_eq!((&node["name"], to_kansas_city(&node)), (&json!("Denver"), json!(false)));
    assert_eq!(node["routes"].as_array().unwrap().len(), 10);
    assert!(number(&node["symbols"]["inet::ip_received"]) > 0.0, "{node}");
    assert!(number(&node["statistics"]["ip"]["forwarded"]) > 0.0, "{node}");
    server.post(&format!("/link/{LINK}"), "up");
    server.wait_for(|state| loads(state) > 0.0);
    assert_eq!(to_kansas_city(&denver()), true);

    // Variables are set in one node only, and checked.
    let ttl = "net.inet.ip.ttl";
    let set = |value: &str| server.post(&format!("/node/{DENVER}/sysctl"), &format!("{ttl}={value}"));
    assert_eq!(set("33"), (200, json!({ttl: 33}).to_string()));
    let (status, reason) = set("0");
    assert!(status == 400 && reason.contains("1..=255"), "{reason}");
    assert_eq!(denver()["sysctls"][ttl], 33);
    assert_eq!(server.get("/node/0")["sysctls"][ttl], 64);
}

#[test]
fn others_are_refused() {
    if !has_instances() {
        return;
    }
    let server = Server::start(&["--rate", "100"]);
    let (host, link) = (server.host(), format!("/link/{LINK}"));
    let evil = format!("Host: evil.example:{}\r\nX-Netlab: 1\r\n", server.port);
    for (method, path, headers, body, expected) in [
        ("GET", "/state", "", "", 403),
        ("GET", "/state", evil.as_str(), "", 403),
        ("POST", &link, &evil, "down", 403),
        ("POST", &link, &host, "down", 403),
        ("GET", &link, &host, "", 404),
        ("GET", "/node/11", &host, "", 404),
        ("GET", "/node/x", &host, "", 404),
        ("GET", "/../Cargo.toml", &host, "", 404),
    ] {
        let (status, _, answer) = server.request(method, path, headers, body);
        assert_eq!(status, expected, "{method} {path} {headers}: {answer}");
    }
    assert_eq!(server.post(&link, "sideways").0, 400);
    assert_eq!(server.post("/node/0/sysctl", "net.inet.ip.ttl").0, 400);
    assert_eq!(server.get("/state")["running"]["links"][LINK]["state"], "up");
    // The port is taken.
    let ran = netlab(&["serve", "--port", &server.port.to_string()]);
    assert!(ran.code == 2 && ran.err.contains("cannot listen on port"), "{ran:?}");
}
