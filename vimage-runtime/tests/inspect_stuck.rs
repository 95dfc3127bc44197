//! The server while the program holds locks or a handler does not return, and requests for names that do not exist.
#![cfg(all(feature = "inspect", unix))]

#[path = "support/inspect_client.rs"]
mod inspect_client;

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, RwLock};
use std::time::Duration;

use inspect_client::{Client, serve};
use serde_json::json;
use vimage::inspect::{Builder, Server};
use vimage::prelude::*;

#[vnet_module(symmap)]
mod foo {
    use std::sync::atomic::Ordering::SeqCst;
    use std::sync::{Mutex, PoisonError, RwLock};
    use vimage::prelude::*;

    #[virtualized(sysctl("net.foo.locked", rw))]
    pub static FOO_LOCKED: Mutex<u32> = Mutex::new(1);

    #[virtualized(sysctl("net.foo.shared", rw))]
    pub static FOO_SHARED: RwLock<u32> = RwLock::new(1);

    /// Does not come back while the test does not want it to.
    #[virtualized(sysctl("net.foo.stuck", ro, handler = stuck))]
    static FOO_STUCK: () = ();

    fn stuck(_: &(), _: Option<u8>) -> Result<u8, String> {
        super::ENTERED.fetch_add(1, SeqCst);
        drop(super::GATE.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(0)
    }

    /// Can be set, but not read.
    #[virtualized(sysctl("net.foo.secret", rw, handler = secret))]
    static FOO_SECRET: Mutex<u8> = Mutex::new(0);

    fn secret(value: &Mutex<u8>, new: Option<u8>) -> Result<u8, String> {
        let new = new.ok_or("nobody may read it")?;
        *value.lock().unwrap() = new;
        Ok(new)
    }
}

static GATE: Mutex<()> = Mutex::new(());
static ENTERED: AtomicUsize = AtomicUsize::new(0);

#[vimage::test]
fn a_lock_that_the_program_holds_is_an_error_and_stops_nobody() {
    let (server, _directory) = serve(Builder::writable);
    let base = Vnet::base().unwrap();
    base.enter(|| {
        foo::V_FOO_LOCKED.with_current(|locked: &Mutex<u32>| {
            foo::V_FOO_SHARED.with_current(|shared: &RwLock<u32>| {
                let held = (locked.lock().unwrap(), shared.write().unwrap());
                let mut clients: Vec<_> = (0..8).map(|_| Client::of(&server)).collect();
                for client in &mut clients {
                    client.send(b"{\"op\":\"get\",\"name\":\"net.foo.locked\"}\n");
                }
                let mut other = Client::of(&server);
                assert!(other.ok(json!({ "op": "instances" })).is_array());
                let names = other.ok(json!({ "op": "list", "show": "names" }));
                assert!(names.as_array().unwrap().iter().any(|row| row["name"] == "net.foo.locked"));
                for client in &mut clients {
                    assert_eq!(client.reply()["error"]["kind"], "locked");
                }
                assert_eq!(other.kind(json!({ "op": "get", "name": "net.foo.shared" })), "locked");
                assert_eq!(other.kind(json!({ "op": "set", "name": "net.foo.shared", "value": 2 })), "locked");
                let rows = other.ok(json!({ "op": "list", "prefix": "net.foo.locked" }));
                assert_eq!(rows[0]["error"]["kind"], "locked");
                drop(held);
            });
        });
    });
    let mut client = Client::of(&server);
    assert_eq!(client.ok(json!({ "op": "get", "name": "net.foo.shared" })), 1, "nothing was set");
    assert_eq!(client.ok(json!({ "op": "set", "name": "net.foo.locked", "value": 2 })), json!({ "old": 1, "new": 2 }));
    client.ok(json!({ "op": "set", "name": "net.foo.locked", "value": 1 }));
}

#[test]
fn handlers_that_do_not_return_leave_what_needs_none() {
    let (server, _directory) = serve(|builder| builder.request_timeout(Duration::from_millis(500)));
    let mut other = Client::of(&server);
    // Boots, which brief requests would wait for.
    other.ok(json!({ "op": "modules" }));
    let gate = GATE.lock().unwrap();
    let mut clients: Vec<_> = (0..8).map(|_| Client::of(&server)).collect();
    for client in &mut clients {
        client.send(b"{\"op\":\"get\",\"name\":\"net.foo.stuck\"}\n");
    }
    while ENTERED.load(SeqCst) < 8 {
        std::thread::yield_now();
    }
    for _ in 0..3 {
        assert!(other.ok(json!({ "op": "instances" })).is_array());
        assert!(other.ok(json!({ "op": "modules" })).is_array());
        assert!(other.ok(json!({ "op": "symbols" })).is_array());
        assert!(other.ok(json!({ "op": "list", "show": "descriptions" })).is_array());
        assert_eq!(other.ok(json!({ "op": "describe", "name": "net.foo.locked" }))["type_name"], "u32");
    }
    assert_eq!(other.kind(json!({ "op": "get", "name": "net.foo.locked" })), "busy", "all turns are taken");
    drop(gate);
    for client in &mut clients {
        assert_eq!(client.reply()["ok"], 0);
    }
    assert_eq!(other.ok(json!({ "op": "get", "name": "net.foo.stuck" })), 0);
}

#[test]
fn what_was_set_is_no_error_though_it_cannot_be_read() {
    let (server, _directory) = serve(Builder::writable);
    let mut client = Client::of(&server);
    assert_eq!(client.kind(json!({ "op": "get", "name": "net.foo.secret" })), "refused");
    assert_eq!(client.ok(json!({ "op": "set", "name": "net.foo.secret", "value": 7 })), json!({}));
    assert_eq!(client.kind(json!({ "op": "set", "name": "net.foo.secret", "value": 256 })), "out_of_range");
}

#[test]
fn a_silent_connection_is_closed_and_others_are_served() {
    let (server, _directory) = serve(|builder| builder.idle_timeout(Duration::from_millis(100)));
    let mut silent = Client::of(&server);
    assert!(silent.ok(json!({ "op": "modules" })).is_array());
    assert!(silent.is_closed(), "waits for the end, and gets no reply");
    assert!(Client::of(&server).ok(json!({ "op": "modules" })).is_array());
}

#[test]
fn the_longest_timeouts_are_no_limits() {
    let (server, _directory) = serve(|builder| builder.idle_timeout(Duration::MAX).request_timeout(Duration::MAX));
    let mut client = Client::of(&server);
    assert!(client.ok(json!({ "op": "modules" })).is_array());
    // A request in two pieces, each of which is waited for.
    client.send(b"{ \"op\": ");
    client.send(b"\"modules\" }\n");
    assert!(client.reply()["ok"].is_array());
}

#[test]
fn instances_that_are_not_there_or_not_alone_are_told() {
    let (server, _directory) = serve(|builder| builder);
    let mut client = Client::of(&server);
    for op in ["get", "describe", "list", "symbols"] {
        let request = json!({ "op": op, "name": "net.foo.locked", "instance": "nobody" });
        assert_eq!(client.kind(request), "no_instance", "{op}");
        let request = json!({ "op": op, "name": "net.foo.locked", "class": "Nothing" });
        assert_eq!(client.kind(request), "unknown_class", "{op}");
    }
    assert_eq!(client.kind(json!({ "op": "describe", "name": "net.foo.locked", "class": "Cpu" })), "wrong_class");
    for wrong in [json!(-1), json!(1.5), json!(true), json!([0])] {
        let reply = client.ask(json!({ "op": "get", "name": "net.foo.locked", "instance": wrong }));
        let message = reply["error"]["message"].as_str().unwrap();
        assert!(message.contains("expected the id of an instance, a number from 0, or its name"), "{message}");
    }
    if let (Ok(a), Ok(b)) = (Vnet::builder().name("twin").create(), Vnet::builder().name("twin").create()) {
        let reply = client.ask(json!({ "op": "get", "name": "net.foo.locked", "instance": "twin" }));
        assert_eq!(reply["error"]["kind"], "ambiguous");
        let ids = format!("several instances have this name: {}, {}; give the id", a.id(), b.id());
        assert_eq!(reply["error"]["message"], ids);
    }
}

#[test]
fn a_path_may_be_as_long_as_the_system_allows_and_leftovers_do_not_matter() {
    let directory = tempfile::tempdir().unwrap();
    // 107 bytes and a NUL are what Linux has room for; other systems a little less.
    let length = 102 - directory.path().as_os_str().len() - 1;
    let path = directory.path().join("s".repeat(length));
    let server = Server::builder(&path).start().unwrap();
    assert!(Client::of(&server).ok(json!({ "op": "modules" })).is_array());
    drop(server);
    // As if this process had crashed before, under the same number.
    let first = std::process::id() as usize % (36 * 36);
    let digit = |number: usize| char::from_digit(number as u32 % 36, 36).unwrap();
    let left = directory.path().join(format!(".{}{}", digit(first / 36), digit(first)));
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join("s"), "").unwrap();
    let server = Server::builder(&path).start().unwrap();
    assert!(Client::of(&server).ok(json!({ "op": "modules" })).is_array());
    drop(server);
    assert!(left.join("s").exists(), "it is not ours to remove");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}
