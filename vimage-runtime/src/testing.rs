//! What `#[vimage::test]` and `#[vimage::main]` expand to.

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Condvar, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use std::{process, thread};

use pin_project_lite::pin_project;

use crate::carry::future::FutureExt;
use crate::error::Chain;
use crate::failure;
use crate::stray::Watch;
use crate::vimage::{Vimage, VimageBuilder, VimageDestroyError};

/// How long a test may take to release its vimage after its body: what it has joined or aborted is dropped by then,
/// except for what another thread is just about to drop.
const GRACE: Duration = Duration::from_millis(500);

/// A test function: made by [`this_test`](crate::__private::this_test).
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// Its name.
    pub name: &'static str,
    /// The path of the module that it is in.
    pub module: &'static str,
}

/// The test function that this is in, which the binary is told of.
#[doc(hidden)]
#[macro_export]
macro_rules! __this_test {
    ($name:literal) => {{
        $crate::__private::register!(VIMAGE_TESTS: &'static $crate::__private::TestEntry = &$crate::__private::TestEntry::Test);
        $crate::__private::Test { name: $name, module: $crate::__private::core::module_path!() }
    }};
}

/// Runs the body of a test in a vimage of its own.
#[track_caller]
pub fn run<R>(
    test: Test,
    setup: impl FnOnce(VimageBuilder) -> VimageBuilder,
    failure_of: impl FnOnce(&R) -> Option<String>,
    body: impl FnOnce() -> R,
) -> R {
    let stage = Stage::new(test, setup);
    let outcome = stage.play(body);
    finish(stage.clear(), outcome, failure_of)
}

/// [`run`], for an `async` body.
pub async fn run_async<R>(
    test: Test,
    setup: impl FnOnce(VimageBuilder) -> VimageBuilder,
    failure_of: impl FnOnce(&R) -> Option<String>,
    body: impl Future<Output = R>,
) -> R {
    let stage = Stage::new(test, setup);
    let outcome = stage.play_async(body).await;
    finish(stage.clear_async().await, outcome, failure_of)
}

/// [`run`] under `#[should_panic]`. The attribute itself would take our own panic about a vimage that is still held
/// for the one it waits for.
#[track_caller]
pub fn run_should_panic(
    test: Test,
    setup: impl FnOnce(VimageBuilder) -> VimageBuilder,
    expected: Option<&str>,
    body: impl FnOnce(),
) {
    let stage = Stage::new(test, setup);
    let outcome = stage.play(body);
    finish_panicked(stage.clear(), outcome, expected);
}

/// [`run_should_panic`], for an `async` body.
pub async fn run_should_panic_async(
    test: Test,
    setup: impl FnOnce(VimageBuilder) -> VimageBuilder,
    expected: Option<&str>,
    body: impl Future<Output = ()>,
) {
    let stage = Stage::new(test, setup);
    let outcome = stage.play_async(body).await;
    finish_panicked(stage.clear_async().await, outcome, expected);
}

/// [`run`] where a `#[test]` outside of this looks at the panic.
#[track_caller]
pub fn run_panicking(test: Test, setup: impl FnOnce(VimageBuilder) -> VimageBuilder, body: impl FnOnce()) {
    let stage = Stage::new(test, setup);
    let outcome = stage.play(body);
    finish_panicking(stage.clear(), outcome);
}

/// [`run_panicking`], for an `async` body.
pub async fn run_panicking_async(
    test: Test,
    setup: impl FnOnce(VimageBuilder) -> VimageBuilder,
    body: impl Future<Output = ()>,
) {
    let stage = Stage::new(test, setup);
    let outcome = stage.play_async(body).await;
    finish_panicking(stage.clear_async().await, outcome);
}

/// Boots, and runs the body of `main` in the base vimage.
pub fn run_main<R>(body: impl FnOnce() -> R) -> R {
    boot_or_exit().enter(body)
}

/// [`run_main`], for an `async` body.
pub async fn run_main_async<R>(body: impl Future<Output = R>) -> R {
    body.within(&boot_or_exit()).await
}

fn boot_or_exit() -> Vimage {
    crate::boot().unwrap_or_else(|error| {
        eprintln!("vimage: boot has failed: {}", Chain(&error));
        process::exit(1)
    })
}

type Panic = Box<dyn Any + Send>;

thread_local! {
    /// Whether the body of a test runs on this thread.
    static IN_A_TEST: Cell<bool> = const { Cell::new(false) };
}

/// Runs the body of a test, or polls it.
fn in_a_test<R>(f: impl FnOnce() -> R) -> Result<R, Panic> {
    let before = IN_A_TEST.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(f));
    IN_A_TEST.set(before);
    outcome
}

