//! Lines that are ordinary in async code can mention variables beside an `.await`. Compiles in editions 2021 and 2024.

#![allow(
    clippy::await_holding_lock,
    clippy::redundant_closure_call,
    clippy::manual_async_fn,
    reason = "code as users write it"
)]

mod support;

use support::waits::{run, run_in_two_instances};
use vimage::prelude::*;

#[vnet_module]
mod lines {
    use super::support::waits::wait;
    use std::future::Future;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::sync::{Arc, Mutex, OnceLock, RwLock};
    use vimage::prelude::*;

    #[virtualized]
    static N: AtomicU64 = AtomicU64::new(3);
    #[virtualized]
    static TABLE: [AtomicU64; 2] = [AtomicU64::new(10), AtomicU64::new(20)];
    #[virtualized]
    static LIST: Mutex<Vec<u64>> = Mutex::new(Vec::new());
    #[virtualized]
    static NAME: RwLock<String> = RwLock::new(String::new());
    #[virtualized]
    static CLIENT: OnceLock<Arc<Client>> = OnceLock::new();
    #[virtualized]
    static STEP: fn(u64) -> u64 = |n| n + 1;
    #[virtualized]
    static SEMAPHORE: Semaphore = Semaphore;

    #[derive(Clone, Default)]
    pub struct Client;

    pub struct Request(String);

    impl Client {
        fn get(&self, url: &str) -> Request {
            Request(url.to_owned())
        }
        async fn call(&self, n: u64) -> u64 {
            wait().await;
            n
        }
    }

    impl Request {
        async fn send(self) -> u64 {
            wait().await;
            self.0.len() as u64
        }
    }

    pub struct Semaphore;

    impl Semaphore {
        async fn acquire(&self) -> u64 {
            wait().await
        }
    }

    async fn fetch(url: &str) -> u64 {
        wait().await;
        url.len() as u64
    }

    fn sum(list: &[u64]) -> u64 {
        list.iter().sum()
    }

    fn client() -> Arc<Client> {
        V_CLIENT.get_or_init(Arc::default).clone()
    }

    pub async fn conditions() -> u64 {
        if V_N.load(Relaxed) > 2 && V_LIST.lock().unwrap().is_empty() {
            wait().await;
        }
        if wait().await > 0 && V_N.load(Relaxed) == 3 { wait().await + V_N.load(Relaxed) } else { 0 }
    }

    pub async fn scrutinees() -> u64 {
        let by_value = match V_N.load(Relaxed) {
            0 => wait().await,
            n if n == V_N.load(Relaxed) => n + wait().await,
            _ => V_N.load(Relaxed),
        };
        let first_of_list = V_LIST.lock().unwrap().first().copied();
        let by_guard = match first_of_list {
            Some(first) => first + wait().await,
            None => V_N.load(Relaxed) + 100,
        };
        let optional = if let Some(client) = V_CLIENT.get().cloned() { client.call(1).await } else { 1000 };
        by_value + by_guard + optional
    }

    pub async fn arguments() -> u64 {
        let first = fetch(&format!("/{}", V_N.load(Relaxed))).await;
        let second = Client.get(&format!("/{}", V_N.load(Relaxed))).send().await;
        let third = sum(&[V_N.load(Relaxed), wait().await, V_TABLE[0].load(Relaxed)]);
        let listed = sum(&V_LIST.lock().unwrap());
        first + second * 10 + third * 100 + Client.call(listed).await
    }

    pub async fn arguments_that_wait() -> u64 {
        V_N.fetch_add(wait().await, Relaxed);
        V_TABLE[wait().await as usize].fetch_add(V_N.load(Relaxed) + wait().await, Relaxed);
        let seen = V_STEP(wait().await) + V_TABLE[1].swap(20 * wait().await, Relaxed).count_ones() as u64;
        seen + V_N.swap(3, Relaxed)
    }

    pub async fn targets() -> u64 {
        *V_LIST.lock().unwrap() = vec![wait().await];
        V_LIST.lock().unwrap().extend([5, 6]);
        V_LIST.lock().unwrap()[0] += wait().await;
        let more = wait().await.to_string();
        *V_NAME.write().unwrap() += &more;
        let seen = sum(&V_LIST.lock().unwrap()) + V_NAME.read().unwrap().len() as u64;
        V_LIST.lock().unwrap().clear();
        V_NAME.write().unwrap().clear();
        seen
    }

