//! Writes core files as the kernel does, without a debugger: the memory of this process that it has written to, the first
//! page of each file that is mapped, and the list of these files. What is only read is left out.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

const PAGE: u64 = 4096;

struct Mapping {
    start: u64,
    end: u64,
    offset: u64,
    path: String,
    /// The bytes that are dumped.
    length: u64,
}

/// A test that writes a core file of this process must be the only one that runs: what others allocate meanwhile would be
/// in a part of the memory that the file does not have.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes the memory of this process into a core file. Other threads should not do much meanwhile: see [`alone`].
pub fn dump(core: &Path) {
    let memory = File::open("/proc/self/mem").unwrap();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mappings: Vec<Mapping> = maps.lines().filter_map(mapping).collect();
    let note = files(&mappings);
    let headers = 64 + 56 * (mappings.len() as u64 + 1);
    let mut offset = (headers + note.len() as u64).next_multiple_of(PAGE);
    let mut head = header(mappings.len() as u16 + 1);
    head.extend(segment(4, 0, headers, 0, note.len() as u64, note.len() as u64));
    for Mapping { start, end, length, .. } in &mappings {
        head.extend(segment(1, 4, offset, *start, *length, end - start));
        offset += length;
    }
    head.extend(note);
    head.resize(head.len().next_multiple_of(PAGE as usize), 0);
    let mut file = File::create(core).unwrap();
    file.write_all(&head).unwrap();
    let mut page = vec![0; PAGE as usize];
    for Mapping { start, length, .. } in &mappings {
        for address in (*start..start + length).step_by(PAGE as usize) {
            // Pages that cannot be read, such as behind the end of a file, are zeros.
            page.fill(0);
            _ = memory.read_exact_at(&mut page, address);
            file.write_all(&page).unwrap();
        }
    }
}

fn mapping(line: &str) -> Option<Mapping> {
    let mut columns = line.split_ascii_whitespace();
    let (start, end) = columns.next()?.split_once('-')?;
    let (access, offset) = (columns.next()?, columns.next()?);
    let path = columns.nth(2).unwrap_or_default().to_owned();
    let number = |text| u64::from_str_radix(text, 16).unwrap();
    let (start, end, offset) = (number(start), number(end), number(offset));
    if !access.starts_with('r') || ["[vvar]", "[vsyscall]", "[vvar_vclock]"].contains(&&*path) {
        return None;
    }
    let length = match access.as_bytes()[1] {
        b'w' => end - start,
        _ if offset == 0 && path.starts_with('/') => PAGE,
        // Relocated data is written to before it is protected.
        _ if access.starts_with("r--p") && offset > 0 && is_relocated(start) => end - start,
        _ => 0,
    };
    Some(Mapping { start, end, offset, path, length })
}

/// Returns whether the process has pages of its own in this mapping.
fn is_relocated(start: u64) -> bool {
    let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
    let own = smaps.split(&format!("{start:08x}-")).nth(1).unwrap_or_default();
    let line = own.lines().find_map(|line| line.strip_prefix("Anonymous:")).unwrap_or_default();
    !line.trim().starts_with("0 kB")
}

/// The note that lists the mapped files.
fn files(mappings: &[Mapping]) -> Vec<u8> {
    let files: Vec<&Mapping> = mappings.iter().filter(|mapping| mapping.path.starts_with('/')).collect();
    let mut words = vec![files.len() as u64, 1];
    words.extend(files.iter().flat_map(|mapping| [mapping.start, mapping.end, mapping.offset]));
    let mut description: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    for mapping in files {
        description.extend(mapping.path.as_bytes());
        description.push(0);
    }
    let mut note: Vec<u8> =
        [5, description.len() as u32, 0x4649_4c45].iter().flat_map(|word| word.to_ne_bytes()).collect();
    note.extend(b"CORE\0\0\0\0");
    note.extend(description);
    note.resize(note.len().next_multiple_of(4), 0);
    note
}

fn header(segments: u16) -> Vec<u8> {
    let order = if cfg!(target_endian = "little") { 1 } else { 2 };
    let mut header = vec![0x7f, b'E', b'L', b'F', 2, order, 1, 0];
    header.resize(16, 0);
    // A core file, of any machine.
    header.extend(4_u16.to_ne_bytes());
    header.extend(62_u16.to_ne_bytes());
    header.extend(1_u32.to_ne_bytes());
    header.extend([0_u64, 64, 0].iter().flat_map(|word| word.to_ne_bytes()));
    header.extend(0_u32.to_ne_bytes());
    header.extend([64_u16, 56, segments, 0, 0, 0].iter().flat_map(|half| half.to_ne_bytes()));
    header
}

fn segment(kind: u32, flags: u32, offset: u64, address: u64, in_file: u64, in_memory: u64) -> Vec<u8> {
    let mut segment: Vec<u8> = [kind, flags].iter().flat_map(|word| word.to_ne_bytes()).collect();
    let align = if kind == 4 { 4 } else { PAGE };
    let words = [offset, address, 0, in_file, in_memory, align];
    segment.extend(words.iter().flat_map(|word| word.to_ne_bytes()));
    segment
}
