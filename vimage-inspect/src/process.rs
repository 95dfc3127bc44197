//! The memory of a running process, by its id.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::image::{Image, build_id, hex};
use crate::look::{Look, Source};
use crate::memory::Memory;

/// A running process. It needs no socket, no thread and no feature, and is not stopped: each [`look`](Self::look) reads
/// its memory and finds out whether what it has read belongs together.
///
/// ```no_run
/// let process = vimage_inspect::Process::open(1234)?;
/// for instance in process.look()?.instances() {
///     println!("{} {:?}", instance.id, instance.name);
/// }
/// # Ok::<(), vimage_inspect::Error>(())
/// ```
#[derive(Debug)]
pub struct Process {
    source: Source,
    pid: u32,
}

impl Process {
    /// Opens the process with this id. The user must be allowed to trace it, as a debugger must.
    ///
    /// # Errors
    ///
    /// [`Error::NoProcess`], [`Error::NotPermitted`], [`Error::NotVimage`]; [`Error::Io`] if the maps of the process cannot
    /// be read.
    pub fn open(pid: u32) -> Result<Self, Error> {
        let folder = PathBuf::from(format!("/proc/{pid}"));
        let maps = folder.join("maps");
        let text = fs::read(&maps).map_err(|error| failed(pid, maps, error))?;
        let text = String::from_utf8_lossy(&text);
        let path = folder.join("mem");
        let file = File::open(&path).map_err(|error| failed(pid, path, error))?;
        let memory = Mem { file, pid };
        let images: Vec<Image> = starts(&text).filter_map(|start| Image::at(&memory, start)).collect();
        if images.is_empty() {
            // A process that is being read by another user has maps that are empty, and so has a zombie.
            memory
                .read(0x1000, &mut [0])
                .err()
                .filter(|error| !matches!(error, Error::Damaged { .. }))
                .map_or(Ok(()), Err)?;
        }
        Ok(Self { source: Source::new(Box::new(memory), images)?, pid })
    }

    /// The id of the process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Reads what there is at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::NotBooted`], [`Error::NewerFormat`], [`Error::Changing`], [`Error::Damaged`]; [`Error::NoProcess`] when
    /// it has ended.
    pub fn look(&self) -> Result<Look<'_>, Error> {
        self.source.look()
    }
}

/// The addresses at which files are mapped from their beginning, which is where an image has its header.
fn starts(maps: &str) -> impl Iterator<Item = u64> {
    // 55d0c8a00000-55d0c8a2f000 r--p 00000000 fe:01 1234   /path
    maps.lines().filter_map(|line| {
        let mut columns = line.split_ascii_whitespace();
        let (range, access, offset) = (columns.next()?, columns.next()?, columns.next()?);
        let start = u64::from_str_radix(range.split_once('-')?.0, 16).ok()?;
        let is_start = access.starts_with('r') && u64::from_str_radix(offset, 16) == Ok(0);
        let is_file = columns.nth(1).is_some_and(|inode| inode != "0");
        (is_start && is_file).then_some(start)
    })
}

/// The path of the file that is mapped from this address on.
fn path_at(maps: &str, start: u64) -> Option<&str> {
    maps.lines().find_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let is_it = u64::from_str_radix(range.split_once('-')?.0, 16) == Ok(start);
        // A path can have blanks.
        is_it.then(|| rest.find('/').map(|at| &rest[at..]))?
    })
}

#[derive(Debug)]
struct Mem {
    file: File,
    pid: u32,
}

impl Memory for Mem {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Error> {
        match self.file.read_exact_at(into, address) {
            Ok(()) => Ok(()),
            // The memory of a process that has ended has no bytes.
            Err(error)
                if error.kind() == ErrorKind::UnexpectedEof
                    && !Path::new(&format!("/proc/{}/exe", self.pid)).exists() =>
            {
                Err(Error::NoProcess { pid: self.pid })
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                Err(Error::NotPermitted { pid: self.pid, help: help(self.pid) })
            }
            Err(_) => Err(Error::damaged(format!("nothing is at address {address:#x}"))),
        }
    }

