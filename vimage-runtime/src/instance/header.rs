//! The head of an instance's block: what the runtime itself knows of an instance.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering, fence};

use crate::class::ClassEntry;

/// Where an instance is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its attach hooks are running.
    Creating,
    /// In use.
    Live,
    /// Its detach hooks are running, or about to.
    ShuttingDown,
    /// Detached. Only an instance whose creation failed, and a handle to which was kept all the same, shows this.
    Gone,
}

/// Starts each block; the parts follow at the offsets that boot has fixed.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) id: u64,
    pub(crate) class: &'static ClassEntry,
    pub(crate) name: Option<Box<str>>,
    handles: AtomicUsize,
    state: AtomicU8,
}

const _: () = assert!(size_of::<Header>() <= 128, "the budget of a header");

impl Header {
    /// With one handle, which the caller makes.
    pub(crate) fn new(class: &'static ClassEntry, id: u64, name: Option<Box<str>>) -> Self {
        Self { id, class, name, handles: AtomicUsize::new(1), state: AtomicU8::new(State::Creating as u8) }
    }

    pub(crate) fn state(&self) -> State {
        const STATES: [State; 4] = [State::Creating, State::Live, State::ShuttingDown, State::Gone];
        STATES[usize::from(self.state.load(Ordering::Acquire))]
    }

    /// Whether it must not be entered any more.
    #[inline]
    pub(crate) fn is_gone(&self) -> bool {
        self.state.load(Ordering::Relaxed) == State::Gone as u8
    }

    pub(crate) fn set_state(&self, state: State) {
        self.state.store(state as u8, Ordering::Release);
    }

    /// How it is called in messages: `Net#3 "red"`.
    pub(crate) fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("{}#{} {name:?}", self.class.name, self.id),
            None => format!("{}#{}", self.class.name, self.id),
        }
    }

    /// One more handle, made from one that exists.
    fn hold(&self) {
        // As in std's `Arc`: forgotten clones must not wrap the count round to 0.
        if self.handles.fetch_add(1, Ordering::Relaxed) > isize::MAX as usize {
            std::process::abort();
        }
    }

    /// One more handle where it is not known that there is one: none if the instance is going.
    fn try_hold(&self) -> bool {
        if matches!(self.state(), State::ShuttingDown | State::Gone) {
            return false;
        }
        let more = |handles| (handles != 0).then_some(handles + 1);
        self.handles.fetch_update(Ordering::Acquire, Ordering::Relaxed, more).is_ok()
    }

    /// One handle less; `true` for the last one.
    fn release(&self) -> bool {
        if self.handles.fetch_sub(1, Ordering::Release) != 1 {
            return false;
        }
        fence(Ordering::Acquire);
        true
    }

    /// Gives up the last handle, if it is the last.
    fn release_last(&self) -> bool {
        self.handles.compare_exchange(1, 0, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }
}

/// A counted handle to an instance of any class.
#[derive(Debug)]
pub(crate) struct Handle(NonNull<Header>);

// SAFETY: the count is atomic and the rest of the header immutable or atomic. The values behind it are
// `Send + Sync`, or of a `static mut`, which has no bounds because only the user's `unsafe` reaches it; that also
// goes for the drop of one on another thread, which `#[virtualized] static mut` documents.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    /// # Safety
    ///
    /// `header` is that of a block with a handle counted for this one.
    pub(crate) unsafe fn from_counted(header: NonNull<Header>) -> Self {
        Self(header)
    }

    /// Counts a handle, if the instance can still have one.
    ///
    /// # Safety
    ///
    /// The block is allocated, and stays so until this returns.
    pub(crate) unsafe fn try_new(header: NonNull<Header>) -> Option<Self> {
        // SAFETY: by contract.
        unsafe { header.as_ref() }.try_hold().then_some(Self(header))
    }

    /// A handle to the current instance of the class.
    pub(crate) fn current(class: &'static ClassEntry) -> Option<Self> {
        let header = crate::context::current(class)?;
        // SAFETY: whoever made it current keeps it alive until this thread has left it.
        unsafe { Self::try_new(header) }
    }

    #[inline]
    pub(crate) fn header(&self) -> &Header {
        // SAFETY: a counted handle keeps the block.
        unsafe { self.0.as_ref() }
    }

    #[inline(always)]
    pub(crate) fn as_ptr(&self) -> NonNull<Header> {
        self.0
    }

    /// Gives up this handle and with it the instance, unless there are others.
    pub(crate) fn into_last(self) -> Result<NonNull<Header>, Self> {
        if self.header().release_last() {
            let header = self.0;
            std::mem::forget(self);
            Ok(header)
        } else {
            Err(self)
        }
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        self.header().hold();
        Self(self.0)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.header().release() {
            // SAFETY: this was the last handle, so no other thread finds the instance any more.
            let failures = unsafe { super::teardown::end(self.0) };
            crate::failure::report(failures);
        }
    }
}
