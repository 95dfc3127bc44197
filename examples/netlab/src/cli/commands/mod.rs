//! One file per command.

pub mod bench;
pub mod compare;
pub mod growth;
pub mod ipfw;
pub mod netstat;
pub mod outside;
pub mod ping;
pub mod run;
pub mod scale;
pub mod scenario;
pub mod serve;
pub mod simulate;
pub mod sysctl;
pub mod tcp;
pub mod traceroute;