    fn is_still(&self) -> bool {
        false
    }

    fn file(&self, image: &Image) -> (String, Result<File, String>) {
        let folder = PathBuf::from(format!("/proc/{}", self.pid));
        let maps = fs::read(folder.join("maps")).unwrap_or_default();
        let maps = String::from_utf8_lossy(&maps);
        let Some(path) = path_at(&maps, image.base) else {
            return (format!("{:#x}", image.base), Err("it is not mapped any more".to_owned()));
        };
        // The executable is there after it was deleted too, and all files as the process sees them.
        let program = folder.join("exe");
        let is_program = fs::read_link(&program).is_ok_and(|link| link.as_os_str() == path);
        let opened =
            File::open(if is_program { program } else { folder.join("root").join(path.trim_start_matches('/')) });
        let file =
            opened.map_err(|error| error.to_string()).and_then(|file| match (&image.build_id, build_id(&file)) {
                (Some(ran), Some(found)) if *ran != found => {
                    Err(format!("it has the build id {}, but what runs has {}", hex(&found), hex(ran)))
                }
                _ => Ok(file),
            });
        (path.to_owned(), file)
    }
}

fn failed(pid: u32, path: PathBuf, source: io::Error) -> Error {
    match source.kind() {
        ErrorKind::NotFound => Error::NoProcess { pid },
        ErrorKind::PermissionDenied => Error::NotPermitted { pid, help: help(pid) },
        _ => Error::Io { path, source },
    }
}

/// What keeps this user from reading that process, as far as it can be found out.
fn help(pid: u32) -> String {
    let own = uid(Path::new("/proc/self/status"));
    let other = uid(&PathBuf::from(format!("/proc/{pid}/status")));
    if let (Some(own), Some(other)) = (own, other)
        && own != other
    {
        return format!("it is of user {other}, and this is user {own}: run the tool as that user or as root (`sudo`)");
    }
    let scope = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    match scope.trim() {
        "1" => "kernel.yama.ptrace_scope is 1, so only a parent may read it: run the tool as root (`sudo`), or set it to 0 \
                (`sysctl kernel.yama.ptrace_scope=0`)"
            .to_owned(),
        "2" => "kernel.yama.ptrace_scope is 2: run the tool as root (`sudo`)".to_owned(),
        "3" => "kernel.yama.ptrace_scope is 3, which forbids it until the next start of the machine: write a core file \
                instead"
            .to_owned(),
        _ => "it has more rights than this user, or is in a container: run the tool as root (`sudo`), and in a container \
              with the capability SYS_PTRACE (`--cap-add SYS_PTRACE`)"
            .to_owned(),
    }
}

/// The user of a process.
fn uid(status: &Path) -> Option<u32> {
    let status = fs::read_to_string(status).ok()?;
    status.lines().find_map(|line| line.strip_prefix("Uid:"))?.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_start_where_files_are_mapped_from_their_beginning() {
        let maps = "\
55d0c8a00000-55d0c8a2f000 r--p 00000000 fe:01 1234   /a program (deleted)
55d0c8a2f000-55d0c8b00000 r-xp 0002f000 fe:01 1234   /a program (deleted)
55d0c9000000-55d0c9021000 rw-p 00000000 00:00 0      [heap]
7f0000000000-7f0000001000 ---p 00000000 fe:01 99     /secret
7f0000002000-7f0000003000 r--p 00000000 fe:01 77     /lib/a.so
not a line
";
        assert_eq!(starts(maps).collect::<Vec<_>>(), [0x55d0_c8a0_0000, 0x7f00_0000_2000]);
    }

    #[test]
    fn a_process_that_does_not_exist_is_an_error() {
        // Above the largest number that the kernel gives.
        let error = Process::open(0x7fff_ffff).unwrap_err();
        assert!(matches!(error, Error::NoProcess { .. }), "{error:?}");
    }
}
