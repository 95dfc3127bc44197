//! Everything that is current on a thread, to be current elsewhere.

use std::fmt;
use std::sync::Arc;

use crate::core::context::{self, ContextSet, Current};
use crate::core::{Handle, Sealed};
use crate::registry::{self, ClassEntry};

/// What is current on this thread in every class, held by handles: what a thread started here should inherit.
///
/// A context is often partial: a thread that is in an instance of `Net` need not be in one of `Cpu`. Entering these
/// contexts somewhere else makes exactly them current, also the absence of an instance, whatever was current there.
/// While it exists, the instances in it cannot be destroyed; [`downgrade`](Self::downgrade) gives contexts that keep
/// none.
///
/// ```
/// # use vimage::prelude::*;
/// use vimage::{kernel::Net, Contexts};
///
/// let base = vimage::boot()?;
/// let here = base.instance::<Net>().enter(Contexts::current);
/// let there = std::thread::spawn(move || here.enter(Vnet::current)).join().unwrap();
/// assert_eq!(there, Some(base.instance::<Net>()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// In builds without instances it holds nothing, and entering it is a call.
#[derive(Clone)]
pub struct Contexts {
    pub(super) captured: Arc<All>,
}

/// What was current in each class, in the order of `registry::classes()`; nothing before boot.
#[derive(Default)]
pub(super) struct All {
    /// Ready to be entered. The handles below keep the instances.
    set: ContextSet,
    /// Of most programs these are all: one allocation.
    first: [Captured; 4],
    others: Vec<Captured>,
}

/// What was current in one class.
#[derive(Debug, Default)]
pub(super) enum Captured {
    /// Nothing was entered.
    #[default]
    Nothing,
    /// An instance to which no handle can be made any more: its detach hooks run, or its variables are being
    /// dropped. Nothing may be resolved instead, not even the base instance.
    Barred,
    Instance(Handle),
}

impl Contexts {
    /// Takes hold of what is current on this thread. One counted handle per class that has a current instance.
    ///
    /// The instance whose detach hooks run on this thread cannot be held; nothing is current in its class then,
    /// where these contexts are entered.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::Contexts;
    ///
    /// let vnet = Vnet::base()?;
    /// let here = vnet.enter(Contexts::current);
    /// assert_eq!(here.enter(Vnet::current), Some(vnet));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn current() -> Self {
        let mut all = All::default();
        // A loop and not an iterator with a closure, which would hide the caller.
        for (index, class) in classes().iter().enumerate() {
            all.put(index, Captured::on_this_thread(class));
        }
        all.ready()
    }

    /// Runs `f` in these contexts and no others, then restores what was; also when `f` panics.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// use vimage::Contexts;
    ///
    /// # #[cfg(feature = "vimage")] {
    /// let nothing = Contexts::current();
    /// let (red, blue) = (Vnet::new()?, Vnet::new()?);
    /// let in_red = red.enter(Contexts::current);
    /// assert_eq!(blue.enter(|| in_red.enter(Vnet::current)), Some(red));
    /// assert_eq!(blue.enter(|| nothing.enter(Vnet::current)), None);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        self.captured.set.enter(f)
    }

    pub(super) fn each(&self) -> impl Iterator<Item = &Captured> {
        self.captured.each()
    }
}

impl All {
    /// Sets what was current in the next class, whose number is `index`.
    pub(super) fn put(&mut self, index: usize, captured: Captured) {
        match self.first.get_mut(index) {
            Some(first) => *first = captured,
            None => self.others.push(captured),
        }
    }

    fn each(&self) -> impl Iterator<Item = &Captured> {
        self.first.iter().chain(&self.others)
    }

    /// When it says something of all classes.
    pub(super) fn ready(mut self) -> Contexts {
        self.set = ContextSet::new(self.each().map(Captured::current));
        Contexts { captured: Arc::new(self) }
    }
}

impl Sealed for Contexts {}

impl Captured {
    #[track_caller]
    fn on_this_thread(class: &'static ClassEntry) -> Self {
        match context::found(class) {
            Current::Nothing => Self::Nothing,
            Current::Barred => Self::Barred,
            // SAFETY: it is current, and this thread does not leave it meanwhile.
            Current::Instance(block) => match unsafe { Handle::of_current(block) } {
                Some(handle) => Self::Instance(handle),
                None => Self::Barred,
            },
        }
    }

    fn current(&self) -> Current {
        match self {
            Self::Nothing => Current::Nothing,
            Self::Barred => Current::Barred,
            Self::Instance(handle) => Current::Instance(handle.as_ptr()),
        }
    }
}

/// The classes in which anything can be entered.
fn classes() -> &'static [&'static ClassEntry] {
    if cfg!(feature = "vimage") { registry::classes() } else { &[] }
}

/// What is entered: `Contexts [(Net#3 "red", Live)]`.
impl fmt::Debug for Contexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entered = self.each().filter_map(|captured| match captured {
            Captured::Instance(handle) => Some(handle),
            Captured::Nothing | Captured::Barred => None,
        });
        f.write_str("Contexts ")?;
        f.debug_list().entries(entered).finish()
    }
}

/// Runs `f` with no current instance in any class, then restores what was.
///
/// For work that runs on another owner's thread: the worker of a pool, which may be waiting inside an instance while
/// it takes up a job of another, a signal handler's thread, a callback of a foreign library. What runs in there
/// enters what it needs; it cannot touch the waiting instance by accident. A class that falls back on its base
/// instance does so in there as well.
///
/// ```
/// # use vimage::prelude::*;
/// let base = vimage::boot()?;
/// base.enter(|| {
///     let inside = vimage::isolated(Vnet::current);
/// #   #[cfg(feature = "vimage")]
///     assert_eq!(inside, None);
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It costs as much as entering a [`Vimage`](crate::Vimage). In builds without instances this is a call of `f`.
pub fn isolated<R>(f: impl FnOnce() -> R) -> R {
    context::leave_all(f)
}
