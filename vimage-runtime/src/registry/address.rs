//! The address of a part in the current instance, which says by itself whether there is one.
//!
//! It is the sum of a context and an offset. The values that stand for a missing context and for a missing offset are
//! such that their sums are absent too. So one check, at the use, finds each of these cases:
//!
//! | | offset of a part | unregistered |
//! |---|---|---|
//! | address of an instance | the part | absent |
//! | no context, barred | absent | absent |

use std::ptr;

/// The form of this target.
///
/// Elsewhere, programs are given addresses in the upper half of the address space, or tags in the upper bits.
pub(super) type Form = FormOf<
    {
        cfg!(all(
            any(target_arch = "x86_64", target_arch = "aarch64"),
            not(any(target_os = "android", target_os = "illumos", target_os = "solaris")),
        ))
    },
>;

/// What is absent: a negative number, if `SIGNED`, so that the addition itself says it; else null.
///
/// - Signed: an instance ends below a quarter of the address space, where its address and the offset of a part are too.
///   With three quarters added they are in the upper half; and three quarters twice are one half, which is in it.
/// - Not signed: the sums that are to be absent overflow, since an offset is at least 2: a header comes first.
#[derive(Debug)]
pub(super) struct FormOf<const SIGNED: bool>;

#[cfg_attr(not(any(feature = "vimage", test)), expect(dead_code, reason = "without instances nothing is absent"))]
impl<const SIGNED: bool> FormOf<SIGNED> {
    const QUARTER: usize = 1 << (usize::BITS - 2);

    /// The offset of a part that has none.
    pub(super) const UNREGISTERED: usize = if SIGNED { 3 * Self::QUARTER } else { usize::MAX };
    /// The context of a thread that has entered nothing.
    pub(super) const NONE: usize = Self::UNREGISTERED;
    /// The context of a thread that may not resolve anything.
    pub(super) const BARRED: usize = if SIGNED { Self::NONE + 1 } else { Self::NONE - 1 };
    /// Where the blocks of instances end at the latest.
    const END: usize = if SIGNED { Self::QUARTER } else { Self::BARRED };

    #[inline(always)]
    fn sum(context: *const u8, offset: usize) -> *const u8 {
        if SIGNED || context.addr().checked_add(offset).is_some() { context.wrapping_add(offset) } else { ptr::null() }
    }

    #[inline(always)]
    fn is_absent(sum: *const u8) -> bool {
        if SIGNED { sum.addr().cast_signed() < 0 } else { sum.is_null() }
    }
}

/// Whether accessors find an instance whose block lies there.
pub(crate) fn is_possible_block(block: *const u8, size: usize) -> bool {
    block.addr().checked_add(size).is_some_and(|end| end <= Form::END)
}

/// The address of a part in an instance, or of none.
#[cfg(feature = "vimage")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartAddress(*const u8);

#[cfg(feature = "vimage")]
impl PartAddress {
    #[inline(always)]
    pub(super) fn new(context: *const u8, offset: usize) -> Self {
        Self(Form::sum(context, offset))
    }

    #[inline(always)]
    pub(crate) fn is_absent(self) -> bool {
        Form::is_absent(self.0)
    }

    /// Dangles if it is absent.
    #[inline(always)]
    pub(crate) fn as_ptr(self) -> *const u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums_are_absent_or_not<const SIGNED: bool>() {
        type Case = (usize, usize, bool);
        let (none, barred, unregistered) =
            (FormOf::<SIGNED>::NONE, FormOf::<SIGNED>::BARRED, FormOf::<SIGNED>::UNREGISTERED);
        let (last, far) = (FormOf::<SIGNED>::END - 64, FormOf::<SIGNED>::QUARTER - 64);
        let cases: [Case; 13] = [
            (64, 2, false),
            (64, 128, false),
            (last, 2, false),
            (last, 63, false),
            (64, unregistered, true),
            (last, unregistered, true),
            (none, 2, true),
            (none, far, true),
            (none, unregistered, true),
            (barred, 2, true),
            (barred, far, true),
            (barred, unregistered, true),
            (1, unregistered, true),
        ];
        for (context, offset, absent) in cases {
            let sum = FormOf::<SIGNED>::sum(ptr::without_provenance(context), offset);
            assert_eq!(FormOf::<SIGNED>::is_absent(sum), absent, "{context:#x} + {offset:#x}, signed: {SIGNED}");
            assert!(absent || sum.addr() == context + offset);
        }
    }

    #[test]
    fn sums_say_whether_there_is_a_part() {
        sums_are_absent_or_not::<true>();
        sums_are_absent_or_not::<false>();
    }

    #[test]
    fn blocks_lie_where_sums_are_not_absent() {
        assert!(is_possible_block(ptr::without_provenance(64), 4096));
        assert!(!is_possible_block(ptr::without_provenance(Form::END - 64), 65));
        assert!(!is_possible_block(ptr::without_provenance(usize::MAX), 2));
    }
}
