//! `#[vimage::test]` and `#[vimage::main]`.

mod support;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use support::reruns::rerun;
use vimage::prelude::*;

#[vnet_module]
mod registry {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Limit(pub usize);

    #[virtualized]
    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[virtualized]
    static LIMIT: Mutex<Option<Limit>> = Mutex::new(None);

    #[attach]
    fn iattach(arguments: &vimage::Arguments) {
        *V_LIMIT.lock().unwrap() = arguments.get::<Limit>().copied();
    }

    pub fn limit() -> Option<Limit> {
        *V_LIMIT.lock().unwrap()
    }

    pub fn register(name: &str) -> usize {
        let mut names = V_NAMES.lock().unwrap();
        names.push(name.to_owned());
        names.len()
    }

    /// Removes what other tests left in the base instance, which they share in builds without instances.
    pub fn clear() {
        V_NAMES.lock().unwrap().clear();
    }

    #[cfg(test)]
    mod tests {
        /// Code in a module is virtualized code, also in its tests.
        #[vimage::test]
        fn a_test_in_a_module_is_in_its_own_vimage_too() {
            super::clear();
            assert_eq!(super::V_NAMES.lock().unwrap().len(), 0);
            super::register("x");
            assert_eq!(super::V_NAMES.lock().unwrap()[0], "x");
        }
    }
}

/// How many of these tests are running.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// Fails where two tests share their instance, at once or one after the other.
fn work() {
    let running = RUNNING.fetch_add(1, SeqCst);
    assert!(cfg!(feature = "vimage") || running == 0, "without instances one test runs at a time");
    registry::clear();
    for n in 1..=50 {
        assert_eq!(registry::register("x"), n);
        thread::yield_now();
    }
    RUNNING.fetch_sub(1, SeqCst);
}

#[vimage::test]
fn first() {
    work();
}

#[vimage::test]
fn second() {
    work();
}

#[vimage::test]
#[test]
fn under_the_usual_attribute() {
    work();
}

#[vimage::test]
fn with_a_result() -> Result<(), std::num::ParseIntError> {
    work();
    let number: u8 = "7".parse()?;
    assert_eq!(number, 7);
    Ok(())
}

#[vimage::test]
fn with_an_exit_code() -> std::process::ExitCode {
    work();
    std::process::ExitCode::SUCCESS
}

#[vimage::test]
fn with_an_opaque_result() -> impl std::process::Termination {
    work();
}

#[vimage::test]
#[should_panic]
fn that_panics() {
    panic!("on purpose");
}

#[vimage::test]
#[should_panic(expected = "on purpose")]
fn that_panics_with_a_text() {
    panic!("it panicked on purpose");
}

#[vimage::test]
#[should_panic = "on purpose"]
#[tokio::test]
async fn that_panics_later() {
    tokio::task::yield_now().await;
    panic!("it panicked on purpose");
}

#[vimage::test(share(Cpu, crate::Tenant), args(registry::Limit(3), "unused"))]
fn with_options() {
    assert!(Vcpu::current().unwrap().is_base() && vimage::Instance::<Tenant>::current().unwrap().is_base());
    if cfg!(feature = "vimage") {
        assert!(!Vnet::current().unwrap().is_base() && !Vprocg::current().unwrap().is_base());
        assert_eq!(Vnet::current().unwrap().name(), Some("with_options"));
        assert_eq!(registry::limit(), Some(registry::Limit(3)));
    } else {
        assert_eq!(registry::limit(), None);
    }
}

#[vimage::test]
fn every_class_is_fresh() {
    let fresh = cfg!(feature = "vimage");
    assert_ne!(Vnet::current().unwrap().is_base(), fresh);
    assert_ne!(Vcpu::current().unwrap().is_base(), fresh);
    assert_ne!(vimage::Instance::<Tenant>::current().unwrap().is_base(), fresh);
}

vimage::class! {
    /// A class of the user's.
    pub struct Tenant;
    no_context = base
}

