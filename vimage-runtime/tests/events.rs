//! Subscribers to events, in each build.

use std::sync::Mutex;

use vimage::events::{self, Event, Subscriber};
use vimage::prelude::*;

#[vnet_module]
mod foo {
    #[vimage::attach]
    fn iattach() {}
}

static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn writes(event: &Event<'_>) {
    TOLD.lock().unwrap().push(event.to_string());
}

/// Ends its own subscription at the first event.
fn once(event: &Event<'_>) {
    events::set_subscriber(None);
    writes(event);
    panic!("subscribers may panic");
}

fn same(a: Option<Subscriber>, b: Subscriber) -> bool {
    a.is_some_and(|a| std::ptr::fn_addr_eq(a, b))
}

/// One test, because there is one subscriber for all threads.
#[test]
fn there_is_one_subscriber_at_a_time() {
    // A function may have several addresses.
    let (writes, once): (Subscriber, Subscriber) = (writes, once);
    assert!(events::set_subscriber(Some(writes)).is_none());
    vimage::boot().unwrap();
    assert!(same(events::set_subscriber(Some(once)), writes));
    let told = std::mem::take(&mut *TOLD.lock().unwrap());
    assert_eq!(told.last().unwrap(), "boot");
    assert!(told.contains(&"attach: Net#0, module foo".to_owned()), "{told:?}");

    match Vnet::builder().name("red").create() {
        Ok(red) => {
            let first = format!("create: Net#{} \"red\"", red.id());
            assert_eq!(*TOLD.lock().unwrap(), [first], "neither its panic nor another event came through");
            assert!(events::set_subscriber(None).is_none());
        }
        Err(_) => assert!(same(events::set_subscriber(None), once), "nothing happens without instances"),
    }
}
