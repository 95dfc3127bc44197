//! Topology files, in node-link JSON, GML, GraphML or the XML of SNDlib, checked before anything is built from them.

mod bundled;
mod check;
mod error;
mod gml;
mod graph;
mod json;
mod parsed;
mod xml;

pub use bundled::BUNDLED;
pub use error::NodeError;
pub use graph::{Edge, Node, Topology};
