//! tokio: tasks on other threads have the globals, the mock and the log of their test.

use testing::{prices, products};
use vimage::Contexts;

use crate::{log, mock};

#[vimage::test]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tasks_of_a_test() {
    mock::client(|client| {
        client.expect_get().times(1..).returning(|_| Ok("1000".to_owned()));
    });
    for (name, price) in [("cake", 300), ("tea", 400)] {
        products::register(name, price);
    }
    let expected = [("cake".to_owned(), 300), ("tea".to_owned(), 400)];
    assert_eq!(prices::list("EUR").await.unwrap(), expected);
    assert!(log::text().contains("new rate"), "tasks log into another test:\n{}", log::text());
}

#[vimage::test]
#[tokio::test]
async fn a_blocking_call() {
    let job = Contexts::current().bind(|| products::register("tea", 400));
    assert_eq!(tokio::task::spawn_blocking(job).await.unwrap(), None);
    assert_eq!(products::price("tea"), Some(400));
}

#[vimage::test]
fn a_thread() {
    let registered = vimage::thread::spawn(|| products::register("tea", 400)).join().unwrap();
    assert_eq!(registered, None);
    assert_eq!(log::text().lines().count(), 1, "the thread logs into its test");
}
