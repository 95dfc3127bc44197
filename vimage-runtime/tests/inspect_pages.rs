//! Replies that come in pages, and what is in their rows.
#![cfg(all(feature = "inspect", unix))]

#[path = "support/inspect_client.rs"]
mod inspect_client;

use inspect_client::{Client, serve};
use serde_json::{Value, json};
use vimage::prelude::*;

mod one {
    use vimage::prelude::*;

    #[vnet_module(symmap)]
    pub mod dup {
        use std::sync::atomic::AtomicU32;
        use vimage::prelude::*;

        /// The first.
        #[virtualized(sysctl("net.dup", rw))]
        static DUP: AtomicU32 = AtomicU32::new(1);

        /// Of one module and name, in one line as far as macros can tell.
        #[virtualized(sysctl("net.same", ro))]
        static SAME: AtomicU32 = AtomicU32::new(1);

        #[virtualized(sysctl("net.same", ro))]
        static OTHER: AtomicU32 = AtomicU32::new(2);

        #[virtualized(sysctl("net.one", ro, tunable, unit = "ms"))]
        static ONE: AtomicU32 = AtomicU32::new(1);
    }
}

mod two {
    use vimage::prelude::*;

    #[vnet_module(symmap)]
    pub mod dup {
        use std::sync::Mutex;
        use std::sync::atomic::AtomicU32;
        use vimage::prelude::*;

        #[virtualized(sysctl("net.dup", rw, range = 0..=9))]
        static DUP: AtomicU32 = AtomicU32::new(2);

        #[virtualized(sysctl("net.long", rw))]
        static LONG: Mutex<String> = Mutex::new(String::new());
    }
}

/// All rows, fetched a few at a time.
fn paged(client: &mut Client, mut request: Value, limit: usize) -> Vec<Value> {
    request["limit"] = json!(limit);
    let mut rows = Vec::new();
    loop {
        let mut reply = client.ask(request.clone());
        let page = reply["ok"].as_array_mut().unwrap_or_else(|| panic!("{request}"));
        assert!(page.len() <= limit);
        rows.append(page);
        match reply.get_mut("next") {
            Some(next) => request["after"] = next.take(),
            None => return rows,
        }
    }
}

#[test]
fn pages_are_the_whole() {
    let (server, _directory) = serve(|builder| builder);
    let mut client = Client::of(&server);
    for request in [
        json!({ "op": "modules" }),
        json!({ "op": "symbols" }),
        json!({ "op": "list", "prefix": "net" }),
        json!({ "op": "list", "show": "names" }),
        json!({ "op": "list", "show": "descriptions" }),
    ] {
        let whole = client.ok(request.clone());
        assert!(whole.as_array().unwrap().len() >= 2, "{whole}");
        for limit in 1..4 {
            assert_eq!(json!(paged(&mut client, request.clone(), limit)), whole);
        }
        let mut wrong = request.clone();
        wrong["after"] = json!({ "no": "next" });
        assert_eq!(client.kind(wrong), "malformed");
    }
}

#[test]
fn many_instances_are_listed_in_pages() {
    let (server, _directory) = serve(|builder| builder);
    let mut client = Client::of(&server);
    let vnets: Vec<Vnet> = (0..2100).map_while(|_| Vnet::new().ok()).collect();
    let expected: Vec<u64> = vnets.iter().map(|vnet| vnet.id()).collect();
    let request = json!({ "op": "instances", "class": "Net" });
    for limit in [100, 999, 5000] {
        let rows = if limit > 1000 {
            // One page has no more, and says where the next one begins.
            let first = client.ask(request.clone());
            assert!(first["ok"].as_array().unwrap().len() <= 1000);
            assert_eq!(first.get("next").is_some(), !vnets.is_empty());
            paged(&mut client, request.clone(), 1000)
        } else {
            paged(&mut client, request.clone(), limit)
        };
        let ids: Vec<u64> = rows.iter().map(|row| row["id"].as_u64().unwrap()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b) && ids[0] == 0);
        assert!(expected.iter().all(|id| ids.binary_search(id).is_ok()));
    }
    let all = paged(&mut client, json!({ "op": "instances" }), 7);
    assert!(all.iter().any(|row| row["class"] == "Cpu"));
    let base = all.iter().find(|row| row["class"] == "Net").unwrap();
    assert_eq!((&base["id"], &base["parent"], &base["name"]), (&json!(0), &Value::Null, &Value::Null));
    assert!(base["handles"].is_u64() && base["kept_bytes"].is_u64(), "{base}");
    if let Some(first) = vnets.first() {
        let row = all.iter().find(|row| row["class"] == "Net" && row["id"] == first.id()).unwrap();
        assert_eq!(row["parent"], 0);
    }
    assert_eq!(client.kind(json!({ "op": "instances", "class": "Nothing" })), "unknown_class");
    assert_eq!(client.kind(json!({ "op": "instances", "after": 7 })), "malformed");
}

#[test]
fn a_name_that_comes_twice_has_a_unique_one() {
    let (server, _directory) = serve(|builder| builder);
    let mut client = Client::of(&server);
    let rows = client.ok(json!({ "op": "list", "prefix": "net.dup" }));
    let seen: Vec<_> =
        rows.as_array().unwrap().iter().map(|row| (&row["qualified_name"], &row["path"], &row["value"])).collect();
    let (one, two) = (json!("inspect_pages::one::dup"), json!("inspect_pages::two::dup"));
    let (first, second) = (json!("inspect_pages::one::dup::net.dup"), json!("inspect_pages::two::dup::net.dup"));
    assert_eq!(seen, [(&first, &one, &json!(1)), (&second, &two, &json!(2))]);
    assert_eq!(client.ok(json!({ "op": "get", "name": first })), 1);
    assert_eq!(client.ok(json!({ "op": "describe", "name": second }))["qualified_name"], second);
    let ambiguous = client.ask(json!({ "op": "get", "name": "net.dup" }));
    let message = ambiguous["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("`net.dup` is inspect_pages::one::dup::net.dup ("), "{message}");
    assert!(message.contains(" or inspect_pages::two::dup::net.dup ("), "{message}");
    let names = client.ok(json!({ "op": "list", "prefix": "net.one", "show": "names" }));
    assert_eq!((&names[0]["qualified_name"], names[0].get("value")), (&json!("net.one"), None));
    let described = client.ok(json!({ "op": "list", "prefix": "net.one", "show": "descriptions" }));
    let described = &described[0];
    assert_eq!((&described["unit"], &described["type_name"]), (&json!("ms"), &json!("u32")));
    assert_eq!((&described["writable"], &described["tunable"]), (&json!(false), &json!(true)));
}

#[vimage::test]
fn a_long_value_does_not_hide_the_others() {
    let (server, _directory) = serve(|builder| builder);
    let mut client = Client::of(&server);
    let base = Vnet::base().unwrap();
    vimage::sysctl::of(&base).set("net.long", "x".repeat(3 << 20)).unwrap();
    let rows = paged(&mut client, json!({ "op": "list" }), 1000);
    let long = rows.iter().find(|row| row["name"] == "net.long").unwrap();
    assert_eq!(long["error"]["kind"], "too_large");
    assert!(rows.iter().any(|row| row["name"] == "net.one" && row["value"] == 1));
    assert_eq!(client.ok(json!({ "op": "get", "name": "net.long" })).as_str().unwrap().len(), 3 << 20);
    vimage::sysctl::of(&base).set("net.long", "").unwrap();
}
