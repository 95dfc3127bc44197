//! One site: pages, a cache of rendered pages, settings, counters and a log. All state is in globals, of which each tenant
//! has its own.

use std::fmt::Write as _;

/// What an administrator sets.
#[vimage::module(class = crate::Tenant)]
pub mod settings {
    use std::sync::RwLock;
    use vimage::prelude::*;

    /// The title above each page.
    #[virtualized(sysctl("site.title", rw, tunable))]
    static TITLE: RwLock<String> = RwLock::new(String::new());

    /// The title of the site.
    pub fn title() -> String {
        V_TITLE.read().unwrap().clone()
    }
}

/// What happened so far.
#[vimage::module(class = crate::Tenant)]
pub mod stats {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    /// Requests so far.
    #[virtualized(sysctl("stats.requests", ro))]
    static REQUESTS: AtomicU64 = AtomicU64::new(0);

    /// Requests that are running.
    #[virtualized(sysctl("stats.running", ro))]
    static RUNNING: AtomicU64 = AtomicU64::new(0);

    /// Words in all pages, counted in the background.
    #[virtualized(sysctl("stats.words", ro))]
    static WORDS: AtomicU64 = AtomicU64::new(0);

    /// A request that is running; it ends when this is dropped.
    #[derive(Debug)]
    pub struct Running(());

    /// A request begins.
    pub fn begin() -> Running {
        V_REQUESTS.fetch_add(1, Relaxed);
        V_RUNNING.fetch_add(1, Relaxed);
        Running(())
    }

    #[virtualized]
    impl Drop for Running {
        fn drop(&mut self) {
            V_RUNNING.fetch_sub(1, Relaxed);
        }
    }

    /// Sets the number of words.
    pub fn set_words(words: u64) {
        V_WORDS.store(words, Relaxed);
    }
}

/// The pages as they were written.
#[vimage::module(class = crate::Tenant)]
pub mod pages {
    use std::collections::BTreeMap;
    use std::sync::RwLock;
    use vimage::prelude::*;

    #[virtualized]
    static PAGES: RwLock<BTreeMap<String, String>> = RwLock::new(BTreeMap::new());

    /// Stores a page.
    pub fn put(name: &str, text: String) {
        V_PAGES.write().unwrap().insert(name.to_owned(), text);
    }

    /// Reads a page.
    pub fn get(name: &str) -> Option<String> {
        V_PAGES.read().unwrap().get(name).cloned()
    }

    /// The first page behind this one, in the order of their names.
    pub fn next(after: &str) -> Option<(String, String)> {
        use std::ops::Bound::{Excluded, Unbounded};
        let pages = V_PAGES.read().unwrap();
        pages.range::<str, _>((Excluded(after), Unbounded)).next().map(|(name, text)| (name.clone(), text.clone()))
    }

    /// The number of words in all pages.
    pub fn words() -> u64 {
        let pages = V_PAGES.read().unwrap();
        pages.values().map(|text| text.split_whitespace().count() as u64).sum()
    }
}

/// Pages as they were rendered; the oldest go first.
#[vimage::module(class = crate::Tenant, depends_on = crate::site::settings)]
pub mod cache {
    use std::collections::{BTreeMap, VecDeque};
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
    use std::sync::{Arc, Mutex};
    use vimage::prelude::*;

    /// Pages that the cache may have.
    #[virtualized(sysctl("cache.capacity", rw, tunable, range = 1..=10_000))]
    static CAPACITY: AtomicUsize = AtomicUsize::new(16);

    /// Pages that were in the cache when they were asked for.
    #[virtualized(sysctl("cache.hits", ro))]
    static HITS: AtomicU64 = AtomicU64::new(0);

    /// Pages that had to be rendered.
    #[virtualized(sysctl("cache.misses", ro))]
    static MISSES: AtomicU64 = AtomicU64::new(0);

    /// Pages in the cache.
    #[virtualized(sysctl("cache.pages", ro, handler = count))]
    static RENDERED: Mutex<Rendered> = Mutex::new(Rendered { pages: BTreeMap::new(), order: VecDeque::new() });

