//! The state that the threads of a server share, and the turns that they take.

use std::collections::HashMap;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// Requests that are answered at a time, so that the memory for them is bounded.
const WORKERS: usize = 8;

/// Bytes of replies that clients have not read, of all clients together.
const UNREAD: usize = 64 << 20;
/// Replies of this size are made at any time, so that errors come through.
const SMALL: usize = 4 << 10;

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) writable: bool,
    pub(super) max_connections: usize,
    pub(super) request_timeout: Duration,
    pub(super) idle_timeout: Duration,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    stopping: AtomicBool,
    /// The open connections by their numbers.
    connections: Mutex<HashMap<u64, Arc<UnixStream>>>,
    /// Bytes of replies that clients have not read.
    unread: AtomicUsize,
    /// The threads that answer a request now.
    working: Mutex<Vec<ThreadId>>,
    /// Notified when one of them is done.
    done: Condvar,
    /// Held while a brief request is answered.
    brief: Mutex<()>,
    /// Set once no hook of a base instance can delay a request any more.
    booted: AtomicBool,
}

/// A turn at answering a request.
pub(super) struct Turn<'a>(&'a Shared);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let me = thread::current().id();
        lock(&self.0.working).retain(|worker| *worker != me);
        // Wakes the next worker, and the thread that stops the server.
        self.0.done.notify_all();
    }
}

/// Bytes of a reply until the client has read them.
pub(super) struct Unread<'a> {
    shared: &'a Shared,
    bytes: usize,
}

impl Drop for Unread<'_> {
    fn drop(&mut self) {
        self.shared.unread.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            stopping: AtomicBool::new(false),
            connections: Mutex::default(),
            unread: AtomicUsize::new(0),
            working: Mutex::default(),
            done: Condvar::new(),
            brief: Mutex::new(()),
            booted: AtomicBool::new(false),
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    pub(super) fn has_booted(&self) -> bool {
        self.booted.load(Ordering::Relaxed)
    }

    pub(super) fn set_booted(&self) {
        self.booted.store(true, Ordering::Relaxed);
    }

    /// Adds a connection, unless there are too many.
    pub(super) fn connect(&self, id: u64, stream: &Arc<UnixStream>) -> bool {
        let mut connections = lock(&self.connections);
        let has_room = connections.len() < self.settings.max_connections;
        if has_room {
            connections.insert(id, Arc::clone(stream));
        }
        has_room
    }

    pub(super) fn disconnect(&self, id: u64) {
        lock(&self.connections).remove(&id);
    }

    pub(super) fn disconnect_all(&self) {
        for stream in lock(&self.connections).values() {
            _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Waits for a turn, as long as a request may take.
    pub(super) fn turn(&self) -> Option<Turn<'_>> {
        let all_work = |working: &mut Vec<ThreadId>| working.len() >= WORKERS;
        let (working, waited) = self
            .done
            .wait_timeout_while(lock(&self.working), self.settings.request_timeout, all_work)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() { None } else { self.begin(working) }
    }

    /// A turn for a request that runs no code of the program, and so is answered soon: it waits for no other turn.
    pub(super) fn brief_turn(&self) -> Option<Turn<'_>> {
        self.begin(lock(&self.working))
    }

    /// The flag is read under the lock: after `wait_for_workers` took it, no turn begins.
    fn begin(&self, mut working: MutexGuard<'_, Vec<ThreadId>>) -> Option<Turn<'_>> {
        if self.is_stopping() {
            return None;
        }
        working.push(thread::current().id());
        Some(Turn(self))
    }

    /// Makes brief requests wait for one another, for the memory that each needs.
    pub(super) fn one_brief(&self) -> MutexGuard<'_, ()> {
        lock(&self.brief)
    }

    /// Waits until no other thread answers a request. The request of this thread does not count: it may have destroyed
    /// the instance that the server was kept in.
    pub(super) fn wait_for_workers(&self) {
        let me = thread::current().id();
        let others_work = |working: &mut Vec<ThreadId>| working.iter().any(|worker| *worker != me);
        drop(self.done.wait_while(lock(&self.working), others_work).unwrap_or_else(PoisonError::into_inner));
    }

    /// Counts a reply. Returns whether it may be sent: large ones may not while too many bytes are unread.
    pub(super) fn count_unread(&self, bytes: usize) -> (Unread<'_>, bool) {
        let others = self.unread.fetch_add(bytes, Ordering::Relaxed);
        (Unread { shared: self, bytes }, others <= UNREAD || bytes <= SMALL)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
