//! Tenants that come, drain and go; what each of them sees.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use http_body_util::BodyExt;
use tenants::server::{Directory, router};
use tenants::site;
use tower_service::Service;

/// A server without a socket, so that a test has each step in its hand.
struct Server {
    directory: Arc<Directory>,
    router: Router,
}

impl Server {
    fn start() -> Self {
        // The backend is one per process; another test may have been first.
        _ = site::logging::install();
        let directory = Arc::new(Directory::default());
        Self { router: router(Arc::clone(&directory)), directory }
    }

    /// The answer without its body.
    async fn begin(&self, method: Method, path: &str, body: impl Into<Body>, form: bool) -> (StatusCode, Body) {
        let kind = if form { "application/x-www-form-urlencoded" } else { "text/plain" };
        let request = Request::builder().method(method).uri(path).header("content-type", kind).body(body.into());
        let response = self.router.clone().call(request.unwrap()).await.unwrap();
        (response.status(), response.into_body())
    }

    async fn send(&self, method: Method, path: &str, body: impl Into<Body>) -> (u16, String) {
        let (status, body) = self.begin(method, path, body, false).await;
        (status.as_u16(), text(body).await)
    }

    async fn form(&self, path: &str, body: &'static str) -> (u16, String) {
        let (status, body) = self.begin(Method::POST, path, body, true).await;
        (status.as_u16(), text(body).await)
    }

    async fn get(&self, path: &str) -> (u16, String) {
        self.send(Method::GET, path, "").await
    }

    async fn put(&self, path: &str, body: impl Into<Body>) -> (u16, String) {
        self.send(Method::PUT, path, body).await
    }
}

async fn text(body: Body) -> String {
    String::from_utf8(body.collect().await.unwrap().to_bytes().into()).unwrap()
}

fn answer(status: u16, text: &str) -> (u16, String) {
    (status, text.to_owned())
}

#[tokio::test]
async fn each_tenant_has_pages_settings_counters_and_a_log_of_its_own() {
    let server = Server::start();
    assert_eq!(server.put("/tenants/red", "site.title = 'Red'\nlog.level = 'debug'").await.0, 201);
    assert_eq!(server.put("/tenants/blue", "site.title = 'Blue'").await.0, 201);
    for tenant in ["red", "blue"] {
        assert_eq!(server.put(&format!("/t/{tenant}/pages/home"), format!("of {tenant}")).await.0, 204);
    }
    assert_eq!(server.get("/t/red/pages/home").await, answer(200, "Red\nhome\n\nof red"));
    assert_eq!(server.get("/t/red/pages/home").await, answer(200, "Red\nhome\n\nof red"));
    assert_eq!(server.get("/t/blue/pages/home").await, answer(200, "Blue\nhome\n\nof blue"));
    assert_eq!(server.get("/t/blue/pages/away").await.0, 404);

    let read = async |tenant: &str, name: &str| server.get(&format!("/tenants/{tenant}/sysctls/{name}")).await.1;
    assert_eq!((read("red", "stats.requests").await, read("blue", "stats.requests").await), ("3".into(), "3".into()));
    assert_eq!((read("red", "cache.hits").await, read("blue", "cache.hits").await), ("1".into(), "0".into()));
    assert_eq!(read("red", "stats.running").await, "0");

    let log = server.get("/tenants/red/log").await.1;
    assert_eq!(log, "INFO: page home: 6 bytes\nDEBUG: render home\n");
    assert_eq!(server.get("/tenants/blue/log").await.1, "INFO: page home: 7 bytes\nINFO: no page away\n");

    // A new title is on the next answer, and on no other tenant's.
    assert_eq!(server.put("/tenants/red/sysctls/site.title", "Scarlet").await.0, 204);
    assert_eq!(server.get("/t/red/pages/home").await, answer(200, "Scarlet\nhome\n\nof red"));
    assert_eq!(server.get("/t/blue/pages/home").await, answer(200, "Blue\nhome\n\nof blue"));
    assert!(server.get("/tenants/red/sysctls").await.1.contains("log.level = debug\n"));
}

#[tokio::test]
async fn a_wrong_setting_is_refused_with_its_line() {
    let server = Server::start();
    let settings = "site.title = 'Red'\n[cache]\ncapacity = 0";
    let message = "line 3: `cache.capacity`: 0 is not in the range of 1..=10_000\n";
    assert_eq!(server.put("/tenants/red", settings).await, answer(400, message));
    assert_eq!(server.get("/t/red/pages/home").await.0, 404);
    assert!(server.put("/tenants/red", "site.titel = 'x'").await.1.contains("did you mean `site.title`?"));
    assert_eq!(server.put("/tenants/Red", "").await.0, 400);

    assert_eq!(server.put("/tenants/red", "cache.capacity = 1").await.0, 201);
    assert_eq!(server.put("/tenants/red", "").await.0, 409);
    let (status, message) = server.put("/tenants/red/sysctls/log.level", "loud").await;
    assert_eq!(status, 400);
    assert!(message.starts_with("access to `log.level` was refused: "), "{message}");
    for page in ["a", "b"] {
        server.put(&format!("/t/red/pages/{page}"), "text").await;
    }
    for page in ["a", "b", "b", "a"] {
        server.get(&format!("/t/red/pages/{page}")).await;
    }
    let read = async |name: &str| server.get(&format!("/tenants/red/sysctls/{name}")).await.1;
    assert_eq!([read("cache.pages").await, read("cache.hits").await, read("cache.misses").await], ["1", "1", "3"]);
}

