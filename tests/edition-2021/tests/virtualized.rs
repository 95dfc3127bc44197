//! All of it but conditions with `let`, which this edition does not have.

#![allow(clippy::duplicate_mod, reason = "each file brings its helpers along, as it is a test of its own elsewhere")]

#[path = "../../../vimage-runtime/tests/virtualized_async_macros.rs"]
mod async_macros;
#[path = "../../../vimage-runtime/tests/virtualized_async.rs"]
mod asynchronous;
#[path = "../../../vimage-runtime/tests/virtualized_async_lines.rs"]
mod lines;
#[path = "../../../vimage-runtime/tests/virtualized_macros.rs"]
mod macros;
#[path = "../../../vimage-runtime/tests/virtualized_async_order.rs"]
mod order;
#[path = "../../../vimage-runtime/tests/virtualized_places.rs"]
mod places;
#[path = "../../../vimage-runtime/tests/virtualized_scopes.rs"]
mod scopes;
#[path = "../../../vimage-runtime/tests/virtualized_sync.rs"]
mod sync;