/// Where one test runs.
struct Stage {
    name: &'static str,
    /// Called from the body of another test.
    nested: bool,
    vimage: Vimage,
    watch: Watch,
    /// Given up last.
    _turn: Option<Turn>,
}

impl Stage {
    #[track_caller]
    fn new(test: Test, setup: impl FnOnce(VimageBuilder) -> VimageBuilder) -> Self {
        let Test { name, .. } = test;
        let nested = IN_A_TEST.get();
        if !nested {
            check_registered_once(test);
        }
        // A test that is called from another one has its turn: they share the one vimage.
        let turn = (!cfg!(feature = "vimage") && !nested).then(Turn::wait);
        let base = crate::boot().unwrap_or_else(|error| panic!("boot has failed: {}", Chain(&error)));
        let vimage = if cfg!(feature = "vimage") {
            let builder = setup(Vimage::builder().starting_from(&base).fresh_all().name(name));
            builder
                .create()
                .unwrap_or_else(|error| panic!("there is no vimage for the test `{name}`: {}", Chain(&error)))
        } else {
            base
        };
        Self { name, nested, vimage, watch: Watch::new(), _turn: turn }
    }

    fn play<R>(&self, body: impl FnOnce() -> R) -> Result<R, Panic> {
        in_a_test(|| self.vimage.enter(body))
    }

    async fn play_async<R>(&self, body: impl Future<Output = R>) -> Result<R, Panic> {
        InATest { future: body.within(&self.vimage) }.await
    }

    /// Destroys the vimage.
    fn clear(self) -> Cleared {
        let Self { name, nested, vimage, watch, _turn } = self;
        let ended = if cfg!(feature = "vimage") { vimage.destroy_within(GRACE) } else { Ok(()) };
        Cleared::new(name, nested, &watch, ended, _turn)
    }

    async fn clear_async(self) -> Cleared {
        let Self { name, nested, vimage, watch, _turn } = self;
        // The tasks that have to release it may be waiting for this very thread.
        let ended = if cfg!(feature = "vimage") { vimage.destroy_giving_way(GRACE).await } else { Ok(()) };
        Cleared::new(name, nested, &watch, ended, _turn)
    }
}

/// A `#[test]` above `#[vimage::test]` is expanded first and seen by no macro below it. Then libtest runs the test
/// twice, each time on a thread with the name of the test.
fn check_registered_once(Test { name, module }: Test) {
    static RUN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let path = match module.split_once("::") {
        Some((_, module)) => format!("{module}::{name}"),
        None => name.to_owned(),
    };
    if thread::current().name() != Some(&path) {
        return;
    }
    let is_first = RUN.lock().unwrap_or_else(PoisonError::into_inner).insert(path);
    assert!(
        is_first,
        "the test `{name}` is registered twice: an attribute that makes it a test (`#[test]`, `#[tokio::test]`, \
         `#[test_case]`, …) is above `#[vimage::test]`\nhelp: write `#[vimage::test]` above it"
    );
}

/// The stage after the test.
struct Cleared {
    /// What is wrong apart from the outcome of the body.
    faults: Vec<String>,
    /// What somebody who looks at a failure should know.
    note: Option<String>,
    /// Given up when the outcome is known.
    _turn: Option<Turn>,
}

