//! `cargo vimage audit` on a package with globals of each kind.

#![cfg(target_os = "linux")]

mod support;

use serde_json::{Value, json};
use support::{audit, fixture, global, verdicts};

fn report(arguments: &[&str]) -> Value {
    let run = audit(&fixture(), &[arguments, &["--format", "json"]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    run.report()
}

const EXPECTED: [&str; 24] = [
    "harmless app::FUNCTION",
    "harmless app::PLACED",
    "harmless app::SET_ONCE",
    "harmless app::TABLE",
    "not-isolated <app::Method as core::fmt::Display>::fmt::FORMATTED",
    "not-isolated app::HIDDEN",
    "not-isolated app::IN_BSS",
    "not-isolated app::IN_DATA",
    "not-isolated app::LOCKED",
    "not-isolated app::MADE",
    "not-isolated app::MADE_FROM",
    "not-isolated app::NAMES",
    "not-isolated app::OF_THE_FIRST",
    "not-isolated app::PLACED_COUNTER",
    "not-isolated app::POINTS",
    "not-isolated app::RAW",
    "not-isolated app::in_function::LOCAL",
    "not-isolated app::main::CALLS",
    "not-isolated lib::in_library::CALLS",
    "not-isolated lib::inner::COUNT",
    "not-isolated log::MAX_LOG_LEVEL_FILTER",
    "not-isolated log::NOT_KNOWN",
    "thread-local app::EACH",
    "thread-local app::EACH_LAZY",
];

/// The binary of each profile has the same globals, although the optimizer splits, merges and moves them.
#[test]
fn each_global_is_found_once_in_each_profile() {
    // Elsewhere the optimizer merges statics into one symbol.
    let profiles: &[&str] = if cfg!(target_arch = "x86_64") { &["dev", "release", "thin"] } else { &["dev"] };
    for profile in profiles {
        let report = report(&["--profile", profile]);
        let mut expected: Vec<String> = EXPECTED.iter().map(ToString::to_string).collect();
        expected.push("unknown foreign_counter".to_owned());
        assert_eq!(verdicts(&report), expected, "{profile}");
        assert_eq!(report["counts"]["not-isolated"], 18, "{profile}");
        assert_eq!(report["counts"]["unknown"], 1, "{profile}");
        assert_eq!(report["unread"], json!([]));
        let of = |section: &str| {
            let sections = report["uncovered"].as_array().unwrap();
            sections.iter().find(|of| of["section"] == section).map_or(0, |of| of["bytes"].as_u64().unwrap())
        };
        assert!((8192..8400).contains(&of(".data")), "the bytes that have no symbol: {}", report["uncovered"]);
    }
}

#[test]
fn each_global_is_placed_and_explained() {
    let report = report(&["--features", "extra"]);
    let text = std::fs::read_to_string(fixture().join("src/main.rs")).unwrap();
    let line = |start: &str| 1 + text.lines().position(|line| line.contains(start)).unwrap();
    let fields = |path: &str, names: &[&str]| -> Value {
        let global = global(&report, path);
        names.iter().map(|name| global[*name].clone()).collect()
    };
    let place = ["file", "line", "written_type", "size"];
    assert_eq!(fields("app::IN_DATA", &place), json!(["src/main.rs", line("static IN_DATA"), "AtomicUsize", 8]));
    assert_eq!(
        fields("app::NAMES", &place[..3]),
        json!(["src/main.rs", line("static NAMES"), "Mutex<Vec<(String, u8)>>"])
    );
    assert_eq!(
        fields("app::POINTS", &place),
        json!(["src/main.rs", line("static mut POINTS"), "&mut [u8]", 21]),
        "and what it points to"
    );
    assert_eq!(fields("lib::inner::COUNT", &place[..2]), json!(["lib/src/inner.rs", 4]));
    assert_eq!(fields("log::NOT_KNOWN", &place[..2]), json!(["vendor/log/src/lib.rs", 4]));
    let origin = ["made_by", "line"];
    assert_eq!(fields("app::EACH", &origin), json!(["thread_local!", line("static EACH:")]));
    assert_eq!(fields("app::MADE", &origin), json!(["counter!", line("counter!(MADE)")]));
    assert_eq!(
        fields("app::main::CALLS", &origin),
        json!(["lib::count_calls!", line("    println!")]),
        "a macro of another crate"
    );
    assert_eq!(fields("app::RAW", &["made_by", "section"]), json!([null, ".data"]));
    assert_eq!(fields("app::EXTRA", &["cfg"]), json!([["feature = \"extra\""]]));
    assert_eq!(fields("lib::inner::COUNT", &["cfg", "section"]), json!([["target_os = \"linux\""], ".data"]));
    assert_eq!(fields("app::EACH", &["thread_local", "section"]), json!([true, ".tdata"]));
    assert_eq!(fields("app::RAW", &["type"]), json!(["[u32; 8]"]));
    assert_eq!(fields("foreign_counter", &["crate", "file", "type"]), json!(["C", null, null]));
    let advice = |path: &str| fields(path, &["advice"])[0].clone();
    assert_eq!(advice("app::RAW"), "cargo vimage port .");
    assert_eq!(advice("lib::inner::COUNT"), "cargo vimage port lib");
    assert_eq!(advice("log::NOT_KNOWN"), "cargo vimage vendor log");
    assert_eq!(advice("app::EACH"), Value::Null);
    let reason = |path: &str| fields(path, &["reason"])[0].as_str().map(str::to_owned);
    assert!(reason("log::MAX_LOG_LEVEL_FILTER").is_some_and(|reason| reason.contains("one level for all")));
    assert!(reason("app::TABLE").is_some_and(|reason| reason.contains("computed once")));
    assert!(reason("app::MADE_FROM").is_some_and(|reason| reason.contains("from IN_DATA")));
    assert_eq!(reason("log::NOT_KNOWN"), None);
}

/// A library is linked whole, because nothing calls it.
#[test]
fn a_library_has_the_globals_that_no_program_uses() {
    let report = report(&["-p", "lib"]);
    assert_eq!(report["kind"], "lib");
    let expected = ["lib::NEVER_USED", "lib::in_library::CALLS", "lib::inner::COUNT"];
    assert_eq!(verdicts(&report), expected.map(|path| format!("not-isolated {path}")));
}

/// Every field of a report is one of the schema, of the type that it says, and none is missing.
#[test]
fn the_report_is_what_the_schema_says() {
    let schema = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema/audit.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let report = report(&[]);
    check(&schema, &schema, &report, "report");
    let globals = report["globals"].as_array().unwrap();
    assert!(globals.len() > EXPECTED.len());
    // The check finds what is wrong.
    let mut wrong = report.clone();
    wrong["globals"][0]["verdict"] = json!("fine");
    assert!(std::panic::catch_unwind(|| check(&schema, &schema, &wrong, "report")).is_err());
}

/// The part of JSON Schema that the schema uses.
fn check(root: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        return check(root, root.pointer(&name[1..]).unwrap(), value, at);
    }
    if let Some(constants) = schema["oneOf"].as_array() {
        let is_one = constants.iter().any(|one| one["const"] == *value || has(&one["enum"], value));
        return assert!(is_one, "{at}: {value}");
    }
    if let Some(values) = schema["enum"].as_array() {
        return assert!(values.contains(value), "{at}: {value}");
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(schema["type"] == kind || has(&schema["type"], &json!(kind)), "{at}: {kind}, and not {}", schema["type"]);
    for item in value.as_array().into_iter().flatten() {
        check(root, &schema["items"], item, at);
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(name.as_str().unwrap()).is_some(), "{at}: {name} is missing");
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        let known = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
        assert!(known.is_object(), "{at}: {name} is not in the schema");
        check(root, known, field, &format!("{at}.{name}"));
    }
}

fn has(list: &Value, value: &Value) -> bool {
    list.as_array().is_some_and(|list| list.contains(value))
}
