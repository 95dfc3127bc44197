//! Threads without a context in a binary with `#[vimage::test]`s: none falls back on the base instance unnoticed.

mod support;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;

use support::reruns::rerun;
use vimage::prelude::*;
use vimage::{Contexts, Instance};

vimage::class! {
    /// The state of an application.
    pub struct App;
    no_context = base
}

vimage::class! {
    /// One log for all.
    pub struct Log;
    no_context = base
}

vimage::allow_base_in_tests!(crate::Log);

#[vimage::module(class = crate::App)]
mod app {
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
    use vimage::prelude::*;

    #[virtualized(sysctl("app.requests", ro))]
    pub static REQUESTS: AtomicU64 = AtomicU64::new(0);

    pub fn request() -> u64 {
        V_REQUESTS.fetch_add(1, SeqCst) + 1
    }
}

#[vimage::module(class = crate::Log)]
mod log {
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
    use vimage::prelude::*;

    #[virtualized]
    static LINES: AtomicU64 = AtomicU64::new(0);

    pub fn line() -> u64 {
        V_LINES.fetch_add(1, SeqCst) + 1
    }
}

/// Its hooks use the state of another class: that of the base instance while the process boots.
#[vnet_module]
mod net {
    use vimage::prelude::*;

    #[attach]
    fn iattach() {
        super::app::request();
    }
}

fn requests() -> u64 {
    app::V_REQUESTS.with_current(|requests| requests.load(SeqCst))
}

#[vimage::test]
fn what_takes_its_contexts_along_is_in_the_test() {
    let before = requests();
    vimage::thread::spawn(app::request).join().unwrap();
    thread::spawn(Contexts::current().bind(app::request)).join().unwrap();
    assert_eq!(requests(), before + 2);
}

#[vimage::test]
#[tokio::test]
async fn so_are_tasks() {
    let before = requests();
    tokio::spawn(async { app::request() }.within_current()).await.unwrap();
    assert_eq!(requests(), before + 1);
}

#[vimage::test(share(App))]
fn a_test_may_mean_the_base_instance() {
    assert!(Instance::<App>::current().unwrap().is_base());
    app::request();
}

/// Nothing here is used by accident.
#[test]
fn what_is_named_may_be_used() {
    let base = vimage::boot().unwrap();
    base.enter(app::request);
    Instance::<App>::base().unwrap().enter(app::request);
    app::V_REQUESTS.of(&base).store(0, SeqCst);
    // The hooks of base instances and code that is in base instances only.
    Vnet::base().unwrap().enter(app::request);
    if let Ok(app) = Instance::<App>::new() {
        assert_eq!(app.enter(app::request), 1);
        assert!(app.parent().unwrap().is_base());
        let mixed = Vimage::builder().fresh::<Net>().create().unwrap();
        assert!(mixed.enter(|| Instance::<App>::current().unwrap().is_base()));
        assert!(Vimage::current().is_none());
    }
    assert!(Instance::<App>::list().count() >= 1);
}

/// The line in this file allows it for one class.
#[test]
fn what_is_allowed_may_be_used() {
    assert!(log::line() >= 1 && log::line() >= 2);
    thread::spawn(log::line).join().unwrap();
}

// The following fail on purpose, where there are instances: the test at the end runs each in a process of its own.

#[vimage::test]
#[ignore = "fails on purpose"]
fn fails_thread() {
    // Nobody looks at what became of it.
    _ = thread::spawn(app::request).join();
}

#[vimage::test]
#[ignore = "fails on purpose"]
#[should_panic(expected = "on purpose")]
fn fails_thread_although_the_test_panics_as_expected() {
    _ = thread::spawn(app::request).join();
    panic!("on purpose");
}

#[vimage::test]
#[ignore = "fails on purpose"]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn fails_task() {
    _ = tokio::spawn(async { app::request() }).await;
}

#[vimage::test]
#[ignore = "fails on purpose"]
#[tokio::test]
async fn fails_task_on_the_thread_of_the_test() {
    _ = tokio::spawn(async { app::request() }).await;
}

#[vimage::test]
#[ignore = "fails on purpose"]
fn fails_question() {
    _ = thread::spawn(|| Instance::<App>::current().is_some()).join();
}

#[vimage::test]
#[ignore = "fails on purpose"]
fn fails_sysctl() {
    _ = thread::spawn(|| vimage::sysctl::get("app.requests").is_ok()).join();
}

#[vimage::test]
#[ignore = "fails on purpose"]
fn fails_with_what_is_allowed_before() {
    _ = thread::spawn(|| (log::line(), app::request())).join();
}

#[test]
#[ignore = "fails on purpose"]
fn fails_plain_test() {
    app::request();
}

static GO: AtomicBool = AtomicBool::new(false);
static LATE: Mutex<Option<thread::JoinHandle<u64>>> = Mutex::new(None);

fn starts_a_thread() {
    *LATE.lock().unwrap() = Some(thread::spawn(|| {
        while !GO.load(SeqCst) {
            thread::yield_now();
        }
        app::request()
    }));
}

#[vimage::test]
#[ignore = "fails on purpose"]
fn fails_after_another_one_1() {
    starts_a_thread();
}

#[vimage::test]
#[ignore = "fails on purpose"]
fn fails_after_another_one_2() {
    GO.store(true, SeqCst);
    _ = LATE.lock().unwrap().take().unwrap().join();
}

/// The tests of one process, and what is printed.
const FAILURES: &[(&[&str], &str)] = &[
    (&["fails_thread"], "`V_REQUESTS` of module `app`: no App instance is current on this thread"),
    (&["fails_thread_although_the_test_panics_as_expected"], "it may have been started by another test"),
    (&["fails_task"], "`future.within_current()`"),
    (&["fails_task_on_the_thread_of_the_test"], "`future.within_current()`"),
    (&["fails_question"], "the current App instance: no App instance is current on this thread"),
    (&["fails_sysctl"], "the current App instance"),
    (&["fails_with_what_is_allowed_before"], "`V_REQUESTS` of module `app`"),
    (&["fails_plain_test"], "`#[vimage::test(share(App))]`"),
    (&["fails_after_another_one_1", "fails_after_another_one_2"], "1 passed; 1 failed"),
];

#[test]
#[cfg_attr(miri, ignore = "starts processes")]
fn what_is_forgotten_fails() {
    for (tests, text) in FAILURES {
        let arguments = [&["--exact", "--ignored", "--nocapture", "--test-threads=1"], *tests].concat();
        let (status, output) = rerun(&arguments, &[]);
        if !cfg!(feature = "vimage") {
            assert!(status.success(), "{output}");
            continue;
        }
        assert!(!status.success() && output.contains(text), "{tests:?}:\n{output}");
        let is_placed = !matches!(tests, ["fails_plain_test" | "fails_sysctl"]);
        assert!(!is_placed || output.contains(", at vimage-runtime/tests/stray_threads.rs:"), "{output}");
    }
}
