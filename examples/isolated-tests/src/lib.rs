//! A small application with the usual global state: a configuration, a counter, a registry, a table that is built when
//! it is first used, and a log. Nothing in it knows of tests.

vimage::class! {
    /// The state of the application. Code that enters nothing works on the base instance, as with plain statics.
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

    /// What can be set.
    #[derive(Clone, Debug)]
    pub struct Config {
        /// What users are greeted with.
        pub greeting: &'static str,
        /// How many squares are known.
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

    /// Takes a user away.
    pub fn remove(number: u64) -> Option<String> {
        let name = V_USERS.lock().unwrap().remove(&number)?;
        log(&format!("{name} has left"));
        Some(name)
    }

    /// The names of all users, in the order of their numbers.
    pub fn users() -> Vec<String> {
        V_USERS.lock().unwrap().values().cloned().collect()
    }

    /// What a user is told.
    pub fn greet(number: u64) -> Option<String> {
        let name = V_USERS.lock().unwrap().get(&number)?.clone();
        Some(format!("{}, {name}!", V_CONFIG.read().unwrap().greeting))
    }

    /// The squares that are known; how many is decided when this is first called.
    pub fn squares() -> Vec<u64> {
        V_SQUARES.clone()
    }

    fn log(line: &str) {
        V_LOG.lock().unwrap().push(line.to_owned());
    }

    /// All that has happened.
    pub fn history() -> Vec<String> {
        V_LOG.lock().unwrap().clone()
    }
}
