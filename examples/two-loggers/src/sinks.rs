//! A logger, a subscriber and a recorder that print what they get, under a name.

use std::fmt::Debug;
use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};
use tracing::field::{Field, Visit};
use tracing::span;

/// A logger.
pub(crate) struct Lines(pub(crate) &'static str);

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        println!("  {} logs {}: {}", self.0, record.level(), record.args());
    }

    fn flush(&self) {}
}

/// A subscriber for events up to a level.
pub(crate) struct Spans(pub(crate) &'static str, pub(crate) tracing::Level);

impl tracing::Subscriber for Spans {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= self.1
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Print(&'static str, tracing::Level);

        impl Visit for Print {
            fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
                println!("  {} traces {}: {value:?}", self.0, self.1);
            }
        }

        event.record(&mut Print(self.0, *event.metadata().level()));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// A recorder of counters.
pub(crate) struct Recorder(pub(crate) &'static str);

impl metrics::Recorder for Recorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(Print(self.0, key.name().to_owned())))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

struct Print(&'static str, String);

impl metrics::CounterFn for Print {
    fn increment(&self, value: u64) {
        println!("  {} counts {}: {value}", self.0, self.1);
    }

    fn absolute(&self, _: u64) {}
}
