//! Topology files: node-link JSON as TopoHub writes it, checked before anything is built from it.

mod bundled;
mod error;
mod file;
mod graph;

pub use bundled::BUNDLED;
pub use error::NodeError;
pub use graph::{Edge, Node, Topology};
