//! The server: how it is started and stopped, and the thread that accepts connections.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::shared::{Settings, Shared};
use super::{connection, socket};

/// Options of a [`Server`]; from [`Server::builder`].
///
/// ```
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("foo.sock");
/// use std::time::Duration;
/// use vimage::inspect::Server;
///
/// let server = Server::builder(&path).writable().idle_timeout(Duration::from_secs(60)).start()?;
/// assert_eq!(server.path(), path);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing listens before `start`"]
pub struct Builder {
    path: PathBuf,
    settings: Settings,
}

impl Builder {
    /// Lets clients set sysctls. By default they can only read.
    ///
    /// ```
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("foo.sock");
    /// let server = vimage::inspect::Server::builder(&path).writable().start()?;
    /// # drop(server);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn writable(mut self) -> Self {
        self.settings.writable = true;
        self
    }

    /// Sets the number of connections at a time. The default is 2,048.
    ///
    /// ```
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("foo.sock");
    /// let server = vimage::inspect::Server::builder(&path).max_connections(16).start()?;
    /// # drop(server);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_connections(mut self, most: usize) -> Self {
        self.settings.max_connections = most;
        self
    }

    /// Sets the time in which a request must arrive once it has begun, and the time in which its reply must be read.
    /// The default is 5 seconds; [`Duration::MAX`] is no limit.
    ///
    /// ```
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("foo.sock");
    /// let server = vimage::inspect::Server::builder(&path).request_timeout(std::time::Duration::from_secs(1)).start()?;
    /// # drop(server);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.settings.request_timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// Sets how long a connection may be silent between requests. The default is 5 minutes; [`Duration::MAX`] is no limit.
    ///
    /// ```
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("foo.sock");
    /// let server = vimage::inspect::Server::builder(&path).idle_timeout(std::time::Duration::MAX).start()?;
    /// # drop(server);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.settings.idle_timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// Starts the server. It replaces a socket at which no process listens.
    ///
    /// # Errors
    ///
    /// [`AddrInUse`](io::ErrorKind::AddrInUse) if a server listens at the path,
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) if a file that is no socket is there; otherwise the error of the
    /// operating system.
    pub fn start(self) -> io::Result<Server> {
        let (listener, file) = socket::listen(&self.path)?;
        let shared = Arc::new(Shared::new(self.settings));
        let accepting = {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name("vimage-inspect".to_owned()).spawn(move || accept(&listener, &shared))
        };
        match accepting {
            Ok(accepting) => Ok(Server { path: self.path, file, shared, accepting: Some(accepting) }),
            Err(error) => {
                // No process listens there.
                _ = fs::remove_file(&self.path);
                Err(error)
            }
        }
    }
}

/// A running server. Dropping it removes its socket and closes its connections.
///
/// Dropping it waits for requests that are being answered, handlers included. Afterwards no client reaches a variable
/// any more, as [`unregister`](crate::module::unregister) demands.
///
/// ```
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("foo.sock");
/// let server = vimage::inspect::Server::builder(&path).start()?;
/// assert!(path.exists());
/// drop(server);
/// assert!(!path.exists());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Server {
    path: PathBuf,
    /// Device and number of the socket: another server may have replaced it.
    file: (u64, u64),
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Options of a server at this path.
    pub fn builder(path: impl AsRef<Path>) -> Builder {
        let settings = Settings {
            writable: false,
            max_connections: 2048,
            request_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(300),
        };
        Builder { path: path.as_ref().to_owned(), settings }
    }

    /// The path of the socket.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop();
        let ours = fs::symlink_metadata(&self.path).is_ok_and(|there| (there.dev(), there.ino()) == self.file);
        // The accepting thread looks at the flag when a connection arrives.
        let woken = ours && UnixStream::connect(&self.path).is_ok();
        if ours {
            _ = fs::remove_file(&self.path);
        }
        self.shared.disconnect_all();
        self.shared.wait_for_workers();
        if let Some(accepting) = self.accepting.take().filter(|_| woken) {
            _ = accepting.join();
        }
    }
}

fn accept(listener: &UnixListener, shared: &Arc<Shared>) {
    let mut id = 0;
    loop {
        let accepted = listener.accept();
        if shared.is_stopping() {
            return;
        }
        match accepted {
            Ok((stream, _)) => {
                id += 1;
                start(stream, id, shared);
            }
            // For example too many open files, which may get better.
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn start(stream: UnixStream, id: u64, shared: &Arc<Shared>) {
    let stream = Arc::new(stream);
    if !shared.connect(id, &stream) {
        connection::refuse(&stream, "there are too many connections");
        return;
    }
    let connection = {
        let (shared, stream) = (Arc::clone(shared), Arc::clone(&stream));
        move || {
            let _closed = Closed { shared: &shared, id };
            connection::serve(&stream, &shared);
        }
    };
    // Not the default of 2 MiB each: a request needs little.
    if thread::Builder::new().name("vimage-inspect".to_owned()).stack_size(512 << 10).spawn(connection).is_err() {
        connection::refuse(&stream, "there is no thread for this connection");
        shared.disconnect(id);
    }
}

/// Forgets a connection, also when its thread panics.
struct Closed<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.shared.disconnect(self.id);
    }
}