    pub async fn indexing(values: &[u64]) -> u64 {
        values[V_N.load(Relaxed) as usize] + V_TABLE[wait().await as usize].load(Relaxed) + values[0]
    }

    pub async fn formatting() -> String {
        println!("{} {}", V_N.load(Relaxed), wait().await);
        let length = V_LIST.lock().unwrap().len();
        let text = format!("{} {} {n}", length, wait().await, n = V_N.load(Relaxed));
        assert_eq!(V_N.load(Relaxed), V_N.load(Relaxed), "beside {}", V_N.load(Relaxed));
        assert!(matches!(V_LIST.lock().unwrap().as_slice(), []), "{:?}", V_LIST);
        wait().await;
        if V_N.load(Relaxed) == 0 {
            unreachable!("{}", V_N.load(Relaxed));
        }
        format!("{text} {:?}", V_N)
    }

    pub async fn cloned_and_called() -> u64 {
        client();
        let first = V_CLIENT.get_or_init(Arc::default).clone().call(V_N.load(Relaxed)).await;
        client();
        let second = Arc::clone(V_CLIENT.get().unwrap()).call(20).await;
        let third = V_CLIENT.get().unwrap().get("four").send().await;
        first + second + third * 100
    }

    pub async fn lent_to_statements() -> u64 {
        let list = &V_LIST;
        list.lock().unwrap().push(4);
        let length = list.lock().unwrap().len() as u64;
        let n = V_N.load(Relaxed);
        println!("{length} {:?}", list.lock());
        list.lock().unwrap().clear();
        wait().await;
        let table = &V_TABLE;
        length + n + table[0].load(Relaxed) + table.len() as u64
    }

    pub async fn held() -> u64 {
        let n = V_N.held();
        wait().await;
        n.load(Relaxed) + V_SEMAPHORE.held().acquire().await
    }

    pub async fn by_reference_only(name: &str) -> usize {
        let text = &format!("{name} {}", V_N.load(Relaxed));
        let wrapped = Some(&format!("{text}{}", V_N.load(Relaxed)));
        wait().await;
        wrapped.map_or(0, |wrapped| wrapped.len() + text.len())
    }

    pub async fn mixed() -> u64 {
        let mut last;
        last = V_N.load(Relaxed);
        wait().await;
        last += V_N.load(Relaxed);
        let pair = (V_N.load(Relaxed), wait().await, [V_STEP(1), wait().await]);
        let closure = |n: u64| n + V_N.load(Relaxed);
        last + pair.0 + pair.2[0] + closure(wait().await) + -(-(V_N.load(Relaxed) as i64)) as u64
    }

    pub fn is_send() -> impl Future<Output = u64> + Send {
        async {
            let n = sum(&V_LIST.lock().unwrap());
            wait().await;
            let more = sum(&V_LIST.lock().unwrap());
            n + more + wait().await
        }
    }
}

#[test]
fn ordinary_lines_stay_as_they_are() {
    use lines::*;
    assert_eq!(run(conditions()), 4);
    assert_eq!(run(scrutinees()), 4 + 103 + 1000);
    assert_eq!(run(arguments()), 2 + 20 + 1400);
    assert_eq!(run(arguments_that_wait()), 2 + 3 + 4);
    assert_eq!(run(targets()), 2 + 11 + 1);
    assert_eq!(run(indexing(&[1, 2, 3, 4])), 4 + 20 + 1);
    assert_eq!(run(formatting()), "0 1 3 3");
    assert_eq!(run(cloned_and_called()), 3 + 20 + 400);
    assert_eq!(run_in_two_instances(lent_to_statements()), 1 + 3 + 10 + 2);
    assert_eq!(run(held()), 4);
    assert_eq!(run(by_reference_only("n")), 4 + 3);
    assert_eq!(run(mixed()), 3 + 3 + 3 + 2 + 4 + 3);
    assert_eq!(run(is_send()), 1);
}
