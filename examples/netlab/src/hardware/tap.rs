//! Taps: they see the packets that pass an interface.

use std::fmt::Debug;

use crate::hardware::units::Time;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    In,
    Out,
}

/// Sees each packet of an interface, as `bpf` does in a kernel.
pub trait Tap: Debug + Send + Sync {
    fn packet(&self, direction: Direction, bytes: &[u8], now: Time);
}
