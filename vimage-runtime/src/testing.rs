//! What `#[vimage::test]` and `#[vimage::main]` expand to.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::process;
use std::sync::{Condvar, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::carry::future::FutureExt;
use crate::failure;
use crate::vimage::{Vimage, VimageBuilder, VimageDestroyError};

/// How long a test may take to let go of its vimage after its body: what it has joined or aborted is gone by then,
/// except for what another thread is just about to drop.
const GRACE: Duration = Duration::from_millis(500);

/// Runs the body of a test in a vimage of its own.
#[track_caller]
pub fn run<R>(
    name: &str,
    setup: impl FnOnce(VimageBuilder) -> VimageBuilder,
    failure_of: impl FnOnce(&R) -> Option<String>,
    body: impl FnOnce() -> R,
) -> R {
    let stage = Stage::new(name, setup);
    let outcome = stage.play(body);
    finish(stage.clear(), outcome, failure_of)
}

/// [`run`], for an `async` body.
pub async fn run_async<R>(
    name: &str,
    setup: impl FnOnce(VimageBuilder) -> VimageBuilder,
    failure_of: impl FnOnce(&R) -> Option<String>,
    body: impl Future<Output = R>,
) -> R {
    let stage = Stage::new(name, setup);
    let outcome = stage.play_async(body).await;
    finish(stage.clear_async().await, outcome, failure_of)
}

/// [`run`] under `#[should_panic]`. The attribute itself would take our own panic about a vimage that is still held
/// for the one it waits for.
#[track_caller]
pub fn run_should_panic(
    name: &str,
    setup: impl FnOnce(VimageBuilder) -> VimageBuilder,
    expected: Option<&str>,
    body: impl FnOnce(),
) {
    let stage = Stage::new(name, setup);
    let outcome = stage.play(body);
    finish_panicked(stage.clear(), outcome, expected);
}

/// [`run_should_panic`], for an `async` body.
pub async fn run_should_panic_async(
    name: &str,
    setup: impl FnOnce(VimageBuilder) -> VimageBuilder,
    expected: Option<&str>,
    body: impl Future<Output = ()>,
) {
    let stage = Stage::new(name, setup);
    let outcome = stage.play_async(body).await;
    finish_panicked(stage.clear_async().await, outcome, expected);
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
        eprintln!("vimage: boot has failed: {error}");
        process::exit(1)
    })
}

type Panic = Box<dyn Any + Send>;

/// Where one test runs.
struct Stage {
    name: Box<str>,
    vimage: Vimage,
    /// Given up last.
    _turn: Option<Turn>,
}

impl Stage {
    fn new(name: &str, setup: impl FnOnce(VimageBuilder) -> VimageBuilder) -> Self {
        let turn = (!cfg!(feature = "vimage")).then(Turn::wait);
        let base = crate::boot().unwrap_or_else(|error| panic!("boot has failed: {error}"));
        let vimage = if cfg!(feature = "vimage") {
            let builder = setup(Vimage::builder().starting_from(&base).fresh_all().name(name));
            builder.create().unwrap_or_else(|error| panic!("there is no vimage for the test `{name}`: {error}"))
        } else {
            base
        };
        Self { name: name.into(), vimage, _turn: turn }
    }

    fn play<R>(&self, body: impl FnOnce() -> R) -> Result<R, Panic> {
        catch_unwind(AssertUnwindSafe(|| self.vimage.enter(body)))
    }

    async fn play_async<R>(&self, body: impl Future<Output = R>) -> Result<R, Panic> {
        CatchUnwind { future: body.within(&self.vimage) }.await
    }

    /// Ends the vimage.
    fn clear(self) -> Cleared {
        let Self { name, vimage, _turn } = self;
        let ended = if cfg!(feature = "vimage") { vimage.destroy_within(GRACE) } else { Ok(()) };
        Cleared { left_behind: ended.err().map(|error| left_behind(&name, &error)), _turn }
    }

    async fn clear_async(self) -> Cleared {
        let Self { name, vimage, _turn } = self;
        // The tasks that have to let go may be waiting for this very thread.
        let ended = if cfg!(feature = "vimage") { vimage.destroy_giving_way(GRACE).await } else { Ok(()) };
        Cleared { left_behind: ended.err().map(|error| left_behind(&name, &error)), _turn }
    }
}

/// The stage after the test.
struct Cleared {
    /// What is wrong with its end.
    left_behind: Option<String>,
    /// Given up when the outcome is told.
    _turn: Option<Turn>,
}

fn left_behind(name: &str, error: &VimageDestroyError) -> String {
    match error {
        VimageDestroyError::Busy { .. } => format!(
            "the test `{name}` has ended, but something still holds its vimage: {error}; join what it starts, \
             and drop what it keeps{}",
            if cfg!(feature = "invariants") {
                ""
            } else {
                " (the feature `invariants` of `vimage` says where it was taken hold of)"
            },
        ),
        error => format!("the test `{name}` has ended, but its vimage did not: {error}"),
    }
}

#[track_caller]
fn finish<R>(stage: Cleared, outcome: Result<R, Panic>, failure_of: impl FnOnce(&R) -> Option<String>) -> R {
    match (outcome, &stage.left_behind) {
        (Ok(value), None) => value,
        (Ok(value), Some(left_behind)) => match failure_of(&value) {
            // The test fails anyway, and says why.
            Some(failure) => {
                eprintln!("{left_behind}\nnote: the test has failed: {failure}");
                value
            }
            None => panic!("{left_behind}"),
        },
        (Err(panic), left_behind) => {
            if let Some(left_behind) = left_behind {
                eprintln!("{left_behind}");
            }
            resume_unwind(panic)
        }
    }
}

#[track_caller]
fn finish_panicked(stage: Cleared, outcome: Result<(), Panic>, expected: Option<&str>) {
    let mismatch = match (outcome, expected) {
        (Ok(()), _) => Some("the test did not panic as expected".to_owned()),
        (Err(_), None) => None,
        (Err(panic), Some(expected)) => {
            let message = failure::message(panic);
            let differs = || format!("the panic {message:?} did not contain the expected {expected:?}");
            (!message.contains(expected)).then(differs)
        }
    };
    let failures: Vec<String> = mismatch.into_iter().chain(stage.left_behind).collect();
    assert!(failures.is_empty(), "{}", failures.join("; "));
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
    /// A future whose panics are values.
    struct CatchUnwind<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for CatchUnwind<F> {
    type Output = Result<F::Output, Panic>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.project().future;
        match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}
