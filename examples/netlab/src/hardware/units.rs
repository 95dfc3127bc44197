//! What travels, and the time that it takes.

/// The bytes of an IPv4 packet, with its header.
pub type Mbuf = Vec<u8>;

/// Simulated time in nanoseconds.
pub type Time = i64;
