//! Scenario files: any text is a command line or an error of one line.

use crate::cli::commands::scenario::parse;

/// Panics if a text becomes neither a command line nor an error that names the file.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse(&"fuzzed", text) {
        Ok(cli) => assert!(cli.command.is_some(), "a scenario is a command"),
        Err(error) => {
            let error = error.to_string();
            assert!(error.starts_with("fuzzed"), "{error}");
        }
    }
}
