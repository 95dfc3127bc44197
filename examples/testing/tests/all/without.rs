//! What the same libraries do without instances. What plain statics do to a suite is in `examples/isolated-tests`.

use std::io;
use std::sync::{Arc, Mutex};
use std::thread;

#[mockall::automock]
mod wall_clock {
    #[expect(dead_code, reason = "the mock stands for it")]
    pub(super) fn now() -> u64 {
        0
    }
}

/// mockall keeps the expectations of a function in a static, so that tests that use it have to take a lock.
#[test]
fn the_mock_of_a_function_is_one_for_all_tests() {
    let context = mock_wall_clock::now_context();
    context.expect().return_const(7_u64);
    let in_another_test = thread::spawn(mock_wall_clock::now);
    assert_eq!(in_another_test.join().unwrap(), 7);
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// tracing has subscribers per thread, so that what the threads and tasks of a test log is lost.
#[test]
fn the_subscriber_of_a_thread_is_for_this_thread_only() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!("on the thread of the test");
        thread::spawn(|| tracing::info!("on a thread that it starts")).join().unwrap();
    });
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("on the thread of the test"), "{text}");
    assert!(!text.contains("on a thread that it starts"), "{text}");
}