#[tokio::test]
async fn a_tenant_that_drains_takes_no_new_requests() {
    let server = Server::start();
    server.put("/tenants/red", "").await;
    server.put("/t/red/pages/home", "text").await;
    assert_eq!(server.send(Method::POST, "/tenants/red/drain", "").await.0, 204);
    assert_eq!(server.get("/t/red/pages/home").await, answer(503, "draining\n"));
    assert_eq!(server.get("/tenants/red/sysctls/stats.requests").await, answer(200, "1"));
    assert_eq!(server.send(Method::POST, "/tenants/red/resume", "").await.0, 204);
    assert_eq!(server.get("/t/red/pages/home").await.0, 200);
    assert_eq!(server.send(Method::POST, "/tenants/green/drain", "").await.0, 404);
}

/// The body of an export is read after the handler has returned.
#[tokio::test]
async fn a_tenant_is_destroyed_after_its_last_answer() {
    let server = Server::start();
    server.put("/tenants/red", "").await;
    server.put("/tenants/blue", "").await;
    for page in ["a", "b"] {
        server.put(&format!("/t/red/pages/{page}"), format!("text of {page}")).await;
    }
    let (status, body) = server.begin(Method::GET, "/t/red/export", "", false).await;
    assert_eq!(status, 200);
    let destroyed = tokio::spawn(Arc::clone(&server.directory).destroy("red".to_owned()));
    let begin = Instant::now();
    while server.get("/t/red/pages/a").await.0 == 200 {
        assert!(begin.elapsed() < Duration::from_secs(60), "it does not end");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(server.get("/t/red/pages/a").await, answer(503, "draining\n"));
    assert_eq!(server.get("/tenants/red/sysctls").await.0, 503);
    assert!(server.get("/").await.1.contains("<td class=\"ending\">ending</td>"));
    assert!(!destroyed.is_finished());
    assert_eq!(text(body).await, "a\n\ntext of a\nb\n\ntext of b\n");
    tokio::time::timeout(Duration::from_secs(60), destroyed).await.unwrap().unwrap().unwrap();
    assert_eq!(server.get("/t/red/pages/a").await.0, 404);
    assert_eq!(server.get("/t/blue/export").await, answer(200, ""));
    // The name is free, and the new tenant starts with nothing.
    assert_eq!(server.put("/tenants/red", "").await.0, 201);
    assert_eq!(server.get("/t/red/pages/a").await.0, 404);
}

#[tokio::test]
async fn the_page_shows_tenants_and_its_forms_work() {
    let server = Server::start();
    assert_eq!(server.form("/", "name=red&title=%3Cb%3ERed").await.0, 303);
    let page = server.get("/").await.1;
    assert!(
        page.contains("<a href=\"/tenants/red\">red</a>")
            && page.contains("<th class=\"number\">cache.<wbr>capacity<wbr></th>"),
        "{page}"
    );
    // What a tenant writes is text.
    assert!(page.contains("<td>&lt;b&gt;Red</td>") && !page.contains("<b>"), "{page}");

    assert_eq!(server.form("/tenants/red", "name=cache.capacity&value=3&action=set").await.0, 303);
    assert_eq!(server.get("/tenants/red/sysctls/cache.capacity").await.1, "3");
    let details = server.get("/tenants/red").await.1;
    assert!(details.contains("name=\"value\" value=\"3\"") && details.contains("Pages that the cache may have."));
    assert_eq!(server.form("/tenants/red", "action=drain").await.0, 303);
    assert!(server.get("/").await.1.contains("<td class=\"draining\">draining</td>"));
    assert_eq!(server.form("/tenants/red", "action=resume").await.0, 303);
    assert_eq!(server.form("/tenants/red", "action=destroy").await.0, 303);
    assert_eq!(server.form("/tenants/red", "action=explode").await.0, 422);
    assert_eq!(server.get("/tenants/red").await.0, 404);
}

#[tokio::test]
async fn metrics_have_a_label_for_the_tenant() {
    let server = Server::start();
    server.put("/tenants/of-metrics", "").await;
    server.put("/t/of-metrics/pages/home", "three words here").await;
    server.get("/t/of-metrics/pages/home").await;
    let metrics = server.get("/metrics").await.1;
    let sample = |start: &str| metrics.lines().any(|line| line.starts_with(start) && line.ends_with(" 2"));
    assert!(sample("stats_requests_total{tenant=\"of-metrics\","), "{metrics}");
    assert!(metrics.contains("# TYPE stats_requests counter\n") && metrics.ends_with("# EOF\n"), "{metrics}");
}