    struct Rendered {
        pages: BTreeMap<String, Arc<str>>,
        /// The names, the oldest first.
        order: VecDeque<String>,
    }

    fn count(rendered: &Mutex<Rendered>, _: Option<u64>) -> Result<u64, Infallible> {
        Ok(rendered.lock().unwrap().pages.len() as u64)
    }

    /// The rendered page from the cache, or from `render`.
    pub fn get(name: &str, render: impl FnOnce() -> Option<String>) -> Option<Arc<str>> {
        if let Some(page) = V_RENDERED.lock().unwrap().pages.get(name) {
            V_HITS.fetch_add(1, Relaxed);
            return Some(Arc::clone(page));
        }
        V_MISSES.fetch_add(1, Relaxed);
        let page: Arc<str> = render()?.into();
        let mut rendered = V_RENDERED.lock().unwrap();
        if rendered.pages.insert(name.to_owned(), Arc::clone(&page)).is_none() {
            rendered.order.push_back(name.to_owned());
        }
        while rendered.order.len() > V_CAPACITY.load(Relaxed) {
            let Some(oldest) = rendered.order.pop_front() else { break };
            rendered.pages.remove(&oldest);
        }
        Some(page)
    }

    /// Forgets everything: a page or the title has changed.
    pub fn clear() {
        let mut rendered = V_RENDERED.lock().unwrap();
        rendered.pages.clear();
        rendered.order.clear();
    }
}

/// The backend of `log`, which is one per process: the level and the lines are the tenant's.
#[vimage::module(class = crate::Tenant)]
pub mod logging {
    use log::LevelFilter;
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::sync::RwLock;
    use vimage::prelude::*;

    /// The least important level that is logged: off, error, warn, info, debug or trace.
    #[virtualized(sysctl("log.level", rw, tunable, handler = level))]
    static LEVEL: RwLock<LevelFilter> = RwLock::new(LevelFilter::Info);

    #[virtualized]
    static LINES: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

    const KEPT: usize = 100;

    fn level(level: &RwLock<LevelFilter>, new: Option<String>) -> Result<String, log::ParseLevelError> {
        if let Some(new) = new {
            *level.write().unwrap() = new.parse()?;
        }
        Ok(level.read().unwrap().to_string().to_lowercase())
    }

    #[derive(Debug)]
    struct Backend;

    /// Makes this the backend of `log` for the process.
    ///
    /// # Errors
    ///
    /// If there is a backend already.
    pub fn install() -> Result<(), log::SetLoggerError> {
        log::set_logger(&Backend)?;
        log::set_max_level(LevelFilter::Trace);
        Ok(())
    }

    /// Lines of the server itself are no tenant's.
    fn is_of_a_tenant() -> bool {
        vimage::Instance::<crate::Tenant>::current().is_some()
    }

    fn is_enabled(level: log::Level) -> bool {
        level <= *V_LEVEL.read().unwrap()
    }

    fn keep(line: String) {
        let mut lines = V_LINES.lock().unwrap();
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    impl log::Log for Backend {
        fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
            if is_of_a_tenant() { is_enabled(metadata.level()) } else { metadata.level() <= log::Level::Warn }
        }

        fn log(&self, record: &log::Record<'_>) {
            if self.enabled(record.metadata()) {
                let line = format!("{}: {}", record.level(), record.args());
                if is_of_a_tenant() { keep(line) } else { eprintln!("{line}") }
            }
        }

        fn flush(&self) {}
    }

    /// The latest lines.
    pub fn lines() -> Vec<String> {
        V_LINES.lock().unwrap().iter().cloned().collect()
    }
}

/// Answers a request for a page.
pub fn page(name: &str) -> Option<std::sync::Arc<str>> {
    let page = cache::get(name, || {
        log::debug!("render {name}");
        let text = pages::get(name)?;
        let mut page = String::new();
        // Writing to a string does not fail.
        _ = write!(page, "{}\n{name}\n\n{text}", settings::title());
        Some(page)
    });
    if page.is_none() {
        log::info!("no page {name}");
    }
    page
}

/// Stores a page.
pub fn put(name: &str, text: String) {
    log::info!("page {name}: {} bytes", text.len());
    pages::put(name, text);
    cache::clear();
}
