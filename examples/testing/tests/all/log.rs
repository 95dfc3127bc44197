//! The log of each test: one subscriber for the process, which filters and writes by variables of the current instance.

use std::io;

use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::prelude::*;
use vimage::Instance;

vimage::class! {
    /// What the suite has per test. A thread that is in no test has none of it.
    pub struct PerTest;
    no_context = panic
}

#[vimage::module(class = crate::log::PerTest)]
mod state {
    use std::sync::{Mutex, Once};
    use tracing::level_filters::LevelFilter;
    use vimage::prelude::*;

    #[virtualized]
    static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

    #[virtualized]
    static LEVEL: Mutex<LevelFilter> = Mutex::new(LevelFilter::INFO);

    /// Runs for each test, so that none has to ask for its log.
    #[attach]
    fn install() {
        #[shared]
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(super::install);
    }

    pub(super) fn level() -> LevelFilter {
        *V_LEVEL.lock().unwrap()
    }

    pub(super) fn set_level(level: LevelFilter) {
        *V_LEVEL.lock().unwrap() = level;
    }

    pub(super) fn append(bytes: &[u8]) {
        V_LINES.lock().unwrap().extend_from_slice(bytes);
    }

    pub(super) fn lines() -> Vec<u8> {
        V_LINES.lock().unwrap().clone()
    }
}

fn install() {
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).without_time().with_writer(|| Writer);
    let filter = dynamic_filter_fn(|metadata, _| is_wanted(metadata));
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter));
    tracing::subscriber::set_global_default(subscriber).expect("nothing else installs one");
}

/// Libraries may log on threads that are in no test.
fn is_wanted(metadata: &Metadata<'_>) -> bool {
    Instance::<PerTest>::current().is_some() && *metadata.level() <= state::level()
}

struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        state::append(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The level of this test; `INFO` without this.
pub(crate) fn set_level(level: LevelFilter) {
    state::set_level(level);
}

/// What this test has logged so far.
pub(crate) fn text() -> String {
    String::from_utf8(state::lines()).expect("a log is text")
}
