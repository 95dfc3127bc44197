use std::net::Ipv4Addr;

use super::*;
use crate::hardware::{Mbuf, Time};
use crate::stack::loif;
use crate::stack::netisr::netisr;
use crate::stack::testing::settle;

/// Delivers the packets that this machine has sent to itself; `tamper` gets each packet first.
fn turn(mut tamper: impl FnMut(&mut Mbuf)) {
    tcp_poll();
    let packets: Vec<Mbuf> = std::iter::from_fn(loif::lo_input).collect();
    for mut packet in packets {
        tamper(&mut packet);
        inet::ip_input([packet].into_iter(), &mut inet::Batch::default());
    }
}

#[vimage::test]
fn damaged_segments_are_sent_again() {
    settle();
    let server = TcpSocket::listen(40_030).unwrap();
    let client = TcpSocket::connect(Ipv4Addr::LOCALHOST, 40_030, 40_031).unwrap();
    while !client.enter(TcpSocket::is_established) {
        turn(|_| ());
    }
    let data = *b"to be or not to be";
    let sent = client.enter(|client| {
        client.send(|buffer| {
            buffer[..data.len()].copy_from_slice(&data);
            data.len()
        })
    });
    assert_eq!(sent, data.len());
    let mut damaged = 0;
    let mut received = Vec::new();
    for _ in 0..100 {
        turn(|packet| {
            if damaged == 0 && packet.ends_with(&data) {
                *packet.last_mut().unwrap() ^= 1;
                damaged += 1;
            }
        });
        server.enter(|server| server.receive(|bytes| received.extend_from_slice(bytes)));
        if !received.is_empty() {
            break;
        }
        let timer = tcp_timer();
        if timer != Time::MAX {
            machine::sleep_until(timer);
            tcp_soft_interrupt();
        }
    }
    assert_eq!((&received[..], damaged), (&data[..], 1));
}

#[vimage::test]
fn segments_are_counted() {
    settle();
    let before = tcp_stat();
    let _server = TcpSocket::listen(40_032).unwrap();
    let client = TcpSocket::connect(Ipv4Addr::LOCALHOST, 40_032, 40_033).unwrap();
    let mut segments = 0;
    while !client.enter(TcpSocket::is_established) {
        turn(|_| segments += 1);
    }
    // One more may be in the queue.
    let (received, sent) = (tcp_stat().0 - before.0, tcp_stat().1 - before.1);
    assert!(received == segments && sent >= segments && segments >= 2, "{received} {sent} {segments}");
}

#[vimage::test]
fn segments_are_answered_in_the_interrupt_that_they_cause() {
    settle();
    let _server = TcpSocket::listen(40_034).unwrap();
    let client = TcpSocket::connect(Ipv4Addr::LOCALHOST, 40_034, 40_035).unwrap();
    tcp_poll();
    while netisr() > 0 {}
    assert!(client.enter(TcpSocket::is_established));
}

#[vimage::test]
fn a_connection_needs_a_port() {
    assert!(matches!(TcpSocket::listen(0), Err(TcpError::Listen(0))));
    assert!(matches!(TcpSocket::connect(Ipv4Addr::LOCALHOST, 0, 1), Err(TcpError::Connect(Ipv4Addr::LOCALHOST, 0))));
}
