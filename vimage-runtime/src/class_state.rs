//! A class once it is laid out: its modules, the place of each variable, and the instances there are.

use std::alloc::{Layout, LayoutError};
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::boot::BootError;
use crate::instance::{Handle, Header, Tree};
use crate::late::LateModule;
use crate::order::{LinkedModule, OrderedClass};
use crate::storage::PartEntry;
use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Modules do not share a cache line.
const CACHE_LINE: usize = 64;

/// Bytes at the end of each instance for modules that are not linked into the program.
static RESERVE: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(256);

pub(crate) fn set_reserve(bytes: usize) {
    RESERVE.store(bytes, std::sync::atomic::Ordering::Relaxed);
}

/// A part and its offset in each instance that has it.
pub(crate) type PlacedPart = (&'static PartEntry, usize);

/// All that the runtime knows of a class.
#[derive(Debug)]
pub(crate) struct ClassState {
    /// Of a whole instance, reserve included.
    pub(crate) layout: Layout,
    /// Those registered at boot, in the order they are attached.
    pub(crate) modules: Vec<LinkedModule>,
    /// Theirs, in the order of the modules.
    pub(crate) parts: Vec<PlacedPart>,
    base: OnceLock<Base>,
    live: Mutex<Live>,
    /// Where those wait who want to be the last to hold an instance of this class.
    pub(crate) waiters: Waiters,
}

/// Told when a handle goes that somebody waits for. One for all instances of a class: it is rare, and a header has no
/// room for it.
#[derive(Debug)]
pub(crate) struct Waiters {
    lock: Mutex<()>,
    one_less: Condvar,
}

impl Waiters {
    const fn new() -> Self {
        Self { lock: Mutex::new(()), one_less: Condvar::new() }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Under the lock, or it might come between somebody's look at the count and his wait.
    pub(crate) fn notify(&self) {
        let _waiting = self.lock();
        self.one_less.notify_all();
    }

    pub(crate) fn wait(&self, waiting: MutexGuard<'_, ()>, time: Duration) {
        drop(self.one_less.wait_timeout(waiting, time).unwrap_or_else(PoisonError::into_inner));
    }
}

/// What changes after boot. No user code runs under its lock.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) tree: Tree,
    /// Modules registered after boot, in that order, and withdrawn ones that still have a place.
    pub(crate) late: Vec<Arc<LateModule>>,
    pub(crate) reserve: Reserve,
    /// A registration is under way.
    pub(crate) registering: bool,
}

/// What no module has of each instance's block: ranges of offsets, in order, none of them empty.
#[derive(Debug)]
pub(crate) struct Reserve {
    free: Vec<Range<usize>>,
    /// The alignment of each block.
    align: usize,
}

impl Reserve {
    /// Gives these parts their places in the first range that has room for them, and says what they take of it; or how
    /// many bytes they would take, padding included.
    pub(crate) fn take(&mut self, parts: &[&'static PartEntry]) -> Result<(Vec<PlacedPart>, Range<usize>), usize> {
        let mut needed = usize::MAX;
        for (index, free) in self.free.iter_mut().enumerate() {
            let mut placed = Vec::new();
            let end =
                Layout::from_size_align(free.start, self.align).and_then(|start| place(start, parts, &mut placed));
            let Ok(end) = end.map(|end| end.size()) else { continue };
            if end > free.end {
                needed = needed.min(end - free.start);
                continue;
            }
            let taken = free.start..end;
            free.start = end;
            if Range::is_empty(free) {
                self.free.remove(index);
            }
            return Ok((placed, taken));
        }
        // A module without variables fits anywhere.
        if parts.is_empty() { Ok((Vec::new(), 0..0)) } else { Err(needed) }
    }

    /// Takes back what [`take`](Self::take) has given away.
    pub(crate) fn give_back(&mut self, taken: Range<usize>) {
        if taken.is_empty() {
            return;
        }
        let index = self.free.partition_point(|free| free.start < taken.start);
        self.free.insert(index, taken);
        // Neighbours that touch are one.
        self.free.dedup_by(|next, free| {
            let touch = free.end == next.start;
            if touch {
                free.end = next.end;
            }
            touch
        });
    }

    /// The most bytes that one module could take.
    pub(crate) fn left(&self) -> usize {
        self.free.iter().map(Range::len).max().unwrap_or(0)
    }
}

/// The base instance, kept for ever by a handle that is never dropped.
#[derive(Debug)]
struct Base(ManuallyDrop<Handle>);

impl ClassState {
    /// Gives each part its place, and leaves room for the modules that may come later.
    pub(crate) fn lay_out(ordered: OrderedClass) -> Result<Self, BootError> {
        let too_large = |_: LayoutError| BootError::TooLarge { class: ordered.class.name };
        let mut end = Layout::new::<Header>();
        let mut parts = Vec::new();
        for module in &ordered.modules {
            end = place(end, &module.parts, &mut parts).map_err(too_large)?;
        }
        let (start, align) = (end.size(), end.align());
        for module in &ordered.manual {
            end = place(end, &module.parts, &mut Vec::new()).map_err(too_large)?;
        }
        // What may never come has room, but does not make every instance more aligned.
        let layout = end.size().checked_add(RESERVE.load(std::sync::atomic::Ordering::Relaxed));
        let layout = layout.and_then(|size| Layout::from_size_align(size, align).ok());
        let layout = layout.ok_or(BootError::TooLarge { class: ordered.class.name })?.pad_to_align();
        let mut reserve = Reserve { free: Vec::new(), align };
        reserve.give_back(start..layout.size());
        Ok(Self {
            layout,
            modules: ordered.modules,
            parts,
            base: OnceLock::new(),
            waiters: Waiters::new(),
            live: Mutex::new(Live { tree: Tree::default(), late: Vec::new(), reserve, registering: false }),
        })
    }

    pub(crate) fn set_base(&self, base: Handle) {
        self.base.set(Base(ManuallyDrop::new(base))).expect("boot makes one base instance");
    }

    /// The base instance, which exists from before the first attach hook to the end of the process.
    pub(crate) fn base(&self) -> NonNull<Header> {
        self.base_handle().as_ptr()
    }

    pub(crate) fn base_handle(&self) -> &Handle {
        &self.base.get().expect("boot has made the base instance").0
    }

    pub(crate) fn live(&self) -> MutexGuard<'_, Live> {
        // None of our code panics half-way through a change.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Places the parts of one module after what there is; the first one starts a cache line.
pub(crate) fn place(
    mut end: Layout,
    parts: &[&'static PartEntry],
    placed: &mut Vec<PlacedPart>,
) -> Result<Layout, LayoutError> {
    let mut align = CACHE_LINE;
    for &part in parts {
        let (longer, offset) = end.extend(part.layout().align_to(align)?)?;
        placed.push((part, offset));
        (end, align) = (longer, 1);
    }
    Ok(end)
}

#[cfg(all(test, feature = "vimage", not(vimage_shuttle)))]
mod tests {
    use super::*;
    use crate::class::{Class, Net};
    use crate::module::{ModuleEntry, Register};

    fn part(size: usize, align: usize) -> &'static PartEntry {
        PartEntry::of_layout(Layout::from_size_align(size, align).unwrap())
    }

    fn module(parts: &[&'static PartEntry]) -> LinkedModule {
        static MODULE: ModuleEntry = ModuleEntry::new::<Net>("m", "x::m", "src/lib.rs", 1, Register::Boot, &[]);
        LinkedModule { entry: &MODULE, attach: None, quiesce: None, detach: None, parts: parts.to_vec() }
    }

    fn lay_out(modules: Vec<LinkedModule>, manual: Vec<LinkedModule>) -> Result<ClassState, BootError> {
        ClassState::lay_out(OrderedClass { class: Net::ENTRY, modules, manual })
    }

    #[test]
    fn each_module_starts_a_cache_line_and_parts_keep_their_alignment() {
        let state =
            lay_out(vec![module(&[part(8, 8), part(1, 1), part(4, 4)]), module(&[part(1, 1)])], vec![]).unwrap();
        let start = state.parts[0].1;
        assert!(start >= size_of::<Header>() && start.is_multiple_of(64));
        let offsets: Vec<_> = state.parts.iter().map(|(_, offset)| offset - start).collect();
        assert_eq!(offsets, [0, 8, 12, 64]);
        assert_eq!(state.layout.align(), 64);
    }

    #[test]
    fn a_part_may_want_more_than_a_cache_line() {
        let state = lay_out(vec![module(&[part(1, 1)]), module(&[part(4096, 4096)])], vec![]).unwrap();
        assert_eq!((state.layout.align(), state.parts[1].1), (4096, 4096));
    }

    #[test]
    fn manual_modules_have_room_but_do_not_raise_the_alignment() {
        let without = lay_out(vec![], vec![]).unwrap();
        let with = lay_out(vec![], vec![module(&[part(1000, 8)]), module(&[part(10, 4096)])]).unwrap();
        assert!(with.layout.size() >= without.layout.size() + 1010);
        assert_eq!(with.layout.align(), 64);
    }

    #[test]
    fn what_exceeds_the_address_space_is_an_error() {
        let half = || part(isize::MAX as usize / 2, 1);
        for (modules, manual) in [
            (vec![module(&[half(), half(), half()])], vec![]),
            (vec![module(&[half()]), module(&[half()]), module(&[half()])], vec![]),
            (vec![module(&[half()])], vec![module(&[half(), half()])]),
            (vec![module(&[part(isize::MAX as usize - 100, 1)])], vec![]),
        ] {
            let error = lay_out(modules, manual).unwrap_err();
            assert_eq!(error.to_string(), "the variables of class Net exceed the address space");
        }
    }
}
