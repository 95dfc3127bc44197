//! A small server that tells tools of this process, on a Unix socket.
//!
//! `vimagectl` is such a tool. Start the server where the program starts:
//!
//! ```
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("foo.sock");
//! let server = vimage::inspect::Server::builder(&path).start()?;
//! // … the program …
//! drop(server);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Protocol
//!
//! One JSON object per line, one line of reply to each, in order: `{"ok": …}` or `{"error": {"kind": …, "message": …}}`.
//! A member `id` of the request comes back in the reply.
//!
//! | request | reply |
//! |---|---|
//! | `{"op": "instances"}` | rows with class, id, name, state, handles, parent and kept bytes |
//! | `{"op": "modules"}` | rows with class, module, how it came, hooks, path and place, in the order of attaching |
//! | `{"op": "list", "prefix": "net"}` | sysctls: rows with name, unique name, class, module, path, kind, and value or error |
//! | `{"op": "get", "name": "net.foo.mode"}` | the value |
//! | `{"op": "set", "name": "net.foo.mode", "value": 3}` | `{"old": …, "new": …}`, without what could not be read; it is an error only if it was not set |
//! | `{"op": "describe", "name": "net.foo.mode"}` | a [`Description`](crate::sysctl::Description) |
//! | `{"op": "symbols"}` | the symbols of an instance: rows with name, class, module, path, type, size, alignment, address |
//!
//! `list`, `get`, `set`, `describe` and `symbols` are about the base instances, or about the one of `"instance": 3` or
//! `"instance": "red"`, of the class `"class": "Net"`; `instances` and `modules` about all classes or this one. Of a
//! `list` the rows can also be `"show": "descriptions"`, or `"show": "names"` without values.
//!
//! A reply that consists of rows has at most 1,000, or as many as the request's `"limit"` says if that is less, and
//! not more than fit. If there are others a member `next` stands beside `ok`: send it as `after` in the same request.
//!
//! # Limits
//!
//! The socket has the mode 0600 from the beginning. Nothing can be set unless the server is
//! [`writable`](Builder::writable). Lines of more than 64 KiB, garbage and what is unknown get an error as reply, and
//! nobody else notices. Each connection has a thread; when there are too many, a new one gets an error and is closed. A
//! request has to come, and its reply has to be taken, in a bounded time. The lock of a variable is waited for a second
//! at most, then the error is `locked`; how long a handler of the program's runs is up to the handler. Eight requests are
//! answered at a time, so that eight handlers that do not return keep others from reading variables; `instances`,
//! `modules`, `describe`, `symbols` and a `list` without values run no code of the program's and are answered all the
//! same. While a request is answered the instance that it is about is held, so that
//! [`destroy`](crate::Instance::destroy) may find it busy.

mod connection;
mod page;
mod request;
mod rows;
mod socket;
mod which;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::net::Shutdown;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::Duration;

/// How a [`Server`] is started.
#[derive(Clone, Debug)]
#[must_use = "nothing listens before `start`"]
pub struct Builder {
    path: PathBuf,
    settings: Settings,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    writable: bool,
    max_connections: usize,
    request_timeout: Duration,
    idle_timeout: Duration,
}

impl Builder {
    /// Lets clients set sysctls. Without it the server only reads.
    pub fn writable(mut self) -> Self {
        self.settings.writable = true;
        self
    }

    /// How many connections there can be at a time; 2,048 if it is not said.
    pub fn max_connections(mut self, most: usize) -> Self {
        self.settings.max_connections = most;
        self
    }

    /// How long the rest of a request may take once it has begun to come, and how long its reply may take to be read;
    /// 5 seconds if it is not said.
    pub fn request_timeout(mut self, time: Duration) -> Self {
        self.settings.request_timeout = time.max(Duration::from_millis(1));
        self
    }

    /// How long a connection may be silent between requests; 5 minutes if it is not said.
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.settings.idle_timeout = time.max(Duration::from_millis(1));
        self
    }

    /// Listens.
    ///
    /// # Errors
    ///
    /// [`AddrInUse`](io::ErrorKind::AddrInUse) if a server listens at the path, [`AlreadyExists`](io::ErrorKind::AlreadyExists)
    /// if something else than a socket is there; what the system says about the path otherwise. A socket that nobody
    /// listens at is replaced.
    pub fn start(self) -> io::Result<Server> {
        let (listener, file) = socket::listen(&self.path)?;
        let shared = Arc::new(Shared {
            settings: self.settings,
            stopping: AtomicBool::new(false),
            open: Mutex::default(),
            pending: AtomicUsize::new(0),
            working: Mutex::default(),
            free: Condvar::new(),
            brief: Mutex::new(()),
            booted: AtomicBool::new(false),
        });
        let accepting = {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name("vimage-inspect".to_owned()).spawn(move || accept(&listener, &shared))?
        };
        Ok(Server { path: self.path, file, shared, accepting: Some(accepting) })
    }
}