impl Cleared {
    fn new(
        name: &'static str,
        nested: bool,
        watch: &Watch,
        ended: Result<(), VimageDestroyError>,
        turn: Option<Turn>,
    ) -> Self {
        let strayed = watch.refused().map(|used| {
            format!(
                "while the test `{name}` ran, a thread without a context used a base instance, which tests share; it \
                 may have been started by another test: {used}"
            )
        });
        let left_behind = ended.err().map(|error| left_behind(name, &error));
        let note = (!cfg!(feature = "vimage") && !nested).then(|| {
            format!(
                "note: there are no instances in this build, so that `{name}` ran on the globals of the process, as the \
                 tests before it; for tests of their own enable the feature `vimage` of the package `vimage`"
            )
        });
        Self { faults: strayed.into_iter().chain(left_behind).collect(), note, _turn: turn }
    }

    /// What is wrong, and what to know of it, a line each.
    fn text(&self) -> String {
        let lines: Vec<&str> = self.faults.iter().chain(&self.note).map(String::as_str).collect();
        lines.join("\n")
    }

    fn print(&self) {
        if !self.faults.is_empty() || self.note.is_some() {
            eprintln!("{}", self.text());
        }
    }
}

fn left_behind(name: &str, error: &VimageDestroyError) -> String {
    match error {
        VimageDestroyError::Busy { .. } => format!(
            "the test `{name}` has ended, but something still holds its vimage: {error}; join what it starts, \
             and drop what it keeps{}",
            if cfg!(feature = "invariants") {
                ""
            } else {
                " (the feature `invariants` of `vimage` says where the handle was made)"
            },
        ),
        error => format!("the test `{name}` has ended, but destroying its vimage failed: {}", Chain(error)),
    }
}

#[track_caller]
fn finish<R>(stage: Cleared, outcome: Result<R, Panic>, failure_of: impl FnOnce(&R) -> Option<String>) -> R {
    match outcome {
        Ok(value) => match failure_of(&value) {
            // The test fails anyway, and says why.
            Some(failure) => {
                stage.print();
                if !stage.faults.is_empty() {
                    eprintln!("note: the test has failed: {failure}");
                }
                value
            }
            None if stage.faults.is_empty() => value,
            None => panic!("{}", stage.text()),
        },
        Err(panic) => {
            stage.print();
            resume_unwind(panic)
        }
    }
}

#[track_caller]
fn finish_panicked(mut stage: Cleared, outcome: Result<(), Panic>, expected: Option<&str>) {
    let mismatch = match (outcome, expected) {
        (Ok(()), _) => Some("the test did not panic as expected".to_owned()),
        (Err(_), None) => None,
        (Err(panic), Some(expected)) => {
            let message = failure::message(panic);
            let differs = || format!("the panic {message:?} did not contain the expected {expected:?}");
            (!message.contains(expected)).then(differs)
        }
    };
    if let Some(mismatch) = mismatch {
        stage.faults.insert(0, mismatch);
    }
    assert!(stage.faults.is_empty(), "{}", stage.text());
}

/// Panics as the body did; a test that has failed otherwise does not, which the `#[test]` outside takes for a failure.
#[track_caller]
fn finish_panicking(stage: Cleared, outcome: Result<(), Panic>) {
    match outcome {
        Err(panic) if stage.faults.is_empty() => resume_unwind(panic),
        _ => stage.print(),
    }
}

/// Where there are no instances tests run one at a time; this is the right to run. Unlike a lock's guard it may be
/// held by a future that moves between threads, and a test that panics gives it up like any other.
struct Turn(());

static TAKEN: Mutex<bool> = Mutex::new(false);
static GIVEN_UP: Condvar = Condvar::new();

impl Turn {
    fn wait() -> Self {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken {
            taken = GIVEN_UP.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        *taken = true;
        Self(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) = false;
        GIVEN_UP.notify_one();
    }
}

pin_project! {
    /// A future that is the body of a test, whose panics are values.
    struct InATest<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for InATest<F> {
    type Output = Result<F::Output, Panic>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.project().future;
        match in_a_test(|| future.poll(cx)) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}
