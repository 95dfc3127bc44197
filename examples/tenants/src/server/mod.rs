//! HTTP: tenants that are created, drained and destroyed, and their requests.

mod admin;
mod directory;
mod html;
mod refusal;
mod sites;

use std::sync::Arc;

use axum::Router;

pub use directory::{Directory, State};
pub use refusal::Refusal;

/// All routes.
pub fn router(directory: Arc<Directory>) -> Router {
    sites::router(Arc::clone(&directory)).merge(admin::router(directory))
}
