//! The administrator's requests.

use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use config::{Config, File};
use maud::Markup;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use serde::Deserialize;
use vimage::sysctl;
use vimage_integrations::config::{Settings, TomlLines};
use vimage_integrations::prometheus::SysctlCollector;

use super::directory::Directory;
use super::html;
use super::refusal::Refusal;
use crate::{Tenant, site};

type Tenants = Shared<Arc<Directory>>;

pub(super) fn router(directory: Arc<Directory>) -> Router {
    Router::new()
        .route("/", get(overview).post(create_by_form))
        .route("/tenants/{tenant}", get(details).put(create).delete(destroy).post(act))
        .route("/tenants/{tenant}/drain", post(drain))
        .route("/tenants/{tenant}/resume", post(resume))
        .route("/tenants/{tenant}/sysctls", get(sysctls))
        .route("/tenants/{tenant}/sysctls/{name}", get(read).put(set))
        .route("/tenants/{tenant}/log", get(log))
        .route("/metrics", get(metrics))
        .with_state(directory)
}

/// Creates a tenant with the settings of the body, which is TOML.
async fn create(Shared(tenants): Tenants, Path(name): Path<String>, body: String) -> Result<StatusCode, Refusal> {
    let config = Config::builder().add_source(File::from_str(&body, TomlLines)).build().map_err(Refusal::invalid)?;
    tenants.create(&name, &Settings::new(&config).map_err(Refusal::invalid)?)?;
    Ok(StatusCode::CREATED)
}

async fn drain(Shared(tenants): Tenants, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    tenants.set_draining(&name, true).map(|()| StatusCode::NO_CONTENT)
}

async fn resume(Shared(tenants): Tenants, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    tenants.set_draining(&name, false).map(|()| StatusCode::NO_CONTENT)
}

async fn destroy(Shared(tenants): Tenants, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    tenants.destroy(name).await.map(|()| StatusCode::NO_CONTENT)
}

async fn sysctls(Shared(tenants): Tenants, Path(name): Path<String>) -> Result<String, Refusal> {
    let listed = sysctl::of(&tenants.any(&name)?).list("").map_err(Refusal::invalid)?;
    let line = |listed: sysctl::Listed| match listed.value {
        Ok(value) => format!("{} = {value}\n", listed.qualified_name),
        Err(error) => format!("{}: {error}\n", listed.qualified_name),
    };
    Ok(listed.into_iter().map(line).collect())
}

async fn read(Shared(tenants): Tenants, Path((tenant, name)): Path<(String, String)>) -> Result<String, Refusal> {
    let value = sysctl::of(&tenants.any(&tenant)?).get(&name).map_err(Refusal::invalid)?;
    Ok(value.to_string())
}

async fn set(
    Shared(tenants): Tenants,
    Path((tenant, name)): Path<(String, String)>,
    value: String,
) -> Result<StatusCode, Refusal> {
    set_sysctl(&tenants, &tenant, &name, &value).map(|()| StatusCode::NO_CONTENT)
}

fn set_sysctl(tenants: &Directory, tenant: &str, name: &str, value: &str) -> Result<(), Refusal> {
    let tenant = tenants.any(tenant)?;
    sysctl::of(&tenant).set(name, value).map_err(Refusal::invalid)?;
    // What is rendered may have the old title.
    tenant.enter(site::cache::clear);
    Ok(())
}

async fn log(Shared(tenants): Tenants, Path(name): Path<String>) -> Result<String, Refusal> {
    let lines = tenants.any(&name)?.enter(site::logging::lines);
    Ok(lines.into_iter().map(|line| line + "\n").collect())
}

/// The sysctls of all tenants in the format of OpenMetrics.
async fn metrics() -> Result<Response, Refusal> {
    let counters = ["stats.requests", "cache.hits", "cache.misses"];
    let collector = SysctlCollector::<Tenant>::new().label("tenant");
    let mut registry = Registry::default();
    registry.register_collector(Box::new(counters.into_iter().fold(collector, SysctlCollector::counter)));
    let mut text = String::new();
    encode(&mut text, &registry).map_err(Refusal::invalid)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

async fn overview(Shared(tenants): Tenants) -> Markup {
    html::overview(&tenants.list())
}

async fn details(Shared(tenants): Tenants, Path(name): Path<String>) -> Result<Markup, Refusal> {
    let site = tenants.any(&name)?;
    let listed = sysctl::of(&site).list("").map_err(Refusal::invalid)?;
    Ok(html::details(&name, &listed, &site.enter(site::logging::lines)))
}

#[derive(Deserialize)]
struct NewTenant {
    name: String,
    title: String,
}

async fn create_by_form(Shared(tenants): Tenants, Form(new): Form<NewTenant>) -> Result<Redirect, Refusal> {
    let title = Config::builder().set_override("site.title", new.title);
    let config = title.and_then(|builder| builder.build()).map_err(Refusal::invalid)?;
    tenants.create(&new.name, &Settings::new(&config).map_err(Refusal::invalid)?)?;
    Ok(Redirect::to("/"))
}

/// What a button of a page asks for.
#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
enum Action {
    Drain,
    Resume,
    Destroy,
    Set { name: String, value: String },
}

async fn act(
    Shared(tenants): Tenants,
    Path(tenant): Path<String>,
    Form(action): Form<Action>,
) -> Result<Redirect, Refusal> {
    match action {
        Action::Drain => tenants.set_draining(&tenant, true)?,
        Action::Resume => tenants.set_draining(&tenant, false)?,
        Action::Destroy => tenants.destroy(tenant).await?,
        Action::Set { name, value } => {
            set_sysctl(&tenants, &tenant, &name, &value)?;
            return Ok(Redirect::to(&format!("/tenants/{tenant}")));
        }
    }
    Ok(Redirect::to("/"))
}
