//! The interface list: file form.

vimage::virtualize! {
    class = Net, name = "ifnet";

    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use vimage::prelude::*;

    #[virtualized]
    static IFNET: Mutex<Vec<String>> = Mutex::new(Vec::new());

    /// Adds an interface and returns its index.
    pub fn if_attach(name: &str) -> u64 {
        #[virtualized]
        static NEXT_INDEX: AtomicU64 = AtomicU64::new(1);

        V_IFNET.lock().unwrap().push(name.to_owned());
        V_NEXT_INDEX.fetch_add(1, Relaxed)
    }

    /// The names of all interfaces.
    pub fn if_names() -> Vec<String> {
        V_IFNET.lock().unwrap().clone()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn indices_count_per_instance() {
            vimage::boot().unwrap().enter(|| {
                let first = if_attach("em0");
                assert!(if_attach("em1") > first);
                // Other tests of this crate add theirs to the base as well.
                assert!(V_IFNET.lock().unwrap().contains(&"em1".to_owned()));
            });
        }
    }
}
