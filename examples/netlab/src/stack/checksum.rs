//! The internet checksum (RFC 1071), and its update at each hop (RFC 1624).
//!
//! smoltcp's is made for whole packets: for the twenty bytes of a header it takes four times the instructions.

use std::net::Ipv4Addr;

use smoltcp::wire::IpProtocol;

/// A sum of 16-bit words in ones' complement, not yet folded, in the byte order of this computer: the order does not
/// matter until the end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum(u64);

impl Sum {
    /// Adds bytes from an even position on.
    #[inline]
    pub fn add(mut self, bytes: &[u8]) -> Self {
        let (eights, rest) = bytes.as_chunks::<8>();
        eights.iter().for_each(|eight| self.add_carrying(u64::from_ne_bytes(*eight)));
        let (fours, rest) = rest.as_chunks::<4>();
        fours.iter().for_each(|four| self.add_carrying(u32::from_ne_bytes(*four).into()));
        if !rest.is_empty() {
            // Bytes that are missing in the last word are zero.
            let mut last = [0; 4];
            last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            self.add_carrying(u32::from_ne_bytes(last).into());
        }
        self
    }

    /// Adds a 16-bit word.
    #[inline]
    pub fn add_word(mut self, word: u16) -> Self {
        self.add_carrying(word.to_be().into());
        self
    }

    fn add_carrying(&mut self, number: u64) {
        let (sum, carry) = self.0.overflowing_add(number);
        self.0 = sum + u64::from(carry);
    }

    /// The sum of a datagram or segment and its pseudo header.
    pub fn of_transport(source: Ipv4Addr, destination: Ipv4Addr, protocol: IpProtocol, bytes: &[u8]) -> Self {
        let addresses = Self::default().add(&source.octets()).add(&destination.octets());
        addresses.add_word(u8::from(protocol).into()).add_word(bytes.len() as u16).add(bytes)
    }

    /// The sum in 16 bits: 0xffff if a checksum is among the words and nothing was changed.
    #[inline]
    pub fn fold(self) -> u16 {
        // The upper half of a number plus the number with its halves swapped is the sum of both, with the carry.
        let sum = (self.0.wrapping_add(self.0.rotate_left(32)) >> 32) as u32;
        u16::from_be((sum.wrapping_add(sum.rotate_left(16)) >> 16) as u16)
    }
}

/// The checksum of an IPv4 header after its time to live was decremented.
#[inline]
pub fn decrement_ttl(checksum: u16) -> u16 {
    // The time to live is the upper byte of its word, so the sum is less by 0x100, and its complement is more.
    let sum = u32::from(checksum) + 0x100;
    // RFC 1624: the carry is added, and 0xffff, which is zero too, does not occur.
    (sum + u32::from(sum >= 0xffff)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standard() {
        // The example of RFC 1071, and with one byte more.
        let bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(Sum::default().add(&bytes).fold(), 0xddf2);
        assert_eq!(Sum::default().add(&bytes[..7]).fold(), 0xdcfb);
        assert_eq!(Sum::default().add(&[]).fold(), 0);
        assert_eq!(Sum::default().add(&[0xff; 65_535]).fold(), Sum::default().add_word(0xff00).add(&[0xff; 2]).fold());
    }

    #[test]
    fn an_update_is_what_a_new_sum_is() {
        // The rest of a header is never zero.
        for rest in 1..=u16::MAX {
            let checksum = |ttl_and_protocol: u16| !Sum::default().add_word(rest).add_word(ttl_and_protocol).fold();
            for word in [0x4011, 0x0100, 0x01ff, 0xff06] {
                assert_eq!(decrement_ttl(checksum(word)), checksum(word - 0x100), "{rest:x} {word:x}");
            }
        }
    }
}
