//! Async code can mention variables, and holds nothing while it waits. Compiles in editions 2021 and 2024.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use vimage::prelude::*;

/// Waits once, so that what follows runs in another instance where there are any.
struct Wait(bool);

impl Future for Wait {
    type Output = u64;
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u64> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(1) } else { Poll::Pending }
    }
}

fn wait() -> Wait {
    Wait(false)
}

/// Holds for futures that hold no resolution and no guard. In the default build they are as written, and some of those
/// here do hold guards.
#[cfg(any(feature = "vimage", feature = "static-struct"))]
use Send as HoldsNothing;
#[cfg(not(any(feature = "vimage", feature = "static-struct")))]
trait HoldsNothing {}
#[cfg(not(any(feature = "vimage", feature = "static-struct")))]
impl<F> HoldsNothing for F {}

fn run<F: Future + HoldsNothing>(future: F) -> F::Output {
    run_in_two_instances(future)
}

/// Polls a future first in one instance and from then on in another.
fn run_in_two_instances<F: Future>(future: F) -> F::Output {
    let base = vimage::boot().unwrap();
    let first = Vnet::new();
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    let mut poll = || future.as_mut().poll(&mut context);
    let mut polled = match &first {
        Ok(first) => first.enter(&mut poll),
        Err(_) => base.enter(&mut poll),
    };
    drop(first);
    let second = Vnet::new();
    loop {
        match polled {
            Poll::Ready(output) => return output,
            Poll::Pending => {
                polled = match &second {
                    Ok(second) => second.enter(&mut poll),
                    Err(_) => base.enter(&mut poll),
                }
            }
        }
    }
}

#[vnet_module]
mod regions {
    use super::wait;
    use std::future::Future;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static SUM: AtomicU64 = AtomicU64::new(0);
    #[virtualized]
    static LIST: Mutex<Vec<u64>> = Mutex::new(Vec::new());

    /// What is left of `sum` where a wait leads into a fresh instance.
    pub fn kept(sum: u64) -> u64 {
        if cfg!(feature = "vimage") { 0 } else { sum }
    }

    fn reset() {
        V_SUM.store(0, Relaxed);
        V_LIST.lock().unwrap().clear();
    }

    pub async fn resolves_anew_after_each_wait() -> [u64; 2] {
        reset();
        V_SUM.fetch_add(5, Relaxed);
        let before = V_SUM.load(Relaxed);
        wait().await;
        [before, V_SUM.load(Relaxed)]
    }

    pub async fn without_any_wait() -> u64 {
        reset();
        for n in 0..9 {
            V_SUM.fetch_add(n, Relaxed);
            if n == 3 {
                break;
            }
        }
        V_SUM.load(Relaxed)
    }

