//! Why a request is refused.

use std::error::Error;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Why a request is refused.
#[derive(Debug)]
pub enum Refusal {
    /// There is no such tenant, page or sysctl.
    Unknown,
    /// The tenant takes no requests any more.
    Draining,
    /// What was sent is wrong.
    Invalid(String),
    /// It is not possible now.
    Conflict(String),
}

impl Refusal {
    /// What was sent is wrong for this reason, and the reasons for that.
    pub fn invalid(error: impl Error) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        Self::Invalid(text)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unknown => (StatusCode::NOT_FOUND, "not found\n").into_response(),
            Self::Draining => {
                (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")], "draining\n").into_response()
            }
            Self::Invalid(text) => (StatusCode::BAD_REQUEST, text + "\n").into_response(),
            Self::Conflict(text) => (StatusCode::CONFLICT, text + "\n").into_response(),
        }
    }
}

/// For the layer that chooses an instance.
impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        refusal.into_response()
    }
}
