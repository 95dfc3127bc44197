//! Replies that consist of rows, a part at a time.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::request::Failure;

/// Rows, if the request does not ask for less.
const LIMIT: usize = 1000;

/// Bytes of rows, as text.
const BYTES: usize = 1 << 20;

/// The part that is wanted.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Page {
    /// The `next` of the reply before.
    after: Option<Value>,
    limit: Option<usize>,
}

/// A part, and what the next one comes after if there is one.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) rows: Vec<Value>,
    pub(super) next: Option<Value>,
}

impl Page {
    /// One row at least, so that there is an end.
    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(LIMIT).clamp(1, LIMIT)
    }

    /// Where the page before has ended.
    pub(super) fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, Failure> {
        let after = self.after.clone().map(serde_json::from_value).transpose();
        after.map_err(|_| Failure::new("malformed", "`after` is the `next` of the reply before"))
    }

    /// Makes rows of what comes behind the page before, until the page is full.
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

/// A row that is too long for any page tells so instead of its value.
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
