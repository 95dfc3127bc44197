//! The sysctls of an instance from [config](https://docs.rs/config): files and the environment, in layers.
//!
//! Each name of a sysctl is a key: `net.ether.queue` is `queue = 100` in the table `[net.ether]`.
//!
//! ```standalone_crate
//! use config::{Config, Environment, File};
//! use vimage::prelude::*;
//! use vimage_integrations::config::{Settings, TomlLines};
//!
//! #[vnet_module]
//! mod ether {
//!     use std::sync::atomic::AtomicU32;
//!     use vimage::prelude::*;
//!
//!     #[virtualized(sysctl("net.ether.queue", rw, range = 1..=1000))]
//!     static ETHER_QUEUE: AtomicU32 = AtomicU32::new(50);
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! # std::env::set_current_dir(&folder)?;
//! std::fs::write("red.toml", "[net.ether]\nqueue = 5000\n")?;
//! let config = Config::builder()
//!     .add_source(File::new("red.toml", TomlLines)) // as config's TOML, and knows lines
//!     .add_source(Environment::with_prefix("RED").separator("__")) // RED__NET__ETHER__QUEUE
//!     .build()?;
//! let error = Settings::new(&config)?.apply(&Vnet::base()?).unwrap_err();
//! assert_eq!(error.to_string(), "red.toml:2: `net.ether.queue`: 5000 is not in the range of 1..=1000");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod settings;
mod toml;

pub use error::{CreateError, SettingError, SettingsError};
pub use settings::{Builder, Settings};
pub use toml::TomlLines;
