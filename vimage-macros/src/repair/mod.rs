//! Corrections of what was reported, so that rustc does not report it again.

mod corrections;
mod patterns;

pub(crate) use self::corrections::Corrections;
pub(crate) use self::patterns::unbind;
