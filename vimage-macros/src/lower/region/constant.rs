//! Places that rustc evaluates while it compiles, when there is no instance.

/// A place that must be constant, in words.
#[derive(Clone, Copy)]
pub(super) struct Constant {
    pub(super) place: &'static str,
    pub(super) help: &'static str,
}

impl Constant {
    const fn new(place: &'static str, help: &'static str) -> Self {
        Self { place, help }
    }
}

const USE_A_CONSTANT: &str = "use a `const` of its own, and list it in `except(…)` if its name starts with `V_`";
pub(super) const ITEM: Constant = Constant::new("a constant expression", USE_A_CONSTANT);
pub(super) const FUNCTION: Constant = Constant::new("a `const fn`", "make it an ordinary `fn`");
pub(super) const CLOSURE: Constant = Constant::new("a `const` closure", "make it an ordinary closure");
pub(super) const BLOCK: Constant = Constant::new("a `const` block", USE_A_CONSTANT);
pub(super) const LENGTH: Constant = Constant::new("an array length", USE_A_CONSTANT);
pub(super) const ARGUMENT: Constant = Constant::new("a generic argument", USE_A_CONSTANT);
pub(super) const PATTERN: Constant = Constant::new("a pattern", "compare in a guard: `value if value == …`");
pub(super) const INITIALIZER: Constant = Constant::new(
    "a constant initializer",
    "read it in a closure, as in `LazyLock::new(|| …)`, or set the value in an `#[attach]` function",
);
