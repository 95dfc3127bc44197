//! The contexts of all classes at a time: those of the runtime's classes with a few instructions, and then those of the
//! other classes one by one.

use std::marker::PhantomData;
use std::panic::Location;
use std::ptr::NonNull;

use super::Current;
use super::instances::{Restore, nesting_broken};
use super::stack::Entered;
use crate::core::header::Header;
use crate::registry::{
    ClassEntry, Context, OF_RUNTIME, RuntimeContexts, classes, has_other_classes, other_classes, replace_of_runtime,
};

/// What is to be current in each class.
#[derive(Debug)]
pub(crate) struct ContextSet {
    of_runtime: RuntimeContexts,
    /// In the order of [`other_classes`]; nothing in those that are left out.
    others: Vec<Context>,
}

// SAFETY: these are addresses. `enter` makes them current, which its caller vouches for on each thread.
unsafe impl Send for ContextSet {}
// SAFETY: as above.
unsafe impl Sync for ContextSet {}

impl Default for ContextSet {
    /// Nothing in any class.
    fn default() -> Self {
        Self { of_runtime: [Context::NONE; OF_RUNTIME], others: Vec::new() }
    }
}

impl ContextSet {
    /// What this says of each class, in the order of [`classes`].
    pub(crate) fn new(each: impl Iterator<Item = Current>) -> Self {
        let mut set = Self::default();
        for (class, current) in classes().iter().zip(each) {
            let context = match current {
                Current::Nothing => Context::NONE,
                Current::Barred => Context::BARRED,
                Current::Instance(header) => Context::of(header),
            };
            match class.context.index_in_runtime() {
                Some(index) => set.of_runtime[index] = context,
                None => set.others.push(context),
            }
        }
        set
    }

    /// Runs `f` with this as what is current.
    ///
    /// The caller keeps the instances alive until this returns.
    #[inline]
    #[track_caller]
    pub(crate) fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        let each = || self.of_runtime.iter().chain(&self.others);
        let _entered = Entered::each(each().filter_map(|context| context.block()), Location::caller());
        enter(&self.of_runtime, &self.others, Context::NONE, f)
    }
}

/// Runs `f` in all these instances, each of a class of its own.
///
/// The caller keeps the instances alive until this returns.
#[track_caller]
pub(crate) fn enter_each(headers: &[NonNull<Header>], f: &mut dyn FnMut()) {
    let Some((&header, others)) = headers.split_first() else { return f() };
    // SAFETY: the caller keeps the instance.
    let class = unsafe { header.as_ref() }.class;
    let place = Location::caller();
    let _entered = Entered::new(header, place);
    let _restore = Restore::set(class.context, Context::of(header), None);
    enter_each(others, f);
}

/// Runs `f` with no context in any class.
pub(crate) fn leave_all<R>(f: impl FnOnce() -> R) -> R {
    enter(&[Context::NONE; OF_RUNTIME], &[], Context::NONE, f)
}

/// Runs `f` with nothing to resolve in any class, whatever the classes say.
pub(crate) fn bar_all<R>(f: impl FnOnce() -> R) -> R {
    enter(&[Context::BARRED; OF_RUNTIME], &[], Context::BARRED, f)
}

/// Runs `f` with these contexts; in the classes that have none of `others`, with `rest`.
#[inline]
fn enter<R>(of_runtime: &RuntimeContexts, others: &[Context], rest: Context, f: impl FnOnce() -> R) -> R {
    let _restore = RestoreOfRuntime::<R>::set(of_runtime);
    if has_other_classes() { enter_with_others(others, rest, f) } else { f() }
}

#[cold]
#[inline(never)]
fn enter_with_others<R>(others: &[Context], rest: Context, f: impl FnOnce() -> R) -> R {
    let (mut f, mut result) = (Some(f), None);
    enter_others(other_classes(), others, rest, &mut || result = f.take().map(|f| f()));
    result.expect("it was run once")
}

/// One class after the other, each in a stack frame of its own.
fn enter_others(classes: &[&'static ClassEntry], contexts: &[Context], rest: Context, f: &mut dyn FnMut()) {
    let Some((class, classes)) = classes.split_first() else { return f() };
    let (context, contexts) = contexts.split_first().map_or((rest, contexts), |(first, others)| (*first, others));
    let adopts = if context == Context::NONE { Some(*class) } else { None };
    let _restore = Restore::set(class.context, context, adopts);
    enter_others(classes, contexts, rest, f);
}

/// Contexts that were set; restores what was when it is dropped.
///
/// `R` has it compiled in the crate that enters the contexts: there, code that reaches a thread-local of this crate does not
/// call a function for it.
struct RestoreOfRuntime<'a, R> {
    entered: &'a RuntimeContexts,
    before: RuntimeContexts,
    compiled_for: PhantomData<fn() -> R>,
}

impl<'a, R> RestoreOfRuntime<'a, R> {
    #[inline(always)]
    fn set(entered: &'a RuntimeContexts) -> Self {
        Self { entered, before: replace_of_runtime(entered), compiled_for: PhantomData }
    }
}

impl<R> Drop for RestoreOfRuntime<'_, R> {
    // Inlined, it would take registers from `f` for what can stay in memory.
    #[inline(never)]
    fn drop(&mut self) {
        let [a, b, c, d] = replace_of_runtime(&self.before);
        if [a, b, c, d] != *self.entered {
            check_adopted(self.entered, a, b, c, d);
        }
    }
}

/// The base instances of classes may have taken the place of [`Context::NONE`] meanwhile.
#[cold]
#[inline(never)]
fn check_adopted(entered: &RuntimeContexts, a: Context, b: Context, c: Context, d: Context) {
    // Passed in registers, so that the caller needs no memory for them.
    let found = [a, b, c, d];
    for class in classes() {
        let Some(index) = class.context.index_in_runtime() else { continue };
        let is_base = || class.base.get() == Some(&found[index].addr());
        if found[index] != entered[index] && !(entered[index] == Context::NONE && is_base()) {
            nesting_broken();
        }
    }
}
