//! A class once it is laid out: its modules, the place of each variable, and the instances there are.

use std::alloc::Layout;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use super::added::AddedModule;
use super::block::Blueprint;
use super::count::Waiters;
use super::handle::Handle;
use super::header::Header;
use super::index::Index;
use super::phase::{InstanceState, Phase};
use super::slot::Held;
use super::tree::{FINDABLE, Tree};
use crate::error::BootError;
use crate::layout::{LinkedModule, OrderedClass, Placed, PlacedPart, Reserve, lay_out};
use crate::registry::{ClassEntry, ModuleEntry};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// All that the runtime knows of a class.
#[derive(Debug)]
pub(crate) struct ClassState {
    /// Of a whole instance, reserve included.
    pub(crate) layout: Layout,
    /// Those registered at boot, in the order they are attached.
    pub(crate) modules: Vec<LinkedModule>,
    /// Theirs, in the order of the modules.
    pub(crate) parts: Vec<PlacedPart>,
    /// Which of them have a quiesce hook, the last one first.
    pub(super) quiescing: Vec<usize>,
    pub(super) blueprint: Blueprint,
    index: Arc<Index>,
    /// The program has modules of this class, registered or not.
    is_linked: bool,
    base: OnceLock<Base>,
    live: Mutex<Live>,
    /// Where threads wait for the other handles to an instance of this class to be released.
    pub(crate) waiters: Waiters,
}

/// What changes after boot. No user code runs under its lock.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) tree: Tree,
    /// Modules registered after boot, in that order, and withdrawn ones that still have a place.
    pub(crate) added: Vec<Arc<AddedModule>>,
    pub(crate) reserve: Reserve,
    /// A registration is under way.
    pub(crate) registering: bool,
}

/// The base instance, kept for ever by a handle that is never dropped.
#[derive(Debug)]
struct Base(ManuallyDrop<Handle>);

impl ClassState {
    /// Gives each part its place, and leaves room for the modules that may come later, and this many bytes more.
    pub(crate) fn lay_out(ordered: OrderedClass, reserve: usize) -> Result<Self, BootError> {
        let is_linked = !ordered.modules.is_empty() || !ordered.manual.is_empty();
        let Placed { layout, parts, reserve } = lay_out(Layout::new::<Header>(), &ordered, reserve)?;
        let (modules, index) = (ordered.modules, Arc::new(Index::new()));
        let tree = Tree::new(Arc::clone(&index));
        Ok(Self {
            layout,
            quiescing: (0..modules.len()).rev().filter(|&module| modules[module].quiesce.is_some()).collect(),
            blueprint: Blueprint::new(layout, &parts),
            index,
            modules,
            parts,
            is_linked,
            base: OnceLock::new(),
            waiters: Waiters::new(),
            live: Mutex::new(Live { tree, added: Vec::new(), reserve, registering: false }),
        })
    }

    /// The base instance, which exists from before the first attach hook to the end of the process.
    pub(crate) fn base(&self) -> NonNull<Header> {
        self.base_handle().as_ptr()
    }

    pub(crate) fn base_handle(&self) -> &Handle {
        &self.base.get().expect("boot has made the base instance").0
    }

    /// Whether there is anything that instances of this class would keep apart.
    pub(crate) fn has_modules(&self) -> bool {
        self.is_linked || !self.live().added.is_empty()
    }

    /// The modules whose variables the instances have: also those that are being detached just now.
    pub(crate) fn present(&self) -> Vec<&'static ModuleEntry> {
        let added: Vec<_> = self.live().added.iter().map(|added| added.linked.entry).collect();
        self.modules.iter().map(|module| module.entry).chain(added).collect()
    }

    /// A handle to an instance, unless it is shutting down or destroyed. Takes the lock only if the instance is destroyed, or
    /// was moved in the index at this moment.
    #[inline]
    #[track_caller]
    pub(crate) fn find(&self, id: u64) -> Option<Handle> {
        match self.find_at_once(id) {
            None => self.find_slowly(id),
            found => found,
        }
    }

    /// As [`find`](Self::find), but may miss an instance.
    #[inline]
    #[track_caller]
    pub(crate) fn find_at_once(&self, id: u64) -> Option<Handle> {
        match self.index.first(id)?.hold(id, FINDABLE) {
            // SAFETY: just counted.
            Held::Counted(header) => Some(unsafe { Handle::from_counted(header) }),
            Held::Another | Held::NotAnyMore => None,
        }
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn find_slowly(&self, id: u64) -> Option<Handle> {
        match self.index.hold(id, FINDABLE) {
            // SAFETY: just counted.
            Held::Counted(header) => Some(unsafe { Handle::from_counted(header) }),
            Held::NotAnyMore => None,
            Held::Another => self.live().tree.find(id),
        }
    }

    pub(crate) fn live(&self) -> MutexGuard<'_, Live> {
        // None of our code panics half-way through a change.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Header {
    pub(crate) fn class_state(&self) -> &'static ClassState {
        self.class.laid_out()
    }
}

impl ClassEntry {
    /// The class's state; `None` before boot, and for a class of a library that was loaded after boot.
    #[inline]
    pub(crate) fn state(&self) -> Option<&'static ClassState> {
        // SAFETY: only `set_state` writes it, which leaks the state.
        unsafe { self.state.load(Ordering::Acquire).cast::<ClassState>().as_ref() }
    }

    /// The class's state.
    ///
    /// # Panics
    ///
    /// Before boot.
    #[inline]
    pub(crate) fn laid_out(&self) -> &'static ClassState {
        self.state().expect("boot lays out every class")
    }

    /// The base instance, once there is one.
    pub(crate) fn base_block(&self) -> Option<NonNull<Header>> {
        self.state()?.base.get().map(|base| base.0.as_ptr())
    }

    /// Called once per class, by boot.
    pub(crate) fn set_state(&self, state: ClassState) {
        let before = self.state.swap(Box::into_raw(Box::new(state)).cast(), Ordering::Release);
        assert!(before.is_null(), "boot runs once");
    }

    /// As [`set_state`](Self::set_state) and [`set_base`](Self::set_base), for one execution of a model after the other.
    #[cfg(vimage_shuttle)]
    pub(crate) fn set_anew(&'static self, state: ClassState, base: impl FnOnce(&'static Self) -> Handle) {
        self.state.store(Box::into_raw(Box::new(state)).cast(), Ordering::Release);
        let base = ManuallyDrop::new(base(self));
        self.laid_out().base.set(Base(base)).expect("the state is new");
    }

    /// Called once per class, by boot.
    pub(crate) fn set_base(&self, base: Handle) {
        self.base.set(base.as_ptr().addr().get()).expect("boot makes one base instance");
        self.laid_out().base.set(Base(ManuallyDrop::new(base))).expect("boot makes one base instance");
    }
}

/// A handle to an instance to which there are handles, whatever its phase.
#[track_caller]
pub(crate) fn hold(class: &'static ClassEntry, id: u64) -> Option<Handle> {
    let state = class.state()?;
    match state.index.hold(id, Phase::Gone) {
        // SAFETY: just counted.
        Held::Counted(header) => Some(unsafe { Handle::from_counted(header) }),
        Held::NotAnyMore => None,
        Held::Another => state.live().tree.find_any(id),
    }
}

/// How what holds no handle shows: as a handle does, `Net#3, Gone` once the instance is destroyed.
pub(crate) fn describe(class: &'static ClassEntry, id: u64) -> String {
    let found = class.state().and_then(|state| state.live().tree.describe(id));
    found.unwrap_or_else(|| format!("{}#{id}, {:?}", class.name, InstanceState::Gone))
}
