//! The records, field by field as `docs/src/export.md` lists them. A field may be added at the end of a record; none is ever
//! moved or removed while the major version stays.

/// A text, or bytes, in the memory of the program.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Text {
    address: u64,
    length: u64,
}

impl Text {
    /// Of text that is never freed.
    pub(crate) fn new(text: &'static str) -> Self {
        Self { address: address(text.as_ptr()), length: text.len() as u64 }
    }

    /// No text where there is none.
    pub(crate) fn optional(text: Option<&'static str>) -> Self {
        text.map_or_else(Self::default, Self::new)
    }
}

/// The address as a number that leaves the process.
pub(crate) fn address<T>(pointer: *const T) -> u64 {
    pointer.expose_provenance() as u64
}

/// Records of one kind, one after the other.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slice {
    address: u64,
    count: u64,
    stride: u64,
}

impl Slice {
    pub(super) fn new<T>(records: &[T]) -> Self {
        Self { address: address(records.as_ptr()), count: records.len() as u64, stride: size_of::<T>() as u64 }
    }
}

/// A class: its names, the slots of its instances, and what holds for each of them.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct ClassRecord {
    pub(crate) name: Text,
    pub(crate) path: Text,
    /// The address of the record of the first chunk of slots.
    pub(crate) chunks: u64,
    /// The bytes of an instance's block.
    pub(crate) block: u64,
}

/// A registered module, in the order in which they are attached.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct ModuleRecord {
    /// The number of its class.
    pub(crate) class: u32,
    pub(crate) flags: u32,
    pub(crate) name: Text,
    pub(crate) path: Text,
    pub(crate) file: Text,
    pub(crate) line: u32,
    pub(crate) reserved: u32,
    /// The bytes of its `keep` variables in an instance.
    pub(crate) kept: u64,
}

/// A variable that is a symbol or a sysctl.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct VariableRecord {
    pub(crate) name: Text,
    /// The number of its module.
    pub(crate) module: u32,
    pub(crate) flags: u32,
    pub(crate) file: Text,
    pub(crate) line: u32,
    pub(crate) align: u32,
    pub(crate) size: u64,
    /// The Rust type, as `std::any::type_name` writes it.
    pub(crate) type_name: Text,
    /// An offset in each block, or the address of a static; see [`flag`].
    pub(crate) place: u64,
}

/// The variable of a sysctl, and how people see it.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct SysctlRecord {
    pub(crate) variable: VariableRecord,
    /// The variable as written.
    pub(crate) ident: Text,
    /// The type of its value.
    pub(crate) value_type: Text,
    pub(crate) range: Text,
    pub(crate) unit: Text,
    /// The lines of its doc comment: an array of texts, as Rust lays out `&str`.
    pub(crate) docs: u64,
    pub(crate) doc_lines: u64,
    /// 0 `bool`, 1 integer, 2 float, 3 text.
    pub(crate) kind: u32,
    pub(crate) reserved: u32,
}

/// The bits of the records' flags.
pub(crate) mod flag {
    /// Of modules: it has this hook.
    pub(crate) const ATTACH: u32 = 1;
    pub(crate) const QUIESCE: u32 = 2;
    pub(crate) const DETACH: u32 = 4;
    /// Of modules: registered at run time.
    pub(crate) const RUN_TIME: u32 = 8;

    /// Of variables: all instances share it.
    pub(crate) const SHARED: u32 = 1;
    /// Of variables: a `static mut`.
    pub(crate) const RAW: u32 = 2;
    /// Of variables: `place` is an offset in each block, otherwise an address.
    pub(crate) const IN_BLOCK: u32 = 4;
    /// Of variables: a pointer to the variable is at `place`.
    pub(crate) const INDIRECT: u32 = 8;

    /// Of sysctls.
    pub(crate) const WRITABLE: u32 = 0x100;
    pub(crate) const TUNABLE: u32 = 0x200;
    pub(crate) const BASE_ONLY: u32 = 0x400;
    /// Of sysctls: a handler makes the value, which only the program itself can run.
    pub(crate) const HANDLED: u32 = 0x800;
}

/// Where std keeps the value in a `Mutex`, `RwLock`, `OnceLock`, `LazyLock` or `Option` of a value of this size and alignment.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct LayoutRecord {
    /// 0 `Mutex`, 1 `RwLock`, 2 `OnceLock`, 3 `LazyLock`, 4 `Option`.
    pub(crate) wrapper: u32,
    pub(crate) align: u32,
    pub(crate) size: u64,
    /// The offset of the value.
    pub(crate) offset: u64,
    /// The size of the whole.
    pub(crate) whole: u64,
}

/// Where an instance, and the slot that leads to it, have what a reader needs: offsets.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct InstanceRecord {
    /// The bytes of a slot.
    pub(crate) slot: u32,
    /// In a slot: the id, 8 bytes, all of them set if it has no instance.
    pub(crate) slot_id: u32,
    /// In a slot: the address of the instance, 0 if it is destroyed and the slot holds its children together.
    pub(crate) block: u32,
    /// In a slot: the number of the slot above, 4 bytes.
    pub(crate) parent: u32,
    /// In a slot: a word with the number of handles.
    pub(crate) handles: u32,
    /// In a slot: a byte; `states` says what each means.
    pub(crate) phase: u32,
    /// In an instance: the id, 8 bytes.
    pub(crate) id: u32,
    /// In an instance: a pointer, 0 for none, and a length.
    pub(crate) name: u32,
    /// The bits of the word that are the number of handles.
    pub(crate) handles_mask: u64,
    /// The number of the state of each phase.
    pub(crate) states: [u8; 8],
}

/// The states, by the numbers that [`InstanceRecord::states`] has for each phase. Texts for people.
pub(super) const STATES: [&str; 4] = ["Creating", "Live", "ShuttingDown", "Gone"];

/// Examples, by which a reader knows the words that std writes: an `OnceLock<u32>` that is empty, one that has its value, a
/// `Mutex<u32>` and an `RwLock<u32>` that are not locked, and a `String` of 7 bytes with room for 32 or more.
#[repr(C)]
#[derive(Debug)]
pub(super) struct Examples {
    pub(super) empty: u64,
    pub(super) set: u64,
    pub(super) mutex: u64,
    pub(super) rw_lock: u64,
    pub(super) string: u64,
}

/// All records but the slots. Replaced as a whole.
#[repr(C)]
#[derive(Debug)]
pub(super) struct TablesRecord {
    pub(super) size: u64,
    pub(super) classes: Slice,
    pub(super) modules: Slice,
    pub(super) symbols: Slice,
    pub(super) sysctls: Slice,
    pub(super) layouts: Slice,
    pub(super) states: Slice,
    pub(super) instance: InstanceRecord,
    pub(super) examples: Examples,
}

/// What the records are made from.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) classes: Vec<ClassRecord>,
    pub(crate) modules: Vec<ModuleRecord>,
    pub(crate) symbols: Vec<VariableRecord>,
    pub(crate) sysctls: Vec<SysctlRecord>,
    pub(crate) layouts: Vec<LayoutRecord>,
    pub(crate) instance: InstanceRecord,
}

/// Rust lays out `&str` as [`Text`] where pointers have 64 bits: the address first.
const _: () = {
    // SAFETY: both are two words of any value.
    let words = unsafe { std::mem::transmute::<&str, [std::mem::MaybeUninit<usize>; 2]>("12345") };
    // SAFETY: the word is the length, or the test fails: a pointer is no number while rustc evaluates this.
    assert!(unsafe { words[1].assume_init() } == 5);
};

const _: () = assert!(size_of::<Text>() == 16, "the format has this size");
