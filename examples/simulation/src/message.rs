//! What hosts tell one another.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// "Vote for me."
    Candidacy,
    Vote,
    /// "I lead."
    Heartbeat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) kind: Kind,
    pub(crate) term: u64,
    pub(crate) from: u64,
}

impl Message {
    pub(crate) const SIZE: usize = 17;

    pub(crate) fn write(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[0] = self.kind as u8;
        bytes[1..9].copy_from_slice(&self.term.to_be_bytes());
        bytes[9..].copy_from_slice(&self.from.to_be_bytes());
        bytes
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (&kind, rest) = bytes.split_first()?;
        let (&term, rest) = rest.split_first_chunk()?;
        let kind = [Kind::Candidacy, Kind::Vote, Kind::Heartbeat].into_iter().find(|known| *known as u8 == kind)?;
        Some(Self { kind, term: u64::from_be_bytes(term), from: u64::from_be_bytes(rest.try_into().ok()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let message = Message { kind: Kind::Vote, term: 7, from: u64::MAX };
        assert_eq!(Message::read(&message.write()), Some(message));
        assert_eq!(Message::read(&message.write()[1..]), None);
        assert_eq!(Message::read(&[9; Message::SIZE]), None);
    }
}
