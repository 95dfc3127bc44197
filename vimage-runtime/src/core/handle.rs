//! Counted handles, of any class.

use std::fmt;
use std::panic::Location;
use std::ptr::NonNull;

use super::count::Release;
use super::header::Header;
use super::holders::Ticket;
use super::phase::Phase;
use super::{context, teardown};
use crate::registry::ClassEntry;

/// A counted handle to an instance of any class.
pub struct Handle {
    header: NonNull<Header>,
    ticket: Ticket,
}

// SAFETY: the count is atomic and the rest of the header immutable, atomic or locked. The values behind it are
// `Send + Sync`, or of a `static mut`, which has no bounds because only the user's `unsafe` reaches it, and which is
// dropped only if it is `Send`.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    /// # Safety
    ///
    /// `header` is that of a block with a handle counted for this one.
    #[track_caller]
    pub(crate) unsafe fn from_counted(header: NonNull<Header>) -> Self {
        // SAFETY: by contract.
        let ticket = unsafe { header.as_ref() }.holders.add(Location::caller());
        Self { header, ticket }
    }

    /// A handle to an instance that is current on this thread; none in its detach hooks.
    ///
    /// # Safety
    ///
    /// The instance is current on this thread until this returns.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn of_current(header: NonNull<Header>) -> Option<Self> {
        // SAFETY: the owner of the context keeps the instance alive until this thread has left it.
        let head = unsafe { header.as_ref() };
        let slot = head.slot();
        if !slot.is_at_most(Phase::Quiesced) {
            return None;
        }
        // The owner of the context has a handle: without one the phase is `Detaching`, and this thread, which runs the detach
        // hooks then, has set it.
        slot.handles.add();
        // SAFETY: just counted.
        Some(unsafe { Self::from_counted(header) })
    }

    /// Says where it was made, if that is not where it was counted.
    pub(crate) fn held_since(&mut self, place: &'static Location<'static>) {
        let ticket = self.header().holders.add(place);
        let before = std::mem::replace(&mut self.ticket, ticket);
        self.header().holders.remove(&before);
    }

    #[inline]
    pub(crate) fn header(&self) -> &Header {
        // SAFETY: a counted handle keeps the block.
        unsafe { self.header.as_ref() }
    }

    #[inline(always)]
    pub(crate) fn as_ptr(&self) -> NonNull<Header> {
        self.header
    }

    /// Panics if the creation of the instance has failed: it is not to be entered.
    #[inline]
    #[track_caller]
    pub(crate) fn check_not_gone(&self) {
        if cfg!(feature = "vimage") && self.header().is_gone() {
            enter_gone(self);
        }
    }

    /// Where the other handles were made, as far as that is remembered.
    pub(crate) fn other_holders(&self) -> Vec<&'static Location<'static>> {
        self.header().holders.others(&self.ticket)
    }

    /// Whether this thread runs in the instance.
    ///
    /// A handle that was entered is borrowed, so that it is not the last one that somebody gives up in there, unless the
    /// thread never gets back to its `enter`: when the process exits in there, which drops the thread-locals of this
    /// thread, handles included; or in a coroutine that was forgotten. Then the instance has to stay.
    pub(super) fn is_entered(&self) -> bool {
        context::is_current(self.header)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", self.header().description())
    }
}

impl Clone for Handle {
    #[track_caller]
    fn clone(&self) -> Self {
        self.header().handles().add();
        // SAFETY: just counted.
        unsafe { Self::from_counted(self.header) }
    }
}

impl Drop for Handle {
    #[inline]
    fn drop(&mut self) {
        self.header().holders.remove(&self.ticket);
        let class = self.header().class;
        match self.header().handles().release() {
            Release::Done { awaited: false } => {}
            release => self.dropped(release, class),
        }
    }
}

impl Handle {
    /// What follows if it is awaited, or is the last one.
    #[cold]
    #[inline(never)]
    fn dropped(&self, mut release: Release, class: &'static ClassEntry) {
        loop {
            match release {
                // Not `self.header()`, which may be freed.
                Release::Done { awaited: false } => return,
                Release::Done { awaited: true } => return class.laid_out().waiters.notify(),
                Release::IsLast if self.is_entered() => return,
                Release::IsLast => {}
            }
            // SAFETY: the handle of `self` is still counted, and given up if this is true.
            if unsafe { teardown::drop_last(self.header) } {
                return;
            }
            release = self.header().handles().release();
        }
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn enter_gone(handle: &Handle) -> ! {
    panic!("{} cannot be entered: its creation has failed and its modules are detached", handle.header().label());
}
