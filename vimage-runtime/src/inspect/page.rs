//! Replies that consist of rows, a page at a time.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::Failure;

/// The most rows of a page.
const LIMIT: usize = 1000;

/// A page ends with the row that exceeds this many bytes.
const BYTES: usize = 1 << 20;

/// The page that a request asks for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Page {
    /// The `next` of the reply before.
    after: Option<Value>,
    limit: Option<usize>,
}

/// A page, and the key of its last row if there are more rows.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) rows: Vec<Value>,
    pub(super) next: Option<Value>,
}

impl Page {
    /// At least one row, so that a client that follows `next` comes to an end.
    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(LIMIT).clamp(1, LIMIT)
    }

    /// The key of the last row of the page before.
    pub(super) fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, Failure> {
        let after = self.after.clone().map(serde_json::from_value).transpose();
        after.map_err(|_| Failure::new("malformed", "`after` is the `next` of the reply before"))
    }

    /// Turns entries into rows until the page is full.
    pub(super) fn fill<E>(
        &self,
        entries: impl Iterator<Item = E>,
        key: impl Fn(&E) -> Value,
        row: impl Fn(E) -> Value,
    ) -> Rows {
        let mut rows = Vec::new();
        let mut bytes = 0;
        let mut last = Value::Null;
        for entry in entries {
            if rows.len() >= self.limit() || bytes >= BYTES {
                return Rows { rows, next: Some(last) };
            }
            last = key(&entry);
            let row = bounded(row(entry));
            bytes += row.to_string().len();
            rows.push(row);
        }
        Rows { rows, next: None }
    }
}

/// Replaces a value that is too long for any page by an error.
fn bounded(mut row: Value) -> Value {
    let is_long = row.get("value").and_then(Value::as_str).is_some_and(|text| text.len() > BYTES);
    if let Some(members) = row.as_object_mut().filter(|_| is_long) {
        members.remove("value");
        let message =
            format!("`{}`: the value has more than {BYTES} bytes", members["name"].as_str().unwrap_or_default());
        members.insert("error".to_owned(), serde_json::json!(Failure::new("too_large", message)));
    }
    row
}
