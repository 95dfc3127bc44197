//! What the failure handler of the process is called with.

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

/// Whether one of them contains this.
pub(crate) fn reported(text: &str) -> bool {
    reports().iter().any(|report| report.contains(text))
}