    pub async fn loops() -> u64 {
        reset();
        let mut n = 0;
        while V_SUM.load(Relaxed) > n {
            wait().await;
        }
        for each in V_LIST.lock().unwrap().clone() {
            n += each + wait().await;
        }
        'outer: loop {
            if n > 5 {
                V_SUM.fetch_add(n, Relaxed);
                break;
            }
            n += wait().await;
            for step in 0..3 {
                if step == 1 {
                    V_SUM.store(100, Relaxed);
                    continue 'outer;
                }
                wait().await;
            }
        }
        n + V_SUM.load(Relaxed)
    }

    pub async fn blocks() -> u64 {
        reset();
        let length = {
            let mut list = V_LIST.lock().unwrap();
            list.push(1);
            list.len() as u64
        };
        let chosen = if wait().await > 0 {
            let list = &V_LIST;
            list.lock().unwrap().len() as u64
        } else {
            V_SUM.load(Relaxed)
        };
        // SAFETY: nothing here needs any.
        #[allow(unused_unsafe)]
        let more = unsafe { V_SUM.fetch_add(1, Relaxed) } + wait().await;
        length * 100 + chosen * 10 + more
    }

    pub async fn question_mark(text: &str) -> Result<u64, std::num::ParseIntError> {
        reset();
        V_SUM.store(text.parse()?, Relaxed);
        let more = text.parse::<u64>()? + V_SUM.load(Relaxed);
        wait().await;
        Ok(more + V_SUM.load(Relaxed))
    }

    pub async fn early_returns(text: Option<&str>) -> u64 {
        reset();
        let Some(text) = text else { return V_SUM.load(Relaxed) + 1 };
        if text.is_empty() {
            wait().await;
            return V_SUM.load(Relaxed) + 2;
        }
        let Some(last) = V_LIST.lock().unwrap().last().copied() else {
            wait().await;
            return V_SUM.load(Relaxed) + 3;
        };
        last
    }

    pub async fn never() -> ! {
        V_SUM.store(1, Relaxed);
        loop {
            if wait().await > V_SUM.load(Relaxed) {
                panic!("waited {}", V_SUM.load(Relaxed));
            }
            V_SUM.store(0, Relaxed);
        }
    }

    pub async fn returns_impl() -> impl Fn(&str) -> &str {
        wait().await;
        V_SUM.store(1, Relaxed);
        |text| if V_SUM.load(Relaxed) > 0 { text } else { "" }
    }

    pub fn block() -> impl Future<Output = u64> + Send {
        reset();
        let at_once = V_SUM.fetch_add(7, Relaxed) + 7;
        async move {
            let first = V_SUM.swap(1, Relaxed);
            wait().await;
            at_once * 100 + first * 10 + V_SUM.load(Relaxed)
        }
    }

    pub async fn closures() -> u64 {
        reset();
        let plus = async |n: u64| {
            wait().await;
            V_SUM.load(Relaxed) + n
        };
        let sync = |n: u64| V_SUM.fetch_add(n, Relaxed) + n;
        sync(3);
        plus(sync(4)).await + (async || V_SUM.load(Relaxed))().await
    }

    pub async fn use_in_blocks() -> [u64; 3] {
        reset();
        mod inner {
            use vimage::prelude::*;
            #[virtualized]
            pub static SUM: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(70);
        }
        let first = {
            use inner::V_SUM;
            V_SUM.load(Relaxed)
        };
        let second = {
            let by = 1;
            use inner::V_SUM;
            wait().await;
            V_SUM.load(Relaxed) + by
        };
        [first, second, V_SUM.load(Relaxed)]
    }

    pub async fn conditional() -> u64 {
        reset();
        #[cfg(any())]
        V_MISSING.store(1, Relaxed);
        wait().await;
        #[cfg(test)]
        V_SUM.fetch_add(1, Relaxed);
        #[cfg(any())]
        let missing = V_MISSING.load(Relaxed);
        match wait().await {
            #[cfg(any())]
            8 => V_MISSING.load(Relaxed),
            _ => V_SUM.load(Relaxed),
        }
    }

    pub trait Serve {
        async fn serve(&self) -> u64 {
            reset();
            V_SUM.fetch_add(self.amount(), Relaxed);
            wait().await;
            V_SUM.load(Relaxed)
        }
        fn amount(&self) -> u64;
        fn declared(&self) -> impl Future<Output = u64> + Send {
            async {
                wait().await;
                V_SUM.load(Relaxed)
            }
        }
    }

    impl Serve for u64 {
        fn amount(&self) -> u64 {
            V_SUM.load(Relaxed) + self
        }
    }

    pub async fn recursive(depth: u64) -> u64 {
        if depth == 0 {
            return V_SUM.load(Relaxed);
        }
        V_SUM.store(depth, Relaxed);
        Box::pin(recursive(depth - 1)).await + V_SUM.load(Relaxed)
    }
}

/// One test, because in builds without instances all of it uses the same variables.
#[test]
fn regions_are_resolved_between_waits() {
    use regions::*;
    assert_eq!(run(resolves_anew_after_each_wait()), [5, kept(5)]);
    assert_eq!(run(without_any_wait()), 6);
    assert_eq!(run(loops()), 112);
    assert_eq!(run(blocks()), 100 + kept(10) + 1);
    assert_eq!(run(question_mark("4")), Ok(8 + kept(4)));
    assert!(run(question_mark("x")).is_err());
    assert_eq!(run(early_returns(None)), 1);
    assert_eq!(run(early_returns(Some(""))), 2);
    assert_eq!(run(early_returns(Some("x"))), 3);
    let panic = std::panic::catch_unwind(|| run(async { never().await })).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "waited 0");
    assert_eq!(run(async { returns_impl().await("text").len() }), 4);
    assert_eq!(run(async { block().await }), 700 + 70 + kept(1));
    assert_eq!(run(closures()), kept(7) + 7 + kept(7));
    assert_eq!(run(use_in_blocks()), [70, 71, 0]);
    assert_eq!(run(conditional()), 1);
    assert_eq!(run(async { 9.serve().await }), kept(9));
    assert_eq!(run(async { 9.declared().await }), kept(9));
    assert_eq!(run(recursive(3)), 4);
}

#[vnet_module]
mod lines {
    use super::wait;
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
        let by_guard = match V_LIST.lock().unwrap().first().copied() {
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
        first + second * 10 + third * 100 + Client.call(sum(&V_LIST.lock().unwrap())).await
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
        *V_NAME.write().unwrap() += &wait().await.to_string();
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
        let text = format!("{} {} {n}", V_LIST.lock().unwrap().len(), wait().await, n = V_N.load(Relaxed));
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
