//! The server on a Unix socket, used as meant and abused.
#![cfg(all(feature = "inspect", unix))]

#[path = "support/inspect_client.rs"]
mod inspect_client;

use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use inspect_client::{Client, serve};
use serde_json::json;
use vimage::inspect::{Builder, Server};
use vimage::prelude::*;

#[vnet_module(symmap)]
mod foo {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
    use vimage::prelude::*;

    /// How packets are treated.
    #[virtualized(sysctl("net.foo.mode", rw, range = 0..=3))]
    static FOO_MODE: AtomicU32 = AtomicU32::new(1);

    #[virtualized(sysctl("net.foo.text", rw))]
    static FOO_TEXT: Mutex<String> = Mutex::new(String::new());

    #[virtualized(sysctl("net.foo.huge", ro, handler = huge))]
    static FOO_HUGE: () = ();

    fn huge(_: &(), _: Option<String>) -> Result<String, String> {
        Ok("x".repeat(5 << 20))
    }

    #[virtualized(sysctl("net.foo.slow", ro, handler = slow))]
    static FOO_SLOW: () = ();

    fn slow(_: &(), _: Option<u8>) -> Result<u8, String> {
        super::ENTERED.fetch_add(1, SeqCst);
        std::thread::sleep(std::time::Duration::from_millis(300));
        super::LEFT.fetch_add(1, SeqCst);
        Ok(0)
    }

    #[virtualized(sysctl("net.foo.large", ro, handler = large))]
    static FOO_LARGE: () = ();

    fn large(_: &(), _: Option<String>) -> Result<String, String> {
        Ok("x".repeat(3 << 20))
    }
}

/// Requests that are being answered, and those that were.
static ENTERED: AtomicUsize = AtomicUsize::new(0);
static LEFT: AtomicUsize = AtomicUsize::new(0);

