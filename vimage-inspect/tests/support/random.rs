//! Numbers for damage.

/// Xorshift: the same numbers in each run.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// A wrong number in the place of `old`: one of its bits, one near it, or another word.
    pub fn wrong(&mut self, old: u64) -> u64 {
        match self.below(5) {
            0 => 0,
            1 => u64::MAX,
            2 => self.next(),
            3 => old ^ (1 << self.below(64)),
            _ => old.wrapping_add(self.below(64)).wrapping_sub(32),
        }
    }
}
