//! Pictures: the map of a network, plots, and reports as pages.

pub mod layout;
mod page;
pub mod plot;
pub mod report;
pub mod svg;