#[test]
fn it_answers() {
    let (server, _directory) = serve(Builder::writable);
    let mode = std::fs::metadata(server.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut client = Client::of(&server);
    let instances = client.ask(json!({ "op": "instances", "id": 7 }));
    assert_eq!(instances["id"], 7);
    assert!(
        instances["ok"].as_array().unwrap().iter().any(|row| row["class"] == "Net" && row["id"] == 0),
        "{instances}"
    );
    let modules = client.ask(json!({ "op": "modules" }));
    assert!(modules["ok"].as_array().unwrap().iter().any(|row| row["module"] == "foo"), "{modules}");
    assert_eq!(client.ask(json!({ "op": "get", "name": "net.foo.mode" }))["ok"], 1);
    let set = client.ask(json!({ "op": "set", "name": "net.foo.mode", "value": "2" }));
    assert_eq!(set["ok"], json!({ "old": 1, "new": 2 }));
    assert_eq!(client.ask(json!({ "op": "set", "name": "net.foo.mode", "value": 1 }))["ok"]["new"], 1);
    let list = client.ask(json!({ "op": "list", "prefix": "net.foo.mode" }));
    let expected = json!([{
        "name": "net.foo.mode", "qualified_name": "net.foo.mode", "class": "Net", "module": "foo", "path": "inspect::foo",
        "kind": "integer", "writable": true, "tunable": false, "value": 1,
    }]);
    assert_eq!(list["ok"], expected);
    assert_eq!(
        client.ask(json!({ "op": "describe", "name": "net.foo.mode" }))["ok"]["text"],
        "How packets are treated."
    );
    let symbols = client.ask(json!({ "op": "symbols" }));
    assert!(
        symbols["ok"].as_array().unwrap().iter().any(|row| row["name"] == "foo_mode" && row["size"] == 4),
        "{symbols}"
    );
    if let Ok(red) = Vnet::builder().name("red").create() {
        vimage::sysctl::of(&red).set("net.foo.mode", 3).unwrap();
        assert_eq!(client.ask(json!({ "op": "get", "name": "net.foo.mode", "instance": "red" }))["ok"], 3);
        assert_eq!(client.ask(json!({ "op": "get", "name": "net.foo.mode", "instance": red.id() }))["ok"], 3);
        assert_eq!(client.ask(json!({ "op": "get", "name": "net.foo.mode" }))["ok"], 1);
        red.destroy_within(Duration::from_secs(10)).unwrap();
    }
}

#[test]
fn a_name_without_a_class_means_the_instances_of_a_vimage() {
    let (server, _directory) = serve(Builder::writable);
    let mut client = Client::of(&server);
    let both = Vimage::builder().fresh::<vimage::kernel::Net>().fresh::<vimage::kernel::Cpu>().name("both").create();
    if let Ok(both) = both {
        let set = json!({ "op": "set", "name": "net.foo.mode", "value": 2, "instance": "both" });
        assert_eq!(client.ok(set)["new"], 2);
        assert_eq!(vimage::sysctl::of(&both).get_as::<u32>("net.foo.mode").unwrap(), 2);
        let in_cpu = json!({ "op": "get", "name": "net.foo.mode", "instance": "both", "class": "Cpu" });
        assert_eq!(client.kind(in_cpu), "wrong_class");
        let elsewhere = json!({ "op": "get", "name": "net.foo.mode", "instance": "both", "class": "Procg" });
        assert_eq!(client.kind(elsewhere), "no_instance");
        assert!(!client.ok(json!({ "op": "symbols", "instance": "both" })).as_array().unwrap().is_empty());
        // The server may still hold it for a moment after it has answered.
        both.destroy_within(Duration::from_secs(10)).unwrap();
    }
}

#[test]
fn what_is_wrong_is_told() {
    let (server, _directory) = serve(|builder| builder);
    let mut client = Client::of(&server);
    assert_eq!(client.kind(json!({ "op": "set", "name": "net.foo.mode", "value": 2 })), "read_only_server");
    assert_eq!(client.kind(json!({ "op": "get", "name": "net.foo.mod" })), "unknown");
    assert_eq!(client.kind(json!({ "op": "get", "name": "net.foo.mode", "instance": "nobody" })), "no_instance");
    assert_eq!(client.kind(json!({ "op": "get", "name": "net.foo.mode", "class": "Nothing" })), "unknown_class");
    assert_eq!(client.kind(json!({ "op": "get", "name": "net.foo.mode", "class": "Cpu" })), "wrong_class");
    assert_eq!(client.kind(json!({ "op": "get" })), "malformed");
    assert_eq!(client.kind(json!({ "op": "dance" })), "malformed");
    assert_eq!(client.kind(json!([1, 2])), "malformed");
    assert_eq!(client.kind(json!({ "op": "get", "name": "net.foo.huge" })), "too_large");
    let (server, _directory) = serve(Builder::writable);
    let mut client = Client::of(&server);
    assert_eq!(client.kind(json!({ "op": "set", "name": "net.foo.mode", "value": 4 })), "out_of_range");
    assert_eq!(client.kind(json!({ "op": "set", "name": "net.foo.mode", "value": null })), "malformed");
    assert_eq!(client.kind(json!({ "op": "set", "name": "net.foo.mode", "value": [1] })), "malformed");
}

#[test]
fn garbage_gets_an_error_and_the_connection_lives_on() {
    let (server, _directory) = serve(|builder| builder);
    let mut bystander = Client::of(&server);
    let mut client = Client::of(&server);
    let deep = "[".repeat(60_000) + "\n";
    for garbage in [&b"garbage\n"[..], b"\xff\xfe\x00\n", b"{\n", b"\"\n", b"{\"op\":\n", deep.as_bytes()] {
        client.send(garbage);
        assert_eq!(client.reply()["error"]["kind"], "malformed");
    }
    // Ten times the limit, in one line.
    client.send(&b"x".repeat(640 << 10));
    client.send(b"\n");
    assert_eq!(client.reply()["error"]["kind"], "too_long");
    client.send(b"\n \n");
    assert!(client.ask(json!({ "op": "instances" }))["ok"].is_array(), "empty lines are no requests");
    // Several at once, and one in pieces.
    client.send(b"{\"op\":\"modules\"}\n{\"op\":\"modules\"}\n{\"op\":");
    assert!(client.reply()["ok"].is_array() && client.reply()["ok"].is_array());
    std::thread::sleep(Duration::from_millis(20));
    client.send(b"\"instances\"}\n");
    assert!(client.reply()["ok"].is_array());
    assert!(bystander.ask(json!({ "op": "instances" }))["ok"].is_array());
}

#[test]
fn slow_clients_lose_their_connection_and_nobody_else_does() {
    let (server, _directory) = serve(|builder| builder.request_timeout(Duration::from_millis(200)));
    let mut bystander = Client::of(&server);
    let mut partial = Client::of(&server);
    partial.send(b"{\"op\":");
    // One byte at a time does not prolong it.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(400) {
        _ = partial.0.get_mut().write_all(b" ");
        std::thread::sleep(Duration::from_millis(10));
        assert!(bystander.ask(json!({ "op": "modules" }))["ok"].is_array());
    }
    assert_eq!(partial.reply()["error"]["kind"], "timeout");
    assert!(partial.is_closed());
    let mut reader = Client::of(&server);
    reader.send(b"{\"op\":\"get\",\"name\":\"net.foo.large\"}\n");
    // It has begun to come.
    reader.0.read_exact(&mut [0]).unwrap();
    std::thread::sleep(Duration::from_millis(600));
    let mut taken = Vec::new();
    _ = reader.0.read_to_end(&mut taken);
    assert!(taken.len() < 3 << 20, "the rest was given up after its time");
    assert!(bystander.ask(json!({ "op": "modules" }))["ok"].is_array());
}

