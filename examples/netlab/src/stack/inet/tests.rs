use std::net::Ipv4Addr;
use std::sync::Arc;

use smoltcp::wire::{Icmpv4DstUnreachable, IpProtocol, Ipv4Packet};
use vimage::Transfer;

use super::*;
use crate::hardware::{Port, wire};
use crate::stack::icmp::{IcmpSocket, Message, icmp_stat};
use crate::stack::ifnet::{Card, Ifnet, if_count, if_list};
use crate::stack::netisr::netisr;
use crate::stack::testing::{dropped, input, settle, udp_packet};

const NOBODY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 77);
const LOCAL: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A card that is plugged into this machine, with the far end of its wire and a route through it.
fn plugged(limit: usize, to: Ipv4Addr) -> (Arc<Ifnet>, Port) {
    let (near, far) = wire(limit, None);
    let interface = Ifnet::new("ge0".to_owned(), String::new(), near);
    let next_hop = NextHop { interface: if_count() as u32, gateway: to };
    let mut card = Card(Arc::clone(&interface));
    let Ok(()) = card.join();
    rt_add(&[(Prefix::host(to), vec![next_hop])]);
    (interface, far)
}

#[vimage::test]
fn packets_that_are_not_sound_are_counted_and_go_nowhere() {
    let good = udp_packet((LOCAL, LOCAL), 40_001, 64).bytes;
    let before = (dropped(Drop::BadPacket), ip_stat().delivered, icmp_stat());
    let mut bad: Vec<Mbuf> = (0..20)
        .map(|byte| {
            let mut packet = good.clone();
            packet[byte] ^= 1;
            packet
        })
        .collect();
    bad.extend([vec![], good[..19].to_vec(), good[..good.len() - 1].to_vec(), [&good[..], &[0]].concat()]);
    for (packet, count) in bad.into_iter().zip(1..) {
        ip_input([packet.clone()].into_iter(), &mut Batch::default());
        let now = (dropped(Drop::BadPacket), ip_stat().delivered, icmp_stat());
        assert_eq!(now, (before.0 + count, before.1, before.2), "{packet:x?}");
    }
    ip_input([good].into_iter(), &mut Batch::default());
    assert_eq!(ip_stat().delivered, before.1 + 1);
}

#[vimage::test]
fn a_protocol_that_nobody_takes_is_counted_and_told() {
    settle();
    let socket = IcmpSocket::open().unwrap();
    let before = dropped(Drop::NoProtocol);
    input(ip_packet((LOCAL, LOCAL), IpProtocol::Unknown(253), None, 8, |_| ()));
    netisr();
    assert_eq!(dropped(Drop::NoProtocol), before + 1);
    let Some(Message::Unreachable { reason, .. }) = socket.enter(IcmpSocket::receive).map(|received| received.message)
    else {
        panic!("the sender was not told")
    };
    assert_eq!(reason, Icmpv4DstUnreachable::ProtoUnreachable);
}

#[vimage::test]
fn what_is_forwarded_is_one_hop_older_and_sound() {
    let to = Ipv4Addr::new(192, 0, 2, 1);
    let (_, far) = plugged(8, to);
    let packet = || udp_packet((NOBODY, to), 9, 7);
    let before = (dropped(Drop::NotForwarding), ip_stat().forwarded);
    set_ip_forwarding(false);
    input(packet());
    assert_eq!((dropped(Drop::NotForwarding), ip_stat().forwarded, far.receive_one()), (before.0 + 1, before.1, None));
    set_ip_forwarding(true);
    input(packet());
    set_ip_forwarding(false);
    assert_eq!(ip_stat().forwarded, before.1 + 1);
    let forwarded = far.receive_one().unwrap();
    let header = Ipv4Packet::new_checked(&forwarded[..]).unwrap();
    assert_eq!((header.hop_limit(), header.verify_checksum(), header.dst_addr()), (6, true, to));
}

#[vimage::test]
fn packets_that_cannot_go_on_are_counted_by_reason() {
    set_ip_forwarding(true);
    let to = Ipv4Addr::new(192, 0, 2, 2);
    let (interface, _far) = plugged(1, to);
    let cases: [(Drop, &dyn Fn()); 5] = [
        (Drop::NoRoute, &|| input(udp_packet((NOBODY, Ipv4Addr::new(192, 0, 2, 3)), 9, 64))),
        (Drop::TtlExceeded, &|| input(udp_packet((NOBODY, to), 9, 1))),
        (Drop::QueueFull, &|| {
            // There is room for the first one.
            input(udp_packet((NOBODY, to), 9, 64));
            input(udp_packet((NOBODY, to), 9, 64));
        }),
        (Drop::QueueFull, &|| assert_eq!(ip_output(udp_packet((LOCAL, to), 9, 64)), Err(Drop::QueueFull))),
        (Drop::InterfaceDown, &|| {
            interface.set_up(false);
            input(udp_packet((NOBODY, to), 9, 64));
        }),
    ];
    for (reason, cause) in cases {
        let before = Drop::ALL.map(dropped);
        cause();
        let after = Drop::ALL.map(|other| dropped(other) - u64::from(other == reason));
        assert_eq!(after, before, "{reason:?}");
    }
    set_ip_forwarding(false);
    let ours = if_list().pop().unwrap();
    assert_eq!((ours.opackets, ours.oqdrops), (1, 2));
}

#[vimage::test]
fn a_machine_knows_its_addresses() {
    let own = Ipv4Addr::new(192, 0, 2, 200);
    assert!(in_is_local(LOCAL) && !in_is_local(own));
    in_add_address(own);
    assert!(in_is_local(own) && !in_is_local(NOBODY));
    assert_eq!(in_source(LOCAL), LOCAL);
}
