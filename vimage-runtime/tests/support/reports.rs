//! The calls of the failure handler of the process.

use std::sync::Mutex;

static REPORTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Makes the handler note its calls from now on.
pub(crate) fn listen() {
    vimage::set_failure_handler(|failure| REPORTS.lock().unwrap().push(failure.to_string()));
}

/// All reports of the process, of all tests.
pub(crate) fn reports() -> Vec<String> {
    REPORTS.lock().unwrap().clone()
}

/// True if a report contains this text.
pub(crate) fn reported(text: &str) -> bool {
    reports().iter().any(|report| report.contains(text))
}