/// Resident memory, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[cfg(target_os = "linux")]
#[test]
fn a_thousand_connections_at_once_are_answered_in_bounded_memory() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    // Both ends are in this process, which a usual limit of 1,024 files does not allow.
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let count = 1000;
    assert!(limit.maximum.is_none_or(|most| most > 2 * count + 100), "no process may open that many files here");
    let (server, _directory) = serve(|builder| builder.request_timeout(Duration::from_secs(60)));
    let before = resident();
    let mut clients: Vec<Client> = (0..count).map(|_| Client::of(&server)).collect();
    for (index, client) in clients.iter_mut().enumerate() {
        match index % 4 {
            // These never take their replies, which would be 750 MB together, and more while they are made.
            0 => client.send(b"{\"op\":\"get\",\"name\":\"net.foo.large\"}\n"),
            1 => client.send(b"{\"op\":"),
            _ => client.send(b"{\"op\":\"modules\"}\n"),
        }
    }
    for (_, client) in clients.iter_mut().enumerate().filter(|(index, _)| index % 4 >= 2) {
        assert!(client.reply()["ok"].is_array());
    }
    let mut late = Client::of(&server);
    assert!(late.ask(json!({ "op": "instances" }))["ok"].is_array());
    let grown = resident().saturating_sub(before);
    assert!(grown < 450 << 20, "{} MiB", grown >> 20);
}

#[test]
fn one_connection_too_many_is_told_so() {
    let (server, _directory) = serve(|builder| builder.max_connections(2));
    let mut two = [Client::of(&server), Client::of(&server)];
    assert!(two.iter_mut().all(|client| client.ask(json!({ "op": "modules" }))["ok"].is_array()));
    let mut third = Client::of(&server);
    assert_eq!(third.reply()["error"]["kind"], "busy");
    drop(two);
    let mut answered = false;
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(10));
        let mut client = Client::of(&server);
        _ = client.0.get_mut().write_all(b"{\"op\":\"modules\"}\n");
        answered = client.reply()["ok"].is_array();
        if answered {
            break;
        }
    }
    assert!(answered, "there is room again");
}

#[test]
fn paths_are_taken_over_only_from_the_dead() {
    let (server, directory) = serve(|builder| builder);
    let taken = Server::builder(server.path()).start().unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AddrInUse);
    let path: PathBuf = server.path().to_owned();
    let mut client = Client::of(&server);
    drop(server);
    assert!(!path.exists() && client.is_closed());
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "a socket that nobody listens at");
    drop(Server::builder(&path).start().unwrap());
    let file = directory.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    assert_eq!(Server::builder(&file).start().unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    let left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["file"]);
}

#[test]
fn the_end_of_a_server_waits_for_requests_and_answers_no_more() {
    let (server, _directory) = serve(|builder| builder);
    let mut clients: Vec<_> = (0..12).map(|_| Client::of(&server)).collect();
    for client in &mut clients {
        client.send(b"{\"op\":\"get\",\"name\":\"net.foo.slow\"}\n");
    }
    while ENTERED.load(SeqCst) == 0 {
        std::thread::yield_now();
    }
    drop(server);
    let answered = LEFT.load(SeqCst);
    assert!(answered > 0 && answered == ENTERED.load(SeqCst), "none is under way");
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(ENTERED.load(SeqCst), answered, "and none follows");
}

#[vnet_module]
mod tools {
    use std::sync::Mutex;
    use vimage::inspect::Server;
    use vimage::prelude::*;

    #[virtualized]
    pub static SERVER: Mutex<Option<Server>> = Mutex::new(None);

    #[detach]
    fn stop() {
        drop(V_SERVER.lock().unwrap().take());
    }
}

#[test]
fn a_request_may_be_the_last_to_hold_what_the_server_is_kept_in() {
    let Ok(vnet) = Vnet::new() else { return };
    let (server, _directory) = serve(|builder| builder);
    let mut client = Client::of(&server);
    let path = server.path().to_owned();
    *tools::V_SERVER.of(&vnet).lock().unwrap() = Some(server);
    let entered = ENTERED.load(SeqCst);
    client.send(format!("{}\n", json!({ "op": "get", "name": "net.foo.slow", "instance": vnet.id() })).as_bytes());
    while ENTERED.load(SeqCst) == entered {
        std::thread::yield_now();
    }
    // The thread that answers ends the instance, and with it its own server.
    drop(vnet);
    let begun = Instant::now();
    while path.exists() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the server is still there");
        std::thread::sleep(Duration::from_millis(10));
    }
}
