//! A vimage: one instance of every class.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::core::context::{ContextSet, Current};
use crate::core::count::{Count, Release, Waiters};
use crate::core::holders::{Holders, Ticket};
use crate::core::{Handle, HasInstances, InstanceOf, Phase, Sealed};
use crate::error::BootError;
use crate::instance::Instance;
use crate::registry::{Class, ClassEntry, classes};
use crate::{boot, current};

/// One instance of every class, fresh or shared with other vimages: the kernel's `struct vimage`.
///
/// A thread is in a vimage while it runs in [`enter`](Self::enter). What was bound to an instance earlier stays with
/// that instance, whatever vimage its thread is in later.
///
/// ```
/// # use vimage::prelude::*;
/// use vimage::kernel::{Cpu, Net};
///
/// let base = vimage::boot()?;
/// # #[cfg(feature = "vimage")] {
/// // A network of its own on the processors of all.
/// let red = Vimage::builder().fresh::<Net>().name("red").create()?;
/// assert_ne!(red.instance::<Net>(), base.instance::<Net>());
/// assert_eq!(red.instance::<Cpu>(), base.instance::<Cpu>());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Vimage {
    pub(super) shared: Arc<Shared>,
    pub(super) ticket: Ticket,
}

/// The part of a vimage that its clones share.
#[derive(Debug)]
pub(super) struct Shared {
    /// In the order of their classes.
    pub(super) members: Vec<Member>,
    /// The members, ready to be entered.
    contexts: ContextSet,
    /// The creation of one had not ended when this was made, so that it may fail.
    may_be_gone: bool,
    /// The number of clones. The count of the `Arc` cannot wake a thread that waits.
    pub(super) clones: Count,
    pub(super) waiters: Waiters,
    /// The fresh instances are destroyed already.
    pub(super) is_destroyed: AtomicBool,
    pub(super) holders: Holders,
}

impl Shared {
    pub(super) fn new(members: Vec<Member>) -> Self {
        Self {
            contexts: ContextSet::default(),
            may_be_gone: false,
            members,
            clones: Count::one(),
            waiters: Waiters::new(),
            is_destroyed: AtomicBool::new(false),
            holders: Holders::default(),
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if *self.is_destroyed.get_mut() {
            // `teardown::destroy` has released their last handles.
            self.members.extract_if(.., |member| member.fresh).for_each(|member| std::mem::forget(member.handle));
        }
        // The last one first, in the reverse of the order in which they were made.
        while self.members.pop().is_some() {}
    }
}

/// The instance of one class.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) handle: Handle,
    /// Made for this vimage, which ends it.
    pub(super) fresh: bool,
}

impl Vimage {
    #[track_caller]
    pub(super) fn of(mut shared: Shared) -> Self {
        // Not by their order: a context must be of its own class.
        let of_class = |class: &&'static ClassEntry| {
            let member = shared.members.iter().find(|member| member.handle.header().class == *class);
            member.map_or(Current::Nothing, |member| Current::Instance(member.handle.as_ptr()))
        };
        shared.contexts = ContextSet::new(classes().iter().map(of_class));
        let is_made = |member: &Member| !matches!(member.handle.header().phase(), Phase::Creating | Phase::Gone);
        shared.may_be_gone = !shared.members.iter().all(is_made);
        Self::shared(Arc::new(shared))
    }

    #[track_caller]
    fn shared(shared: Arc<Shared>) -> Self {
        let ticket = shared.holders.add(Location::caller());
        Self { shared, ticket }
    }

    pub(super) fn members(&self) -> &[Member] {
        &self.shared.members
    }

    #[track_caller]
    fn sharing(handles: impl Iterator<Item = Handle>) -> Self {
        Self::of(Shared::new(handles.map(|handle| Member { handle, fresh: false }).collect()))
    }

    /// The base instances of all classes. It boots, if that has not happened yet.
    ///
    /// # Errors
    ///
    /// [`BootError`], if boot fails or has failed.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// assert!(Vimage::base()?.instance::<Net>().is_base());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn base() -> Result<Self, BootError> {
        boot::ensure()?;
        Ok(Self::sharing(classes().iter().map(|class| base_of(class).clone())))
    }

    /// The current instance of each class; `None` where some class has none.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let base = vimage::boot()?;
    /// base.enter(|| assert!(Vimage::current().unwrap().instance::<Net>().is_base()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn current() -> Option<Self> {
        boot::ensure().ok()?;
        // First, so that no base instance is used for what is `None` in the end.
        if !classes().iter().all(|class| current::is_any(class)) {
            return None;
        }
        let mut handles = Vec::new();
        // A loop and not an iterator with a closure, which would hide the caller.
        for class in classes() {
            handles.push(current::handle(class)?);
        }
        Some(Self::sharing(handles.into_iter()))
    }

    /// Its instance of the class `C`.
    ///
    /// # Panics
    ///
    /// If the class was declared in a library that was loaded after boot.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// assert_eq!(vimage::boot()?.instance::<Net>(), Vnet::base()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn instance<C: Class>(&self) -> Instance<C> {
        Instance::from_handle(InstanceOf::<C>::member(self).clone())
    }

    /// Runs `f` with its instance of each class as the current one, then restores what was.
    ///
    /// It changes the context of each class of the program, at a third of the cost of an [`Instance::enter`] each. Where one
    /// class is meant, enter its instance.
    ///
    /// In builds without instances this is a call of `f`.
    ///
    /// # Panics
    ///
    /// If the creation of one of them has failed; a hook must have kept the handle that it was made from.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vimage::builder().fresh::<Net>().create()?;
    /// assert_eq!(red.enter(Vnet::current), Some(red.instance::<Net>()));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        if self.shared.may_be_gone {
            self.members().iter().for_each(|member| member.handle.check_not_gone());
        }
        self.enter_even_gone(f)
    }

    /// [`enter`](Self::enter) for what must not panic by itself: the memory is there in any case.
    #[track_caller]
    pub(crate) fn enter_even_gone<R>(&self, f: impl FnOnce() -> R) -> R {
        self.shared.contexts.enter(f)
    }
}

pub(super) fn base_of(class: &'static ClassEntry) -> &'static Handle {
    class.laid_out().base_handle()
}

impl Sealed for Vimage {}

impl HasInstances for Vimage {
    fn instance_of(&self, class: &'static ClassEntry) -> Option<&Handle> {
        self.members().iter().map(|member| &member.handle).find(|handle| handle.header().class == class)
    }

    fn instances(&self) -> Vec<&Handle> {
        self.members().iter().map(|member| &member.handle).collect()
    }
}

// SAFETY: the instance is of this class.
unsafe impl<C: Class> InstanceOf<C> for Vimage {
    #[track_caller]
    fn member(&self) -> &Handle {
        self.instance_of(C::ENTRY).expect("a vimage has an instance of each class known at boot")
    }
}

impl Clone for Vimage {
    #[track_caller]
    fn clone(&self) -> Self {
        self.shared.clones.add();
        Self::shared(Arc::clone(&self.shared))
    }
}

impl Drop for Vimage {
    fn drop(&mut self) {
        self.shared.holders.remove(&self.ticket);
        if self.shared.clones.release() == (Release::Done { awaited: true }) {
            self.shared.waiters.notify();
        }
    }
}

/// The instances: `Vimage [(Cpu#0, Live), (Net#3 "red", Live), (Procg#0, Live)]`.
impl fmt::Debug for Vimage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vimage ")?;
        f.debug_list().entries(self.members().iter().map(|member| &member.handle)).finish()
    }
}
