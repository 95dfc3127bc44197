//! The events of the feature `tracing`.

#![cfg(all(feature = "vimage", feature = "tracing"))]

use std::fmt::Write;
use std::sync::Mutex;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use vimage::prelude::*;

#[vnet_module]
mod boot_module {
    use vimage::prelude::*;

    #[attach]
    fn iattach() {}
}

#[vnet_module(register = "manual")]
mod late_module {}

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
        let mut line = Line::default();
        event.record(&mut line);
        EVENTS.lock().unwrap().push(line.message + &line.fields);
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

#[test]
fn each_step_in_the_life_of_an_instance_is_an_event() {
    tracing::subscriber::set_global_default(Writer).unwrap();
    vimage::boot().unwrap();
    let red = Vnet::builder().name("red").create().unwrap();
    vimage::module::register("late_module").unwrap();
    red.destroy().unwrap();
    let events: Vec<String> = EVENTS
        .lock()
        .unwrap()
        .iter()
        .filter(|event| !event.contains("class=\"Cpu\"") && !event.contains("class=\"Procg\""))
        .cloned()
        .collect();
    assert_eq!(
        events,
        [
            r#"create class="Net" id=0"#,
            "boot",
            r#"attach class="Net" id=0 module="boot_module""#,
            r#"create class="Net" id=1 name="red""#,
            r#"attach class="Net" id=1 name="red" module="boot_module""#,
            r#"late register class="Net" id=0 module="late_module""#,
            r#"attach class="Net" id=0 module="late_module""#,
            r#"attach class="Net" id=1 name="red" module="late_module""#,
            r#"shutdown class="Net" id=1 name="red""#,
            r#"detach class="Net" id=1 name="red" module="late_module""#,
            r#"detach class="Net" id=1 name="red" module="boot_module""#,
            r#"destroy class="Net" id=1 name="red""#,
        ]
    );
}