#[vimage::test]
#[tokio::test]
async fn on_one_thread() {
    tokio::task::yield_now().await;
    work();
}

#[vimage::test]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_several_threads() -> Result<(), tokio::task::JoinError> {
    registry::clear();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        tasks.spawn(
            async { tokio::task::spawn_blocking(vimage::Contexts::current().bind(|| registry::register("x"))).await }
                .within_current(),
        );
    }
    let mut seen = Vec::new();
    while let Some(task) = tasks.join_next().await {
        seen.push(task??);
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=8).collect::<Vec<_>>());
    Ok(())
}

/// The runtime is in the vimage as well then.
#[tokio::test]
#[vimage::test]
async fn below_an_executor() {
    tokio::task::yield_now().await;
    work();
}

/// A thread that is just ending gets a moment to release its handles.
#[vimage::test]
fn a_thread_that_is_just_ending() {
    vimage::thread::spawn(|| thread::sleep(Duration::from_millis(50)));
}

// The following fail on purpose: the test at the end runs each in a process of its own.

#[vimage::test]
#[ignore = "fails on purpose"]
fn fails_thread_left_behind() {
    vimage::thread::spawn(|| thread::sleep(Duration::from_secs(60)));
}

static KEPT: Mutex<Option<Vnet>> = Mutex::new(None);

#[vimage::test]
#[ignore = "fails on purpose"]
#[should_panic(expected = "on purpose")]
fn fails_handle_left_behind_by_a_panic() {
    *KEPT.lock().unwrap() = Vnet::current();
    panic!("on purpose");
}

#[vimage::test]
#[ignore = "fails on purpose"]
#[tokio::test]
async fn fails_task_left_behind() -> Result<(), String> {
    tokio::spawn(std::future::pending::<()>().within_current());
    Err("and it returned this".to_owned())
}

#[vimage::test]
#[ignore = "fails on purpose"]
#[should_panic]
fn fails_no_panic() {}

#[vimage::test]
#[ignore = "fails on purpose"]
#[should_panic(expected = "apples")]
fn fails_other_panic() {
    panic!("pears");
}

#[vimage::test]
#[ignore = "fails on purpose"]
fn fails_assertion() {
    assert_eq!(registry::register("x"), 0, "the usual way to fail");
}

#[vimage::test]
#[ignore = "fails on purpose"]
fn fails_result() -> Result<(), String> {
    Err("said by its result".to_owned())
}

// Rustc expands the first one first, and the second one sees nothing of it.
#[test]
#[vimage::test]
#[ignore = "fails on purpose"]
fn fails_registered_twice() {}

/// In builds without instances nothing can be left behind.
const FAILURES: &[(&str, &str, bool)] = &[
    ("fails_thread_left_behind", "something still holds its vimage", true),
    ("fails_handle_left_behind_by_a_panic", "\"fails_handle_left_behind_by_a_panic\"", true),
    ("fails_task_left_behind", "and it returned this", false),
    ("fails_no_panic", "the test did not panic as expected", false),
    ("fails_other_panic", "the panic \"pears\" did not contain the expected \"apples\"", false),
    ("fails_assertion", "the usual way to fail", false),
    ("fails_result", "said by its result", false),
    ("fails_registered_twice", "write `#[vimage::test]` above it", false),
];

/// Tells those who read of a failure that the test had no instance of its own.
const NOT_ON: &str = "enable the feature `vimage` of the package `vimage`";

