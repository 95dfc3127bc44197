//! The mock of each test. It is in a variable of the test's instance, so that a test is handed no guard and passes no
//! mock on. It is dropped with the instance, and then mockall checks what was expected.

use std::time::{Duration, SystemTime};

use testing::{Error, clock, http};

mockall::mock! {
    pub(crate) Http {}
    impl http::Client for Http {
        fn get(&self, url: &str) -> Result<String, Error>;
    }
}

/// Installs a client for this test.
pub(crate) fn client(expect: impl FnOnce(&mut MockHttp)) {
    let mut client = MockHttp::new();
    expect(&mut client);
    http::install(client);
}

/// A client that knows one rate, in thousandths, and is asked for it this often.
pub(crate) fn rate(rate: u64, times: usize) {
    client(|client| {
        client.expect_get().times(times).returning(move |_| Ok(rate.to_string()));
    });
}

/// Stops the clock of this test.
pub(crate) fn stop_clock(seconds: u64) {
    clock::replace(move || SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
}
