//! The record from which a reader finds all others, in a note of the program's or library's file.

use std::sync::{Mutex, OnceLock, PoisonError, RwLock};

use super::current::Current;
use super::record::{Examples, STATES, Slice, Tables, TablesRecord, Text, address};

/// 1 for a change after which older readers would read something wrong, in which case they refuse.
const MAJOR: u16 = 1;
/// One more for each addition.
const MINOR: u16 = 0;

/// 0 without instances and with plain statics, 1 with a static struct, 2 with instances.
const BUILD: u32 = if cfg!(feature = "vimage") {
    2
} else if cfg!(feature = "static-struct") {
    1
} else {
    0
};

/// The note: its header, and the root as its description.
#[repr(C, align(8))]
struct Note {
    name_size: u32,
    size: u32,
    kind: u32,
    name: [u8; 12],
    root: Root,
}

#[repr(C)]
struct Root {
    magic: [u8; 8],
    major: u16,
    minor: u16,
    size: u32,
    build: u32,
    /// The bytes of a pointer.
    pointer: u32,
    current: Current,
}

#[used]
#[cfg_attr(
    any(target_os = "linux", target_os = "android", target_os = "freebsd"),
    unsafe(link_section = ".note.vimage")
)]
static NOTE: Note = Note {
    name_size: 12,
    size: size_of::<Root>() as u32,
    kind: 1,
    name: *b"vimage.root\0",
    root: Root {
        magic: *b"\x7fVIMAGE\n",
        major: MAJOR,
        minor: MINOR,
        size: size_of::<Root>() as u32,
        build: BUILD,
        pointer: size_of::<usize>() as u32,
        current: Current::new(),
    },
};

#[cfg(not(vimage_shuttle))]
const _: () = assert!(size_of::<Note>() == 24 + 48, "the format has these sizes");

/// The tables that the root points to.
static PUBLISHED: Mutex<Option<Box<Published>>> = Mutex::new(None);

#[expect(dead_code, reason = "read by others")]
struct Published {
    record: TablesRecord,
    states: [Text; STATES.len()],
    tables: Tables,
}

static EMPTY: OnceLock<u32> = OnceLock::new();
static SET: OnceLock<u32> = OnceLock::new();
static MUTEX: Mutex<u32> = Mutex::new(0);
static RW_LOCK: RwLock<u32> = RwLock::new(0);
static STRING: OnceLock<String> = OnceLock::new();

fn example() -> String {
    let mut example = String::with_capacity(32);
    example.push_str("example");
    example
}

/// Replaces the tables by what `make` returns. One thread at a time makes them, so that the newest stay.
pub(crate) fn replace(make: impl FnOnce() -> Option<Tables>) {
    let mut published = PUBLISHED.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(tables) = make() else { return };
    SET.get_or_init(|| u32::MAX);
    let slices = [
        Slice::new(&tables.classes),
        Slice::new(&tables.modules),
        Slice::new(&tables.symbols),
        Slice::new(&tables.sysctls),
        Slice::new(&tables.layouts),
    ];
    let mut next = Box::new(Published {
        record: TablesRecord {
            size: size_of::<TablesRecord>() as u64,
            classes: slices[0],
            modules: slices[1],
            symbols: slices[2],
            sysctls: slices[3],
            layouts: slices[4],
            states: Slice::default(),
            instance: tables.instance,
            examples: Examples {
                empty: address(&raw const EMPTY),
                set: address(&raw const SET),
                mutex: address(&raw const MUTEX),
                rw_lock: address(&raw const RW_LOCK),
                string: address(STRING.get_or_init(example)),
            },
        },
        states: STATES.map(Text::new),
        tables,
    });
    next.record.states = Slice::new(&next.states);
    let tables = address(&raw const next.record);
    let old = published.replace(next);
    NOTE.root.current.replace(address(&raw const NOTE.root), tables, old);
}
