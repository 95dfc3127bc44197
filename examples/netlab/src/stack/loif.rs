//! The loopback interface, `lo0`.

vimage::virtualize! {
    class = Net, name = "loif", depends_on = crate::stack::machine;

    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

    use vimage::prelude::*;

    use crate::hardware::Mbuf;
    use crate::stack::machine;

    #[virtualized(symmap)]
    static LOIF_UP: AtomicBool = AtomicBool::new(false);

    #[virtualized]
    static LOIF_QUEUE: Mutex<VecDeque<Mbuf>> = Mutex::new(VecDeque::new());

    #[virtualized(symmap)]
    static LOIF_PACKETS: AtomicU64 = AtomicU64::new(0);

    #[virtualized(symmap)]
    static LOIF_BYTES: AtomicU64 = AtomicU64::new(0);

    #[attach]
    fn loif_attach() {
        V_LOIF_UP.store(true, Relaxed);
    }

    #[detach]
    fn loif_detach() {
        V_LOIF_UP.store(false, Relaxed);
        V_LOIF_QUEUE.lock().unwrap().clear();
    }

    pub fn lo_is_up() -> bool {
        V_LOIF_UP.load(Relaxed)
    }

    /// Sends a packet to this machine itself.
    pub fn lo_output(packet: Mbuf) {
        V_LOIF_PACKETS.fetch_add(1, Relaxed);
        V_LOIF_BYTES.fetch_add(packet.len() as u64, Relaxed);
        V_LOIF_QUEUE.lock().unwrap().push_back(packet);
        machine::interrupt();
    }

    /// Takes the next packet that this machine has sent to itself.
    pub fn lo_input() -> Option<Mbuf> {
        V_LOIF_QUEUE.lock().unwrap().pop_front()
    }

    /// The numbers of packets and bytes so far.
    pub fn lo_stat() -> (u64, u64) {
        (V_LOIF_PACKETS.load(Relaxed), V_LOIF_BYTES.load(Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::testing::settle;

    #[vimage::test]
    fn what_is_sent_comes_back_in_order() {
        settle();
        let (packets, bytes) = lo_stat();
        lo_output(vec![1]);
        lo_output(vec![2, 3]);
        assert_eq!(lo_stat(), (packets + 2, bytes + 3));
        assert_eq!((lo_input(), lo_input(), lo_input()), (Some(vec![1]), Some(vec![2, 3]), None));
    }
}
