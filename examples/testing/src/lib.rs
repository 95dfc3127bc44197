//! The prices of a shop in several currencies. As in many programs all state is in globals: the clock, the HTTP client,
//! the feature flags, the products, a cache of exchange rates. Nothing here knows that there are tests.

use std::fmt;

/// The time, and what replaces it.
#[vimage::module]
pub mod clock {
    use std::sync::RwLock;
    use std::time::SystemTime;
    use vimage::prelude::*;

    type Source = Box<dyn Fn() -> SystemTime + Send + Sync>;

    #[virtualized]
    static SOURCE: RwLock<Option<Source>> = RwLock::new(None);

    /// The time.
    pub fn now() -> SystemTime {
        V_SOURCE.read().unwrap().as_ref().map_or_else(SystemTime::now, |source| source())
    }

    /// Takes the time from somewhere else.
    pub fn replace(source: impl Fn() -> SystemTime + Send + Sync + 'static) {
        *V_SOURCE.write().unwrap() = Some(Box::new(source));
    }
}

/// The HTTP client of the program.
#[vimage::module]
pub mod http {
    use std::sync::RwLock;
    use vimage::prelude::*;

    use crate::Error;

    /// What the program wants of a client.
    pub trait Client: Send + Sync {
        /// The body of the answer.
        ///
        /// # Errors
        ///
        /// [`Error::Server`] if there is no answer.
        fn get(&self, url: &str) -> Result<String, Error>;
    }

    #[virtualized]
    static CLIENT: RwLock<Option<Box<dyn Client>>> = RwLock::new(None);

    /// `main` installs a real client.
    pub fn install(client: impl Client + 'static) {
        *V_CLIENT.write().unwrap() = Some(Box::new(client));
    }

    /// Asks the client.
    ///
    /// # Errors
    ///
    /// Those of the client; [`Error::NoClient`] if none is installed.
    pub fn get(url: &str) -> Result<String, Error> {
        V_CLIENT.read().unwrap().as_ref().ok_or(Error::NoClient)?.get(url)
    }
}

/// Feature flags.
#[vimage::module]
pub mod flags {
    use std::collections::BTreeSet;
    use std::sync::RwLock;
    use vimage::prelude::*;

    #[virtualized]
    static ON: RwLock<BTreeSet<&'static str>> = RwLock::new(BTreeSet::new());

    /// Switches a flag on or off.
    pub fn set(flag: &'static str, on: bool) {
        let mut flags = V_ON.write().unwrap();
        _ = if on { flags.insert(flag) } else { flags.remove(flag) };
    }

    /// Whether it is on.
    pub fn is_on(flag: &str) -> bool {
        V_ON.read().unwrap().contains(flag)
    }
}

/// The products, as they register themselves.
#[vimage::module]
pub mod products {
    use std::collections::BTreeMap;
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    static PRICES: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

    /// Registers a product, or changes its price, which is in cents; returns the former one.
    pub fn register(name: &str, price: u64) -> Option<u64> {
        tracing::info!(name, price, "registered");
        V_PRICES.lock().unwrap().insert(name.to_owned(), price)
    }

    /// The price of a product.
    pub fn price(name: &str) -> Option<u64> {
        V_PRICES.lock().unwrap().get(name).copied()
    }

    /// The names of all products, in order.
    pub fn all() -> Vec<String> {
        V_PRICES.lock().unwrap().keys().cloned().collect()
    }
}

/// Prices in other currencies.
#[vimage::module]
pub mod prices {
    use std::collections::BTreeMap;
    use std::sync::Mutex;
    use std::time::{Duration, SystemTime};
    use vimage::prelude::*;

    use crate::{Error, clock, flags, http, products};

    /// How long a rate is used again.
    pub const LIFETIME: Duration = Duration::from_secs(60 * 60);

    /// By currency: when it was asked for, and the rate in thousandths.
    #[virtualized]
    static RATES: Mutex<BTreeMap<String, (SystemTime, u64)>> = Mutex::new(BTreeMap::new());

    /// The price of a product, in hundredths of the currency. The flag `whole` rounds it up to whole units.
    ///
    /// # Errors
    ///
    /// If there is no such product, or no rate.
    pub fn of(product: &str, currency: &str) -> Result<u64, Error> {
        let price = products::price(product).ok_or(Error::NoProduct)?;
        let exact = price.saturating_mul(rate(currency)?).div_ceil(1000);
        Ok(if flags::is_on("whole") { exact.div_ceil(100) * 100 } else { exact })
    }

    fn rate(currency: &str) -> Result<u64, Error> {
        let now = clock::now();
        let cached = V_RATES.lock().unwrap().get(currency).copied();
        if let Some((then, rate)) = cached
            && now.duration_since(then).is_ok_and(|age| age < LIFETIME)
        {
            return Ok(rate);
        }
        let rate = http::get(&format!("https://rates.example/{currency}"))?.parse().map_err(|_| Error::Server)?;
        tracing::info!(currency, rate, "new rate");
        V_RATES.lock().unwrap().insert(currency.to_owned(), (now, rate));
        Ok(rate)
    }

    /// The prices of all products, each computed by a task of its own.
    ///
    /// # Errors
    ///
    /// The first of [`of`].
    pub async fn list(currency: &'static str) -> Result<Vec<(String, u64)>, Error> {
        // A task does not inherit instances by itself.
        let task = |name: String| tokio::spawn(async move { of(&name, currency) }.within_current());
        let tasks: Vec<_> = products::all().into_iter().map(|name| (name.clone(), task(name))).collect();
        let mut prices = Vec::new();
        for (name, task) in tasks {
            prices.push((name, task.await.map_err(|_| Error::Server)??));
        }
        Ok(prices)
    }
}

/// Why there is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// No product of this name.
    NoProduct,
    /// No client is installed.
    NoClient,
    /// The server gave no answer, or none that is a rate.
    Server,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoProduct => "no such product",
            Self::NoClient => "no HTTP client is installed",
            Self::Server => "no answer from the server of rates",
        })
    }
}

impl std::error::Error for Error {}
