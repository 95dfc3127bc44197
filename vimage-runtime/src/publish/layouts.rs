//! Where std keeps the values in its locks and cells, which only code that knows the types can find out.

use std::sync::{LazyLock, Mutex, OnceLock, RwLock};

use crate::export::LayoutRecord;

/// The layouts of std's wrappers around values of common sizes and alignments.
///
/// The wrappers let nothing of the niches of a value through, so that only its size and alignment count; `Option` does,
/// so its layout is that of types without niches.
pub(super) fn measure() -> Vec<LayoutRecord> {
    let mut layouts = Vec::new();
    add::<u8>(&mut layouts);
    add::<u16>(&mut layouts);
    add::<u32>(&mut layouts);
    add::<u64>(&mut layouts);
    add::<u128>(&mut layouts);
    add::<[u8; 2]>(&mut layouts);
    add::<[u16; 2]>(&mut layouts);
    add::<[u32; 2]>(&mut layouts);
    add::<[u32; 3]>(&mut layouts);
    add::<[u64; 2]>(&mut layouts);
    add::<[u64; 3]>(&mut layouts);
    add::<[u64; 4]>(&mut layouts);
    add::<[u128; 2]>(&mut layouts);
    layouts
}

fn add<T: Copy + Default>(layouts: &mut Vec<LayoutRecord>) {
    let value = T::default();
    let mut add = |wrapper, whole: (usize, usize), value: Option<&T>| {
        let (address, size) = whole;
        layouts.push(LayoutRecord {
            wrapper,
            align: align_of::<T>() as u32,
            size: size_of::<T>() as u64,
            offset: value.map_or(0, |value| std::ptr::from_ref(value).addr() - address) as u64,
            whole: size as u64,
        });
    };
    let mut mutex = Mutex::new(value);
    add(0, place(&raw const mutex), mutex.get_mut().ok().map(|value| &*value));
    let mut rw_lock = RwLock::new(value);
    add(1, place(&raw const rw_lock), rw_lock.get_mut().ok().map(|value| &*value));
    let once = OnceLock::from(value);
    add(2, place(&raw const once), once.get());
    let lazy: LazyLock<T> = LazyLock::new(T::default);
    add(3, place(&raw const lazy), Some(LazyLock::force(&lazy)));
    let option = Some(value);
    add(4, place(&raw const option), option.as_ref());
}

/// The address and size of what a pointer points to.
fn place<T>(pointer: *const T) -> (usize, usize) {
    (pointer.addr(), size_of::<T>())
}
