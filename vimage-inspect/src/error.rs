//! Why there is nothing to show.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a process or core file cannot be read. The text says what to do.
///
/// ```
/// use vimage_inspect::{Error, Process};
///
/// # #[cfg(target_os = "linux")] {
/// match Process::open(i32::MAX as u32) {
///     Err(Error::NoProcess { pid }) => println!("{pid} has ended"),
///     Err(Error::NotPermitted { help, .. }) => panic!("{help}"),
///     other => panic!("{other:?}"),
/// }
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There is no process with this id, or it has ended.
    NoProcess {
        /// The id.
        pid: u32,
    },
    /// The kernel does not let this user read the memory of that process.
    NotPermitted {
        /// The id of the process.
        pid: u32,
        /// What stands in the way, and what to do.
        help: String,
    },
    /// No executable or library of the program has vimage's record.
    NotVimage {
        /// How many executables and libraries were looked through.
        images: usize,
    },
    /// The program uses vimage, but has not booted yet.
    NotBooted,
    /// The record is of a newer format than this reader knows.
    NewerFormat {
        /// Its major version; this reader knows 1.
        major: u16,
    },
    /// Programs with pointers of this many bytes are not supported.
    Pointers {
        /// The bytes of a pointer in that program.
        bytes: u32,
    },
    /// The file is no core file of a 64-bit ELF system.
    NotACore {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The core file ends too early: something was lost when it was written, such as by `ulimit -c` or a full disk.
    Truncated {
        /// The file.
        path: PathBuf,
        /// The bytes that it has.
        length: u64,
        /// The bytes that it says it has.
        expected: u64,
    },
    /// The core file has no copy of the program's read-only data, and this file of it cannot be read.
    NoProgram {
        /// The executable or library.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is another one than the process ran: their build ids differ.
    OtherProgram {
        /// The file.
        path: PathBuf,
        /// The build id of what ran.
        ran: String,
        /// The build id of the file.
        found: String,
    },
    /// The records contradict themselves: memory was overwritten, or the file is damaged.
    Damaged {
        /// What is wrong.
        what: String,
    },
    /// The records changed at each attempt to read them.
    Changing,
    /// Reading failed.
    Io {
        /// What was read.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProcess { pid } => write!(
                f,
                "there is no process {pid}; a process of a container has another id outside of it, see `NSpid` in /proc/PID/status"
            ),
            Self::NotPermitted { pid, help } => write!(f, "not permitted to read the memory of process {pid}: {help}"),
            Self::NotVimage { images } => write!(
                f,
                "no vimage in this program: none of its {images} executables and libraries has the note `vimage.root`"
            ),
            Self::NotBooted => f.write_str("the program has not booted: call `vimage::boot()` where it starts"),
            Self::NewerFormat { major } => {
                write!(f, "the program's records have format {major}, this tool knows format 1: use a newer one")
            }
            Self::Pointers { bytes } => write!(f, "programs with pointers of {bytes} bytes are not supported"),
            Self::NotACore { path, reason } => write!(f, "{}: not a core file: {reason}", path.display()),
            Self::Truncated { path, length, expected } => write!(
                f,
                "{}: truncated: it has {length} of {expected} bytes; see `ulimit -c`, and the limits of what stores cores",
                path.display()
            ),
            Self::NoProgram { path, source } => write!(
                f,
                "{}: {source}; the core file needs the program and its libraries as they were: give the file with `-e`",
                path.display()
            ),
            Self::OtherProgram { path, ran, found } => write!(
                f,
                "{}: has the build id {found}, but what ran has {ran}: give the file that ran with `-e`",
                path.display()
            ),
            Self::Damaged { what } => write!(f, "the records are damaged: {what}"),
            Self::Changing => f.write_str("the records changed at each attempt to read them: try again"),
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::NoProgram { source, .. } | Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Why the value of a variable is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueError {
    /// The instance was destroyed meanwhile, or does not have the variable.
    Gone,
    /// The lock of the variable is held.
    Locked,
    /// A `LazyLock` that was not used yet: only the program can make its value.
    Uninitialized,
    /// A handler of the program makes the value, which cannot run here.
    Handled,
    /// Nothing says how values of this type lie in memory.
    UnknownType {
        /// The type.
        type_name: String,
    },
    /// The program does not export the layout of this type, and has no debug information.
    NoDebugInfo {
        /// The type.
        type_name: String,
        /// Which file has none, and why.
        reason: String,
    },
    /// The value is longer than a reader accepts, or its memory is damaged.
    Unreadable {
        /// What is wrong.
        what: String,
    },
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("the instance is destroyed"),
            Self::Locked => f.write_str("the lock is held"),
            Self::Uninitialized => f.write_str("not initialized: its first use runs code of the program"),
            Self::Handled => f.write_str("a handler of the program computes it: ask the program through its socket"),
            Self::UnknownType { type_name } => write!(f, "the layout of `{type_name}` is not known here"),
            Self::NoDebugInfo { type_name, reason } => {
                write!(f, "the layout of `{type_name}` is not known without debug information: {reason}")
            }
            Self::Unreadable { what } => f.write_str(what),
        }
    }
}

impl StdError for ValueError {}
