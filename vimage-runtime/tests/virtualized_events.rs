//! Variables can be used in the macros of `log` and `tracing`. Compiles in editions 2021 and 2024.

mod support;

use std::cell::RefCell;
use std::fmt::{Debug, Write};

use support::instances::in_each_instance;
use tracing::field::{Field, Visit};
use vimage::prelude::*;

thread_local! {
    static SEEN: RefCell<String> = const { RefCell::new(String::new()) };
}

#[vnet_module]
mod events {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static N: AtomicU64 = AtomicU64::new(3);
    #[virtualized]
    static NAME: Mutex<&str> = Mutex::new("eth0");

    pub fn logged() {
        log::error!("n = {}", V_N.load(Relaxed));
        log::info!(target: "net", "n = {n}, {}", V_NAME.lock().unwrap(), n = V_N.load(Relaxed),);
        log::log!(log::Level::Warn, "{} {:?}", V_N.load(Relaxed), *V_NAME.lock().unwrap());
        log::log!(target: "net", log::Level::Warn, "{}", V_N.load(Relaxed));
        log::debug!(n = V_N.load(Relaxed), name:% = V_NAME.lock().unwrap(), both:? = (1, V_N.load(Relaxed)); "fields {}", 1);
        if log::log_enabled!(target: "net", log::Level::Error) {
            log::trace!("{}", V_N.load(Relaxed));
        }
    }

    pub fn traced() {
        use tracing::{Level, debug, error, event, info, info_span, span, trace, warn};

        error!("n = {}", V_N.load(Relaxed));
        info!(n = V_N.load(Relaxed), "with a field");
        debug!(name = %V_NAME.lock().unwrap(), list = ?[V_N.load(Relaxed)], "{} and {n}", V_N.load(Relaxed), n = 1);
        warn!(target: "net", { n = V_N.load(Relaxed), inner.name = ?V_NAME.lock().unwrap() }, "grouped {}", V_N.load(Relaxed));
        trace!(name: "event", n = 1 + V_N.load(Relaxed));
        trace!("quoted name" = V_N.load(Relaxed));
        let local = V_N.load(Relaxed);
        event!(Level::INFO, local, ?local, n = V_N.load(Relaxed));
        event!(target: "net", Level::INFO, n = V_N.load(Relaxed), "at the end {}", V_N.load(Relaxed));
        let outer = span!(Level::INFO, "span", n = V_N.load(Relaxed), name = %V_NAME.lock().unwrap());
        let inner =
            info_span!(target: "net", parent: &outer, "inner", closure = Some(1).map(|one| one * V_N.load(Relaxed)));
        outer.in_scope(|| inner.in_scope(|| info!(n = V_N.load(Relaxed))));
    }

    pub async fn awaited(wait: impl AsyncFn() -> u64) {
        log::info!("n = {}", V_N.load(Relaxed));
        log::info!("n = {} {}", V_N.load(Relaxed), wait().await);
        tracing::info!(n = V_N.load(Relaxed), name = %V_NAME.lock().unwrap(), "text {}", V_N.load(Relaxed));
        tracing::warn!({ n = Some(1).map(|one| one * V_N.load(Relaxed)) }, "grouped {}", V_N.load(Relaxed));
        let waited = wait().await;
        tracing::info!(waited, name = %V_NAME.lock().unwrap());
    }
}

fn note(what: impl Debug) {
    SEEN.with_borrow_mut(|seen| writeln!(seen, "{what:?}").unwrap());
}

struct Log;

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        note((record.target().rsplit("::").next(), record.args()));
    }
    fn flush(&self) {}
}

struct Trace;

struct Fields(Vec<String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push(format!("{field}={value:?}"));
    }
}

impl tracing::Subscriber for Trace {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        let mut fields = Fields(Vec::new());
        attributes.record(&mut fields);
        note(fields.0.join(" "));
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields(Vec::new());
        event.record(&mut fields);
        note(fields.0.join(" "));
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn events_are_recorded_with_their_values() {
    use std::future::Future;
    use std::task::{Context, Waker};

    log::set_logger(&Log).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    in_each_instance(|| {
        events::logged();
        let logged = SEEN.take();
        assert_eq!(logged.lines().count(), 6);
        assert!(logged.contains("(Some(\"net\"), n = 3, eth0)\n(Some(\"events\"), 3 \"eth0\")"), "{logged}");
        tracing::subscriber::with_default(Trace, events::traced);
        let traced = SEEN.take();
        let last = "\"message=at the end 3 n=3\"\n\"n=3 name=eth0\"\n\"closure=3\"\n\"n=3\"\n";
        assert!(traced.ends_with(last), "{traced}");
        assert!(traced.contains("\"message=grouped 3 n=3 inner.name=\\\"eth0\\\"\""), "{traced}");
        tracing::subscriber::with_default(Trace, || {
            let future = std::pin::pin!(events::awaited(async || 1));
            assert!(future.poll(&mut Context::from_waker(Waker::noop())).is_ready());
        });
        assert_eq!(SEEN.take().lines().last(), Some("\"waited=1 name=eth0\""));
    });
}
