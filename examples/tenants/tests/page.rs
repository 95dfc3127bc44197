//! The administrator's pages in a browser: `cargo xtask deep pages`.

#![cfg(feature = "vimage")]

use std::path::Path;
use std::sync::Arc;

use axum::response::Html;
use axum::routing::{get, post};
use browser::{Browser, LIMIT};
use tenants::server::{Directory, router};
use tenants::site;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Has the pages in a frame, clicks and types as an administrator does, and sends what is wrong, or nothing.
const ADMINISTRATOR: &str = include_str!("administrator.html");

#[tokio::test]
#[ignore = "starts a browser: `cargo xtask deep pages`"]
async fn an_administrator_creates_sets_drains_and_destroys_a_tenant() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page");
    let Some(browser) = Browser::find(&folder) else { return };
    _ = site::logging::install();
    let (send, mut wrong) = mpsc::channel(1);
    let tell = move |text: String| async move { send.send(text).await.expect("the test waits for it") };
    let server = router(Arc::new(Directory::default()))
        .route("/administrator", get(Html(ADMINISTRATOR)))
        .route("/administrator/wrong", post(tell));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/administrator", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, server).await });

    let window = browser.open(&url, 1300);
    let wrong = tokio::time::timeout(LIMIT, wrong.recv()).await;
    let wrong = wrong.unwrap_or_else(|_| panic!("no answer from the browser in {LIMIT:?}\n{}", window.complaints()));
    assert_eq!(wrong.as_deref(), Some(""));
}