/// A server that runs until this is dropped; then its socket is removed and its connections are closed.
///
/// Dropping it waits for requests that are being answered, handlers included. Afterwards no client reaches a variable
/// any more, as [`unregister`](crate::module::unregister) demands.
#[derive(Debug)]
pub struct Server {
    path: PathBuf,
    /// Device and number of the socket, because another server may have taken its place.
    file: (u64, u64),
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// A server at this path.
    pub fn builder(path: impl AsRef<Path>) -> Builder {
        let settings = Settings {
            writable: false,
            max_connections: 2048,
            request_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(300),
        };
        Builder { path: path.as_ref().to_owned(), settings }
    }

    /// Where it listens.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        let ours = fs::symlink_metadata(&self.path).is_ok_and(|there| (there.dev(), there.ino()) == self.file);
        // Whoever waits in `accept` looks at the flag when somebody comes.
        let woken = ours && UnixStream::connect(&self.path).is_ok();
        if ours {
            _ = fs::remove_file(&self.path);
        }
        for stream in self.shared.open().values() {
            _ = stream.shutdown(Shutdown::Both);
        }
        // Under the lock nobody gets a turn who has not seen the flag. A request that this thread answers itself (it has
        // just ended the instance that the server was kept in) is not waited for.
        let me = thread::current().id();
        let mut working = self.shared.working.lock().unwrap_or_else(PoisonError::into_inner);
        while working.iter().any(|worker| *worker != me) {
            working = self.shared.free.wait(working).unwrap_or_else(PoisonError::into_inner);
        }
        drop(working);
        if let Some(accepting) = self.accepting.take().filter(|_| woken) {
            _ = accepting.join();
        }
    }
}

/// What the threads of a server have in common.
#[derive(Debug)]
struct Shared {
    settings: Settings,
    stopping: AtomicBool,
    open: Mutex<HashMap<u64, Arc<UnixStream>>>,
    /// Bytes of replies that are not taken yet.
    pending: AtomicUsize,
    /// The threads that are answering a request.
    working: Mutex<Vec<ThreadId>>,
    free: Condvar,
    /// Held while a request is answered that takes no turn.
    brief: Mutex<()>,
    /// No hook of a base instance is to be waited for any more.
    booted: AtomicBool,
}

/// How many requests are answered at a time, so that the memory it takes is bounded.
const WORKERS: usize = 8;

/// How long a request waits for locks of the program's. Well below the time for which others wait for its turn.
const LOCKS: Duration = Duration::from_secs(1);

/// A turn at answering a request.
struct Turn<'a>(&'a Shared);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let me = thread::current().id();
        self.0.working.lock().unwrap_or_else(PoisonError::into_inner).retain(|worker| *worker != me);
        // The next one, and whoever ends the server.
        self.0.free.notify_all();
    }
}

impl Shared {
    /// Waits for a turn, as long as a request may take.
    fn turn(&self) -> Option<Turn<'_>> {
        let working = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        let all_work = |working: &mut Vec<ThreadId>| working.len() >= WORKERS;
        let (mut working, waited) = self
            .free
            .wait_timeout_while(working, self.settings.request_timeout, all_work)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() || self.stopping.load(Ordering::SeqCst) {
            return None;
        }
        working.push(thread::current().id());
        Some(Turn(self))
    }

    /// A turn for what runs no code of the program's, and so ends soon: it is counted, but waits for no other.
    fn brief_turn(&self) -> Option<Turn<'_>> {
        let mut working = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        if self.stopping.load(Ordering::SeqCst) {
            return None;
        }
        working.push(thread::current().id());
        Some(Turn(self))
    }

    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<UnixStream>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(listener: &UnixListener, shared: &Arc<Shared>) {
    let mut id = 0;
    loop {
        let accepted = listener.accept();
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        match accepted {
            Ok((stream, _)) => {
                id += 1;
                start(stream, id, shared);
            }
            // Such as too many open files, which may get better.
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn start(stream: UnixStream, id: u64, shared: &Arc<Shared>) {
    let stream = Arc::new(stream);
    {
        let mut open = shared.open();
        if open.len() >= shared.settings.max_connections {
            drop(open);
            connection::refuse(&stream);
            return;
        }
        open.insert(id, Arc::clone(&stream));
    }
    let connection = {
        let shared = Arc::clone(shared);
        move || {
            let _closed = Closed { shared: &shared, id };
            connection::serve(&stream, &shared);
        }
    };
    // Not the default of 2 MiB each: a request needs little.
    if thread::Builder::new().name("vimage-inspect".to_owned()).stack_size(512 << 10).spawn(connection).is_err() {
        shared.open().remove(&id);
    }
}

/// Takes a connection off the list, also when a panic ends its thread.
struct Closed<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.shared.open().remove(&self.id);
    }
}
