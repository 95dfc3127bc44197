//! The requests of tenants: `/t/TENANT/…`. The layer chooses the instance; the handlers do not know of it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::routing::get;
use futures_util::stream;
use vimage::prelude::*;
use vimage_integrations::tower::HttpInstanceLayer;

use super::directory::Directory;
use super::refusal::Refusal;
use crate::site;

pub(super) fn router(directory: Arc<Directory>) -> Router {
    let layer = HttpInstanceLayer::new(move |request: &Request| {
        let tenant = request.uri().path().split('/').nth(2).unwrap_or_default();
        directory.serving(tenant)
    });
    Router::new()
        .route("/t/{tenant}/pages/{page}", get(page).put(put_page))
        .route("/t/{tenant}/export", get(export))
        .route_layer(layer)
}

async fn page(Path((_, name)): Path<(String, String)>) -> Result<String, Refusal> {
    let _running = site::stats::begin();
    // Other requests, of other tenants too, come between.
    tokio::task::yield_now().await;
    site::page(&name).map(|page| page.to_string()).ok_or(Refusal::Unknown)
}

async fn put_page(Path((_, name)): Path<(String, String)>, text: String) -> StatusCode {
    let _running = site::stats::begin();
    site::put(&name, text);
    // In the background, in the same instance, which is destroyed after that.
    tokio::spawn(async { site::stats::set_words(site::pages::words()) }.within_current());
    StatusCode::NO_CONTENT
}

/// All pages, each read when the client takes it: after this function has returned, and still in the instance.
async fn export() -> Body {
    let running = site::stats::begin();
    Body::from_stream(stream::unfold((String::new(), running), |(after, running)| async move {
        let (name, text) = site::pages::next(&after)?;
        Some((Ok::<_, Infallible>(format!("{name}\n\n{text}\n")), (name, running)))
    }))
}
