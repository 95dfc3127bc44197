//! An introspection server on a Unix socket, for tools such as `vimagectl`.
//!
//! Start it where the program starts:
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
//! A request is one line with a JSON object; so is its reply, and replies come in the order of requests:
//! `{"ok": …}` or `{"error": {"kind": …, "message": …}}`. If a request has a member `id`, the reply has it too.
//!
//! | request | reply |
//! |---|---|
//! | `{"op": "instances"}` | rows with class, id, name, state, handles, parent and kept bytes |
//! | `{"op": "modules"}` | rows with class, module, how it came, hooks, path and place, in the order of attaching |
//! | `{"op": "list", "prefix": "net"}` | sysctls: rows with name, qualified name, class, module, path, kind, and value or error |
//! | `{"op": "get", "name": "net.foo.mode"}` | the value |
//! | `{"op": "set", "name": "net.foo.mode", "value": 3}` | `{"old": …, "new": …}`, without a value that could not be read; an error only if it was not set |
//! | `{"op": "describe", "name": "net.foo.mode"}` | a [`Description`](crate::sysctl::Description) |
//! | `{"op": "symbols"}` | the symbols of an instance: rows with name, class, module, path, type, size, alignment, address |
//!
//! `list`, `get`, `set`, `describe` and `symbols` are about the base instances; with `"instance": "red"` or `"instance": 3`
//! about the instance of this name or id in each class that has one, so also about a vimage. With `"class": "Net"` they are
//! about this class only, as are `instances` and `modules`. A `list` has values unless it has `"show": "descriptions"` or
//! `"show": "names"`.
//!
//! A reply of rows has at most 1,000 rows (fewer with `"limit"`) and about a megabyte. If there are more rows, a member
//! `next` is beside `ok`: repeat the request with it as `after`.
//!
//! # Limits
//!
//! - The socket has the mode 0600 from the beginning. Clients can set sysctls only if the server is
//!   [`writable`](Builder::writable).
//! - A line of more than 64 KiB, and one that is no request, gets an error as reply; other clients do not notice.
//! - Each connection has a thread. Beyond [`max_connections`](Builder::max_connections) a new one gets an error and is closed.
//! - A request must arrive, and its reply must be read, within [`request_timeout`](Builder::request_timeout).
//! - A request waits for the lock of a variable for at most a second, then fails with `locked`. Handlers of the program
//!   are not bounded.
//! - Eight requests are answered at a time, so eight handlers that never return block all further reads of variables.
//!   `instances`, `modules`, `describe`, `symbols` and a `list` without values run no code of the program, and are always
//!   answered.
//! - While a request is answered, it holds a handle to its instance: [`destroy`](crate::Instance::destroy) may fail with
//!   `Busy`.

mod connection;
mod error;
mod page;
mod protocol;
mod rows;
mod server;
mod shared;
mod socket;
mod target;

pub use server::{Builder, Server};
