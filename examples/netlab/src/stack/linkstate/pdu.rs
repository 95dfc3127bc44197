//! The protocol's messages.

use crate::hardware::Mbuf;
use crate::stack::ifnet::LINK_PROTOCOL;

/// The number of a router: its address.
pub type Router = u32;

/// The links of one router, as it tells all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lsp {
    pub origin: Router,
    /// The larger one is newer.
    pub sequence: u32,
    /// The router at the other end of each link, in ascending order; one with several links is there several times.
    pub neighbours: Vec<Router>,
}

/// A message to the router at the other end of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pdu {
    /// "I am here." `heard` is the router that was heard on this link, or 0; `digest` stands for the database.
    Hello {
        router: Router,
        heard: Router,
        digest: u64,
    },
    Lsp(Lsp),
}

const HELLO: u8 = 1;
const LSP: u8 = 2;

impl Pdu {
    pub fn emit(&self) -> Mbuf {
        let mut bytes = vec![LINK_PROTOCOL];
        match self {
            Self::Hello { router, heard, digest } => {
                bytes.push(HELLO);
                bytes.extend(router.to_be_bytes());
                bytes.extend(heard.to_be_bytes());
                bytes.extend(digest.to_be_bytes());
            }
            Self::Lsp(Lsp { origin, sequence, neighbours }) => {
                bytes.push(LSP);
                bytes.extend(origin.to_be_bytes());
                bytes.extend(sequence.to_be_bytes());
                neighbours.iter().for_each(|neighbour| bytes.extend(neighbour.to_be_bytes()));
            }
        }
        bytes
    }

    /// Reads a message; `None` if it is none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let &[LINK_PROTOCOL, kind, ref fields @ ..] = bytes else { return None };
        let (words, rest) = fields.as_chunks::<4>();
        let words: Vec<u32> = words.iter().map(|word| u32::from_be_bytes(*word)).collect();
        match (kind, &words[..]) {
            (HELLO, &[router, heard, high, low]) if rest.is_empty() => {
                Some(Self::Hello { router, heard, digest: u64::from(high) << 32 | u64::from(low) })
            }
            (LSP, [origin, sequence, neighbours @ ..]) if rest.is_empty() && neighbours.is_sorted() => {
                Some(Self::Lsp(Lsp { origin: *origin, sequence: *sequence, neighbours: neighbours.to_vec() }))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_as_they_are_written() {
        let lsp = Lsp { origin: 1, sequence: 2, neighbours: vec![3, 3, u32::MAX] };
        for pdu in [Pdu::Hello { router: 7, heard: 0, digest: u64::MAX - 1 }, Pdu::Lsp(lsp)] {
            let bytes = pdu.emit();
            assert_eq!(Pdu::parse(&bytes), Some(pdu));
            assert_eq!(Pdu::parse(&bytes[..bytes.len() - 1]), None);
        }
        let unsorted = Pdu::Lsp(Lsp { origin: 1, sequence: 2, neighbours: vec![4, 3] });
        for bytes in [&[][..], &[LINK_PROTOCOL], &[LINK_PROTOCOL, 3, 0, 0, 0, 0], &[0x45; 20], &unsorted.emit()] {
            assert_eq!(Pdu::parse(bytes), None);
        }
    }
}
