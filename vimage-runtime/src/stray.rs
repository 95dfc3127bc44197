//! Keeps the tests of a binary apart. Where it has `#[vimage::test]`s, a thread without a context is not given the base
//! instance, which all tests share: it may be one that a test has started without its contexts.

use std::fmt;
use std::panic::Location;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use crate::core::context::{self, Current};
use crate::registry::{ClassEntry, classes, collection};

/// What a test binary says of its tests.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum TestEntry {
    /// There is a `#[vimage::test]`.
    Test,
    /// Threads without a context may use the base instances of all classes.
    AllowBase,
    /// They may use that of this class.
    AllowBaseOf(&'static ClassEntry),
}

collection! { VIMAGE_TESTS: &'static TestEntry }

/// Lets threads without a context use base instances in a test binary that has `#[vimage::test]`s.
///
/// In such a binary a use of a base instance by a thread that is in no instance panics, and fails the tests that run,
/// because the thread may have been started by one of them without its contexts: see [`test`](macro@crate::test). This
/// macro, once anywhere in the binary, allows it: for the classes that it names, or for all.
///
/// ```
/// vimage::class! {
///     /// One log for all tests, on purpose.
///     pub struct Log;
///     no_context = base
/// }
///
/// vimage::allow_base_in_tests!(Log);
/// # fn main() {}
/// ```
///
/// In builds without instances it has no effect.
#[macro_export]
macro_rules! allow_base_in_tests {
    () => {
        $crate::__private::register!(VIMAGE_TESTS: &'static $crate::__private::TestEntry = &$crate::__private::TestEntry::AllowBase);
    };
    ($($class:ty),+ $(,)?) => {$(
        $crate::__private::register!(VIMAGE_TESTS: &'static $crate::__private::TestEntry =
            &$crate::__private::TestEntry::AllowBaseOf(<$class as $crate::__private::Class>::ENTRY));
    )+};
}

/// The entries of the binary, read once.
struct Rules {
    /// There are `#[vimage::test]`s, and no word that allows all.
    apply: bool,
    allowed: Vec<&'static ClassEntry>,
}

fn rules() -> &'static Rules {
    static RULES: OnceLock<Rules> = OnceLock::new();
    RULES.get_or_init(|| {
        let entries = collected();
        let has_tests = entries.iter().any(|entry| matches!(entry, TestEntry::Test));
        let allows_all = entries.iter().any(|entry| matches!(entry, TestEntry::AllowBase));
        let allowed = entries.iter().filter_map(|entry| match **entry {
            TestEntry::AllowBaseOf(class) => Some(class),
            TestEntry::Test | TestEntry::AllowBase => None,
        });
        Rules { apply: has_tests && !allows_all, allowed: allowed.collect() }
    })
}

/// Whether the base instance may be made current for good on a thread without a context.
///
/// Where the rules apply it is not: then what is current was entered by somebody.
pub(crate) fn may_adopt() -> bool {
    !rules().apply
}

/// Checks that a thread without a context may use the base instance of this class.
///
/// # Panics
///
/// If it may have been started by a test.
#[track_caller]
pub(crate) fn check(class: &'static ClassEntry, used: fmt::Arguments<'_>) {
    let rules = rules();
    if !rules.apply || rules.allowed.contains(&class) || is_in_base_instances() {
        return;
    }
    let place = Location::caller();
    let thread = thread::current();
    let thread = thread.name().map_or_else(|| "an unnamed thread".to_owned(), |name| format!("the thread `{name}`"));
    let mut seen = seen();
    seen.count += 1;
    seen.last = format!("{used}, at {place}, on {thread}");
    drop(seen);
    let class = class.name;
    panic!(
        "{used}: no {class} instance is current on this thread, and in a binary with `#[vimage::test]`s code does not \
         fall back on the base instance, which all tests share\n\
         help: start the thread with `vimage::thread::spawn`, wrap a task in `future.within_current()`, or a callback in \
         `Contexts::current().bind(…)`; for a test on the base instance write `#[vimage::test(share({class}))]`; \
         to allow base instances in all tests of the binary write `vimage::allow_base_in_tests!();`"
    );
}

/// Whether the thread has entered base instances, and no others: a hook of a base instance, and what follows an explicit
/// `enter` of one.
fn is_in_base_instances() -> bool {
    let mut entered = false;
    for class in classes() {
        match context::found(class) {
            Current::Nothing => {}
            // SAFETY: the owner of the context keeps the instance alive while this thread is in it.
            Current::Instance(header) if unsafe { header.as_ref() }.is_base() => entered = true,
            Current::Instance(_) | Current::Barred => return false,
        }
    }
    entered
}

/// The uses that were refused.
struct Seen {
    count: u64,
    last: String,
    /// How many of them have failed a test.
    claimed: u64,
}

static SEEN: Mutex<Seen> = Mutex::new(Seen { count: 0, last: String::new(), claimed: 0 });

fn seen() -> MutexGuard<'static, Seen> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks out for refused uses while a test runs. What was refused while no test ran counts for the next one.
#[derive(Debug)]
pub(crate) struct Watch {
    claimed: u64,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self { claimed: seen().claimed }
    }

    /// The last use that was refused meanwhile.
    pub(crate) fn refused(&self) -> Option<String> {
        let mut seen = seen();
        if seen.count == self.claimed {
            return None;
        }
        seen.claimed = seen.count;
        Some(seen.last.clone())
    }
}
