//! What a subscriber of `tracing` is told of instances.

#![cfg(feature = "vimage")]

use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use vimage::module::{register, unregister};
use vimage::prelude::*;

/// What the hooks and drops of both modules are told to do.
static FAILS: Mutex<Option<&'static str>> = Mutex::new(None);

fn run(step: &'static str) -> Result<(), String> {
    // Not under the lock, which a panic would poison.
    let fails = *FAILS.lock().unwrap();
    match fails {
        Some(what) if what == step => Err("cannot".to_owned()),
        Some(what) if what.strip_prefix("panic ") == Some(step) => panic!("will not"),
        _ => Ok(()),
    }
}

struct Value;

impl Drop for Value {
    fn drop(&mut self) {
        run("drop").unwrap();
    }
}

#[vnet_module]
mod boot_module {
    use vimage::prelude::*;

    #[virtualized]
    static VALUE: super::Value = super::Value;

    #[attach]
    fn iattach() -> Result<(), String> {
        let _: &super::Value = &V_VALUE;
        super::run("attach")
    }

    #[quiesce]
    fn can_go() -> Result<(), String> {
        super::run("quiesce")
    }

    #[detach]
    fn idetach() {
        super::run("detach").unwrap();
    }
}

#[vnet_module(register = "manual")]
mod late_module {
    #[vimage::attach]
    fn iattach() -> Result<(), String> {
        super::run("attach late")
    }

    #[vimage::quiesce]
    fn can_go() -> Result<(), String> {
        super::run("quiesce late")
    }
}

/// Nothing happens to it, so that there are no events.
#[vnet_module]
mod without_hooks {}

/// Whether the subscriber panics at each event.
static PANICS: AtomicBool = AtomicBool::new(false);
static EVENTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Writes each event down as `message field=value …`.
struct Writer;

impl Subscriber for Writer {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "vimage"
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        // It may look at instances: no lock is held.
        _ = Vnet::all().filter_map(|vnet| vnet.parent()).count();
        let mut line = Line::default();
        event.record(&mut line);
        let level = if *event.metadata().level() == Level::DEBUG { "" } else { "warn: " };
        let line = format!("{level}{}{}", line.message, line.fields);
        if !line.contains("class=\"Cpu\"") && !line.contains("class=\"Procg\"") && !line.contains("class=\"Program\"") {
            EVENTS.lock().unwrap().push(line);
        }
        assert!(!PANICS.load(Relaxed), "a subscriber that panics");
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            write!(self.fields, " {}={value:?}", field.name()).unwrap();
        }
    }
}

fn events() -> Vec<String> {
    std::mem::take(&mut EVENTS.lock().unwrap())
}

/// What was told while `f` ran with this failure.
fn told(fails: &'static str, f: impl FnOnce()) -> Vec<String> {
    events();
    *FAILS.lock().unwrap() = Some(fails);
    f();
    *FAILS.lock().unwrap() = None;
    events()
}

/// One test: there is one subscriber for all threads, and ids are counted.
#[test]
fn each_step_in_the_life_of_an_instance_is_an_event() {
    tracing::subscriber::set_global_default(Writer).unwrap();
    vimage_tracing::install();
    vimage::boot().unwrap();
    assert_eq!(events(), [r#"create class="Net" id=0"#, r#"attach class="Net" id=0 module="boot_module""#, "boot"],);
    steps_that_succeed();
    steps_that_fail();
    PANICS.store(true, Relaxed);
    steps_that_succeed();
    PANICS.store(false, Relaxed);
}

fn steps_that_succeed() {
    let red = Vnet::builder().name("red").create().unwrap();
    let id = red.id();
    register("late_module").unwrap();
    red.destroy().unwrap();
    // SAFETY: it has no code that could run.
    unsafe { unregister("late_module") }.unwrap();
    let expected = [
        r#"create class="Net" id=ID name="red""#,
        r#"attach class="Net" id=ID name="red" module="boot_module""#,
        r#"attach class="Net" id=0 module="late_module""#,
        r#"attach class="Net" id=ID name="red" module="late_module""#,
        r#"register class="Net" id=0 module="late_module""#,
        r#"shutdown class="Net" id=ID name="red""#,
        r#"detach class="Net" id=ID name="red" module="boot_module""#,
        r#"destroy class="Net" id=ID name="red""#,
        r#"unregister class="Net" id=0 module="late_module""#,
    ];
    assert_eq!(events(), expected.map(|event| event.replace("ID", &id.to_string())));
}

fn steps_that_fail() {
    let id = Vnet::new().unwrap().id();
    let next = |n: u64| format!(r#"class="Net" id={}"#, id + n);
    for (n, fails, error) in [(1, "attach", "cannot"), (2, "panic attach", "panicked: will not")] {
        let red = next(n);
        assert_eq!(
            told(fails, || drop(Vnet::new().unwrap_err())),
            [
                format!("create {red}"),
                format!(r#"warn: attach failed {red} module="boot_module" error={error}"#),
                format!(
                    "warn: create failed {red} error=module `boot_module` did not attach to Net#{}: {error}",
                    id + n
                ),
                format!("destroy {red}"),
            ],
        );
    }

    let (kept, red) = (Vnet::new().unwrap(), next(3));
    assert_eq!(
        told("quiesce", || drop(kept.shutdown().unwrap_err())),
        [format!(r#"warn: shutdown refused {red} module="boot_module" error=cannot"#)],
    );
    assert_eq!(
        told("attach late", || drop(register("late_module").unwrap_err())),
        [
            r#"warn: attach failed class="Net" id=0 module="late_module" error=cannot"#.to_owned(),
            "warn: register failed class=\"Net\" id=0 module=\"late_module\" \
             error=module `late_module` did not attach to Net#0: cannot"
                .to_owned(),
        ],
    );
    register("late_module").unwrap();
    kept.destroy().unwrap();
    // SAFETY: it has no code that could run.
    let refused = told("quiesce late", || drop(unsafe { unregister("late_module") }.unwrap_err()));
    assert_eq!(refused, [r#"warn: unregister refused class="Net" id=0 module="late_module" error=cannot"#]);
    // SAFETY: as above.
    unsafe { unregister("late_module") }.unwrap();

    let (kept, red) = (Vnet::new().unwrap(), next(4));
    let told_at_the_end = told("detach", || drop(kept.destroy().unwrap_err()));
    assert_eq!(told_at_the_end[0], format!("shutdown {red}"));
    let panicked = format!(r#"warn: detach panicked {red} module="boot_module" error=called `Result::unwrap()`"#);
    assert!(told_at_the_end[1].starts_with(&panicked), "{told_at_the_end:?}");
    assert_eq!(told_at_the_end[2..], [format!("destroy {red}")]);

    let (dropped, red) = (Vnet::new().unwrap(), next(5));
    let told_at_the_end = told("drop", || drop(dropped.destroy().unwrap_err()));
    let steps = ["shutdown", "detach", "destroy", "warn: drop panicked"];
    assert_eq!(told_at_the_end.len(), steps.len(), "{told_at_the_end:?}");
    for (event, step) in told_at_the_end.iter().zip(steps) {
        assert!(event.starts_with(&format!("{step} {red}")), "{event}");
    }
}
