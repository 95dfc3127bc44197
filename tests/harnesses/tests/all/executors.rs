//! `tokio`: in both orders. Below the executor's attribute the runtime is in the vimage as well, and what it still runs
//! is dropped before the vimage is looked at.

use harnesses::Fixture;
use vimage::prelude::*;

#[vimage::test]
#[tokio::test]
async fn above() {
    let made = Fixture::new();
    tokio::spawn(async move { made.check() }.within_current()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[vimage::test]
async fn below() {
    let made = Fixture::new();
    tokio::spawn(async move { made.check() }.within_current()).await.unwrap();
    tokio::spawn(std::future::pending::<()>().within_current());
}
