//! What the server answers.

use std::error::Error;
use std::io::{Cursor, Read};

use serde_json::{Map, Value, json};
use tiny_http::{Header, Method, Request, Response};
use vimage::symmap::{self, Symbol};

use crate::cli::args::What;
use crate::cli::commands::{netstat, sysctl};
use crate::cli::picture::svg;
use crate::lab::address::address;
use crate::lab::live::{Change, Session};
use crate::lab::network::Network;
use crate::lab::topology::Topology;

const PAGE: &str = include_str!("page.html");
/// A page of another origin cannot send this header, unless we allowed it.
const GUARD: &str = "X-Netlab";
const LONGEST_BODY: u64 = 4096;

/// What does not change while the server runs.
pub struct Answers<'n> {
    pub topology: &'n Topology,
    pub network: &'n Network,
    pub traffic: &'n str,
    pub port: u16,
}

type Answer = Response<Cursor<Vec<u8>>>;

/// A refusal: its status and the reason.
struct Refusal(u16, String);

impl<E: Error> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(400, error.to_string())
    }
}

/// Answers a request. Whoever asked may be gone, which is no error.
pub fn answer(answers: &mut Answers<'_>, session: &mut Session<'_>, mut request: Request) {
    let answer = answers.to(session, &mut request).unwrap_or_else(|Refusal(status, reason)| {
        with_type(reason.into_bytes(), "text/plain; charset=utf-8").with_status_code(status)
    });
    _ = request.respond(answer);
}

fn with_type(body: Vec<u8>, content_type: &str) -> Answer {
    let header = |name: &str, value: &str| Header::from_bytes(name, value).expect("the header is ASCII");
    // The page loads nothing from elsewhere, whatever is in the names of a topology.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'";
    Response::from_data(body)
        .with_header(header("Content-Type", content_type))
        .with_header(header("Content-Security-Policy", policy))
        .with_header(header("Cache-Control", "no-store"))
}

fn as_json(value: &Value) -> Answer {
    with_type(value.to_string().into_bytes(), "application/json")
}

fn header<'r>(request: &'r Request, name: &'static str) -> Option<&'r str> {
    request.headers().iter().find(|header| header.field.equiv(name)).map(|header| header.value.as_str())
}

impl Answers<'_> {
    fn to(&self, session: &mut Session<'_>, request: &mut Request) -> Result<Answer, Refusal> {
        // A name of somebody else that leads to this address is not this server.
        let hosts = [format!("127.0.0.1:{}", self.port), format!("localhost:{}", self.port)];
        if !header(request, "Host").is_some_and(|host| hosts.iter().any(|own| own == host)) {
            return Err(Refusal(403, "this server is for this host only".to_owned()));
        }
        let path = request.url().to_owned();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (request.method(), &parts[..]) {
            (Method::Get, [""]) => Ok(with_type(self.page().into_bytes(), "text/html; charset=utf-8")),
            (Method::Get, ["state"]) => {
                let running = session.look();
                let colors = running.links.iter().map(|link| [svg::color(link.loads.0), svg::color(link.loads.1)]);
                let colors: Vec<[String; 2]> = colors.collect();
                Ok(as_json(&json!({"running": running, "colors": colors})))
            }
            (Method::Get, ["node", node]) => Ok(as_json(&self.node(index(node, self.topology.nodes.len())?)?)),
            (Method::Post, ["link", link]) => {
                let link = index(link, self.topology.edges.len())?;
                let change = match body(request)?.as_str() {
                    "up" => Change::Up,
                    "down" => Change::Down,
                    "cut" => Change::Cut,
                    other => return Err(Refusal(400, format!("`{other}` is none of up, down and cut"))),
                };
                session.change(link, change);
                Ok(as_json(&json!({})))
            }
            (Method::Post, ["node", node, "sysctl"]) => {
                let node = index(node, self.topology.nodes.len())?;
                let assignment = body(request)?;
                if !assignment.contains('=') {
                    return Err(Refusal(400, "write NAME=VALUE".to_owned()));
                }
                let report = sysctl::sysctl(self.network, node, &[assignment]);
                report.map(|report| as_json(&report.json)).map_err(|error| Refusal(400, error.to_string()))
            }
            _ => Err(Refusal(404, format!("there is no {path}"))),
        }
    }

    fn page(&self) -> String {
        let topology = self.topology;
        let map = svg::map(topology, &vec![(0.0, 0.0); topology.edges.len()], self.traffic);
        let links = topology.edges.iter().map(|edge| [edge.source, edge.target].map(|node| &topology.nodes[node].name));
        let names = json!({
            "nodes": topology.nodes.iter().map(|node| &node.name).collect::<Vec<_>>(),
            "links": links.collect::<Vec<_>>(),
        });
        // No name may end the script.
        let names = names.to_string().replace('<', "\\u003c");
        let title = svg::escaped(&topology.name);
        PAGE.replace("{title}", &title).replace("{map}", &map).replace("{names}", &names)
    }

    /// What netstat and sysctl show of a node, and the variables that it lets others read.
    fn node(&self, node: usize) -> Result<Value, Refusal> {
        let table = |what: What| netstat::netstat(self.topology, self.network, node, &what).json;
        let none = What { routes: false, interfaces: false, statistics: false };
        let interfaces = table(What { interfaces: true, ..none });
        let routes = table(What { routes: true, ..none });
        let sysctls = sysctl::sysctl(self.network, node, &[]).map_err(|error| Refusal(500, error.to_string()))?.json;
        let about = |name: &String| (name.clone(), json!(vimage::sysctl::describe(name).map(|about| about.text).ok()));
        let about: Map<String, Value> = sysctls.as_object().into_iter().flat_map(Map::keys).map(about).collect();
        let symbols: Map<String, Value> = symmap::symbols(&self.network.vnets()[node])?.iter().map(symbol).collect();
        Ok(json!({
            "name": self.topology.nodes[node].name,
            "address": address(node),
            "interfaces": interfaces["interfaces"],
            "routes": routes["routes"],
            "statistics": table(What { statistics: true, ..none }),
            "sysctls": sysctls,
            "about": about,
            "symbols": symbols,
        }))
    }
}

/// A variable with its value, or else with its type.
fn symbol(symbol: &Symbol<'_>) -> (String, Value) {
    use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
    let value = symbol
        .get::<AtomicU64>()
        .map(|value| json!(value.load(Relaxed)))
        .or_else(|| symbol.get::<AtomicU32>().map(|value| json!(value.load(Relaxed))))
        .unwrap_or_else(|| json!(symbol.type_name()));
    (format!("{}::{}", symbol.module(), symbol.name()), value)
}

fn index(text: &str, count: usize) -> Result<usize, Refusal> {
    let index = text.parse().ok().filter(|index| *index < count);
    index.ok_or_else(|| Refusal(404, format!("`{text}` is not a number below {count}")))
}

/// The body of a request that changes something.
fn body(request: &mut Request) -> Result<String, Refusal> {
    if header(request, GUARD).is_none() {
        return Err(Refusal(403, format!("the request has no header {GUARD}")));
    }
    let mut text = String::new();
    request.as_reader().take(LONGEST_BODY).read_to_string(&mut text)?;
    Ok(text)
}
