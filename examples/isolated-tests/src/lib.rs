//! A small application with the usual global state: a configuration, a counter, a registry, a table that is built on
//! first use, and a log. It has no code for tests.

vimage::class! {
    /// The state of the application. Code that enters no instance uses the base instance, as with plain statics.
    pub struct App;
    no_context = base
}

/// The application.
#[vimage::module(class = crate::App)]
pub mod app {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::sync::{LazyLock, Mutex, RwLock};

    use vimage::prelude::*;

    /// The configuration.
    #[derive(Clone, Debug)]
    pub struct Config {
        /// The greeting of users.
        pub greeting: &'static str,
        /// The number of squares in the table.
        pub squares: u64,
    }

    #[virtualized]
    static CONFIG: RwLock<Config> = RwLock::new(Config { greeting: "Hello", squares: 10 });

    #[virtualized]
    static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

    #[virtualized]
    static USERS: Mutex<BTreeMap<u64, String>> = Mutex::new(BTreeMap::new());

    #[virtualized]
    static SQUARES: LazyLock<Vec<u64>> = LazyLock::new(|| {
        let known = V_CONFIG.read().unwrap().squares;
        (0..known).map(|n| n * n).collect()
    });

    #[virtualized]
    static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

    /// Changes the configuration.
    pub fn configure(change: impl FnOnce(&mut Config)) {
        change(&mut V_CONFIG.write().unwrap());
        log("configured");
    }

    /// Gives a new user a number.
    pub fn register(name: &str) -> u64 {
        let number = V_NEXT_NUMBER.fetch_add(1, Relaxed);
        V_USERS.lock().unwrap().insert(number, name.to_owned());
        log(&format!("{name} is number {number}"));
        number
    }

    /// Removes a user.
    pub fn remove(number: u64) -> Option<String> {
        let name = V_USERS.lock().unwrap().remove(&number)?;
        log(&format!("{name} has left"));
        Some(name)
    }

    /// The names of all users, in the order of their numbers.
    pub fn users() -> Vec<String> {
        V_USERS.lock().unwrap().values().cloned().collect()
    }

    /// Greets a user.
    pub fn greet(number: u64) -> Option<String> {
        let name = V_USERS.lock().unwrap().get(&number)?.clone();
        Some(format!("{}, {name}!", V_CONFIG.read().unwrap().greeting))
    }

    /// The table of squares; the first call builds it.
    pub fn squares() -> Vec<u64> {
        V_SQUARES.clone()
    }

    fn log(line: &str) {
        V_LOG.lock().unwrap().push(line.to_owned());
    }

    /// The log.
    pub fn history() -> Vec<String> {
        V_LOG.lock().unwrap().clone()
    }
}
