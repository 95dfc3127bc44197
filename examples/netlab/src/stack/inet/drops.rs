//! The reasons why packets are dropped.

/// A reason; its number is the index of its counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drop {
    BadPacket,
    Filtered,
    NotForwarding,
    TtlExceeded,
    NoRoute,
    InterfaceDown,
    QueueFull,
    TooLong,
    NoProtocol,
    NoPort,
    SocketFull,
}

impl Drop {
    pub const ALL: [Self; 11] = [
        Self::BadPacket,
        Self::Filtered,
        Self::NotForwarding,
        Self::TtlExceeded,
        Self::NoRoute,
        Self::InterfaceDown,
        Self::QueueFull,
        Self::TooLong,
        Self::NoProtocol,
        Self::NoPort,
        Self::SocketFull,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::BadPacket => "bad_packet",
            Self::Filtered => "filtered",
            Self::NotForwarding => "not_forwarding",
            Self::TtlExceeded => "ttl_exceeded",
            Self::NoRoute => "no_route",
            Self::InterfaceDown => "interface_down",
            Self::QueueFull => "queue_full",
            Self::TooLong => "too_long",
            Self::NoProtocol => "no_protocol",
            Self::NoPort => "no_port",
            Self::SocketFull => "socket_full",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_the_place_of_its_number() {
        for (place, reason) in Drop::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, place);
        }
    }
}
