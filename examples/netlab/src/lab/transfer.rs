//! Transfers over TCP, several at the same time, with checksums.

use std::net::Ipv4Addr;

use crc32fast::Hasher;
use vimage::Bound;

use crate::hardware::Time;
use crate::lab::address::address;
use crate::lab::network::Network;
use crate::stack::machine;
use crate::stack::tcp::{self, TcpError, TcpSocket};

const FIRST_PORT: u16 = 5001;
const FIRST_LOCAL_PORT: u16 = 49152;
/// Transfers have failed after this simulated time without a byte.
pub const PATIENCE: Time = 120_000_000_000;

/// Pseudo-random bytes: xorshift.
struct Noise(u64);

impl Noise {
    fn fill(&mut self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            chunk.copy_from_slice(&self.0.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// A transfer from one machine to another.
pub struct Transfer {
    pub from: usize,
    pub to: usize,
    sender: Bound<TcpSocket>,
    receiver: Bound<TcpSocket>,
    noise: Noise,
    to_send: u64,
    pub received: u64,
    /// The sender has heard from the receiver.
    pub was_connected: bool,
    /// The simulated time at which the last byte was received.
    pub ended: Time,
    sent_sum: Hasher,
    received_sum: Hasher,
}

impl Transfer {
    fn start(network: &Network, (from, to): (usize, usize), number: u16, bytes: u64) -> Result<Self, TcpError> {
        let port = FIRST_PORT + number;
        let destination = if from == to { Ipv4Addr::LOCALHOST } else { address(to) };
        Ok(Self {
            from,
            to,
            receiver: network.on(to, || TcpSocket::listen(port))?,
            sender: network.on(from, || TcpSocket::connect(destination, port, FIRST_LOCAL_PORT + number))?,
            noise: Noise(0x9e37_79b9_7f4a_7c15 ^ u64::from(number)),
            to_send: bytes,
            received: 0,
            was_connected: false,
            ended: 0,
            sent_sum: Hasher::new(),
            received_sum: Hasher::new(),
        })
    }

    /// Sends and receives as much as possible; returns the number of bytes.
    fn step(&mut self) -> u64 {
        let Self { noise, to_send, sent_sum, received_sum, .. } = self;
        let mut sent = 0;
        if *to_send > 0 {
            sent = self.sender.enter(|sender| {
                sender.send(|buffer| {
                    let length = buffer.len().min(usize::try_from(*to_send).unwrap_or(usize::MAX));
                    noise.fill(&mut buffer[..length]);
                    sent_sum.update(&buffer[..length]);
                    length
                })
            }) as u64;
            *to_send -= sent;
        }
        if self.sender.enter(TcpSocket::is_established) {
            self.was_connected = true;
            if self.to_send == 0 {
                self.sender.enter(TcpSocket::shut_down);
            }
        }
        let received = self.receiver.enter(|receiver| receiver.receive(|bytes| received_sum.update(bytes))) as u64;
        self.received += received;
        if received > 0 {
            self.ended = machine::nanotime();
        }
        sent + received
    }

    /// Returns whether all bytes have arrived unchanged.
    pub fn is_verified(&self, bytes: u64) -> bool {
        self.received == bytes && self.sums().0 == self.sums().1
    }

    /// The CRC-32 of the bytes sent and received. TCP's checksum does not notice swapped words.
    pub fn sums(&self) -> (u32, u32) {
        (self.sent_sum.clone().finalize(), self.received_sum.clone().finalize())
    }

    fn is_done(&self, bytes: u64) -> bool {
        self.received >= bytes && self.to_send == 0
    }
}

/// Transfers `bytes` for each pair, all at the same time, until all have arrived or no transfer makes progress. Calls
/// `progress` with the number of bytes that have arrived.
pub fn run(
    network: &Network,
    pairs: &[(usize, usize)],
    bytes: u64,
    progress: impl Fn(u64),
) -> Result<Vec<Transfer>, TcpError> {
    let start = |(pair, number): (&(usize, usize), u16)| Transfer::start(network, *pair, number, bytes);
    let mut transfers: Vec<Transfer> = pairs.iter().zip(0..).map(start).collect::<Result<_, _>>()?;
    let poll = |transfer: &Transfer| [transfer.from, transfer.to].map(|end| network.on(end, tcp::tcp_poll));
    transfers.iter().for_each(|transfer| _ = poll(transfer));
    let mut last_byte = machine::nanotime();
    loop {
        let mut moved = 0;
        for transfer in &mut transfers {
            let before = transfer.received;
            let step = transfer.step();
            if step > 0 {
                // The sender has more to send, or the receiver more room.
                poll(transfer);
            }
            moved += step;
            progress(transfer.received - before);
        }
        if moved > 0 {
            last_byte = machine::nanotime();
        }
        let is_done = transfers.iter().all(|transfer| transfer.is_done(bytes));
        if is_done || !network.step(last_byte + PATIENCE) {
            return Ok(transfers);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hardware::Mbuf;
    use crate::stack::inet;
    use crate::stack::loif;

    const BYTES: u64 = 5_000;

    /// Transfers bytes from this machine to itself; `tamper` gets each packet on the way.
    fn transfer(number: u16, mut tamper: impl FnMut(&mut Mbuf)) -> bool {
        let network = Network::host().unwrap();
        let mut transfer = Transfer::start(&network, (0, 0), number, BYTES).unwrap();
        for _ in 0..1_000 {
            transfer.step();
            network.on(0, || {
                tcp::tcp_poll();
                let packets: Vec<Mbuf> = std::iter::from_fn(loif::lo_input).collect();
                for mut packet in packets {
                    tamper(&mut packet);
                    inet::ip_input([packet].into_iter(), &mut inet::Batch::default());
                }
            });
            if transfer.is_done(BYTES) {
                return transfer.is_verified(BYTES);
            }
        }
        panic!("the bytes did not arrive");
    }

    /// One test, because two would take each other's packets from the loopback interface of the base machine.
    #[vimage::test]
    fn bytes_are_verified_by_more_than_the_checksum_of_tcp() {
        assert!(transfer(100, |_| ()));
        let mut swapped = false;
        let verified = transfer(101, |packet| {
            // The sum of all words stays the same.
            if packet.len() > 1_000 && packet[500..502] != packet[502..504] && !swapped {
                packet[500..504].rotate_left(2);
                swapped = true;
            }
        });
        assert!(swapped && !verified);
    }
}