#[test]
#[cfg_attr(miri, ignore = "starts processes")]
fn failing_tests_fail_and_say_why() {
    for &(name, text, instances_only) in FAILURES {
        // Not `--exact`: some versions of libtest then run only one of two tests of that name.
        let (status, output) = rerun(&[name, "--ignored", "--nocapture"], &[]);
        if instances_only && !cfg!(feature = "vimage") {
            assert!(status.success(), "{output}");
            continue;
        }
        assert!(!status.success() && output.contains(text), "{name}:\n{output}");
        let is_explained = !name.contains("registered_twice") && !cfg!(feature = "vimage");
        assert_eq!(output.matches(NOT_ON).count(), usize::from(is_explained), "{name}:\n{output}");
        if name.ends_with("left_behind") && cfg!(feature = "vimage") {
            assert!(output.contains("something still holds its vimage"), "{name}:\n{output}");
        }
        if cfg!(all(feature = "vimage", feature = "invariants")) && output.contains("something still holds") {
            assert!(output.contains("made at vimage-runtime/tests/travel_attributes.rs:"), "{name}:\n{output}");
        }
    }
}

#[vimage::test]
fn a_test_may_call_others() {
    registry::clear();
    registry::register("outer");
    let outer = Vnet::current().unwrap();
    second();
    with_an_exit_code();
    nested_panics_are_its_own();
    // It is back in its own vimage, which the others have not seen, where there are several.
    assert_eq!(Vnet::current(), Some(outer));
    assert_eq!(registry::register("outer"), if cfg!(feature = "vimage") { 2 } else { 52 });
}

#[vimage::test]
#[should_panic(expected = "on purpose")]
fn nested_panics_are_its_own() {
    that_panics();
    let outer = Vnet::current();
    assert!(std::panic::catch_unwind(fails_assertion).is_err());
    assert_eq!(Vnet::current(), outer);
    panic!("on purpose");
}

#[vimage::test]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_async_test_may_call_others() {
    let outer = Vnet::current();
    second();
    tokio::task::yield_now().await;
    tokio::task::block_in_place(on_one_thread);
    assert_eq!(Vnet::current(), outer);
}

mod program {
    #[vimage::main]
    pub fn main() -> Result<u64, String> {
        let id = super::Vnet::current().ok_or("no context")?.id();
        Ok(id)
    }

    pub mod asynchronous {
        #[vimage::main]
        #[tokio::main(flavor = "current_thread")]
        pub async fn main() -> Option<u64> {
            tokio::task::yield_now().await;
            Some(super::super::Vnet::current()?.id())
        }
    }
}

#[test]
fn main_runs_in_the_base_vimage() {
    assert_eq!(program::main(), Ok(0));
    assert_eq!(program::asynchronous::main(), Some(0));
}

/// All on one thread: tasks that have to be dropped before the end are polled there first.
mod on_one_thread {
    use super::registry;
    use vimage::prelude::*;

    #[vimage::test]
    #[tokio::test]
    async fn an_aborted_task_lets_go() {
        let task = tokio::spawn(std::future::pending::<()>().within_current());
        tokio::task::yield_now().await;
        task.abort();
    }

    #[vimage::test]
    #[tokio::test]
    async fn the_tasks_of_a_dropped_set_let_go() {
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async { _ = registry::register("in a task") }.within_current());
        tasks.spawn(std::future::pending().within_current());
    }

    #[vimage::test]
    #[tokio::test]
    async fn a_task_that_ends_with_its_channel_lets_go() {
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel::<()>();
        tokio::spawn(async move { while told.recv().await.is_some() {} }.within_current());
        drop(tell);
    }
}

#[cfg(feature = "vimage")]
mod asked {
    use super::*;

    static QUIESCED: AtomicUsize = AtomicUsize::new(0);

    #[vcpu_module]
    mod cpu {
        use vimage::prelude::*;

        #[quiesce]
        fn quiesce() {
            if vimage::kernel::Vcpu::current().unwrap().name() == Some("asked") {
                super::QUIESCED.fetch_add(1, super::SeqCst);
            }
        }
    }

    #[test]
    fn waiting_for_others_asks_the_modules_once() {
        let vimage = vimage::Vimage::builder().fresh_all().name("asked").create().unwrap();
        let held = vimage.clone();
        let holder = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            drop(held);
        });
        vimage.destroy_within(Duration::from_secs(30)).unwrap();
        holder.join().unwrap();
        assert_eq!(QUIESCED.load(SeqCst), 1);
    }
}
