//! The errors of configurations.

use std::error::Error;
use std::fmt;

use vimage::sysctl;

/// Why a configuration was not applied.
#[derive(Debug)]
#[non_exhaustive]
pub enum SettingsError {
    /// The key is no table of the configuration.
    Config(config::ConfigError),
    /// Each setting that was refused. No value has changed.
    Settings(Vec<SettingError>),
}

impl fmt::Display for SettingsError {
    /// A line for each setting.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Settings(errors) => errors.iter().enumerate().try_for_each(|(index, error)| {
                let line = if index == 0 { "" } else { "\n" };
                write!(f, "{line}{error}")
            }),
        }
    }
}

impl Error for SettingsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Config(error) => error.source(),
            // Of one setting the cause is known; several have a cause each.
            Self::Settings(errors) => match errors.as_slice() {
                [error] => error.source(),
                _ => None,
            },
        }
    }
}

/// A setting that was refused: where it was written, and why.
///
/// ```
/// use config::{Config, File};
/// use vimage_integrations::config::{Settings, SettingsError, TomlLines};
///
/// let config = Config::builder().add_source(File::from_str("\nshop.ports = [1, 2]", TomlLines)).build()?;
/// let Err(SettingsError::Settings(refused)) = Settings::new(&config) else { panic!("a sysctl has one value") };
/// assert_eq!(refused[0].name(), Some("shop.ports"));
/// for setting in refused {
///     eprintln!("{setting}"); // after the place, if that is known
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SettingError {
    origin: Option<String>,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    Sysctl(sysctl::Error),
    NotOneValue { name: String },
}

impl SettingError {
    pub(super) fn new(origin: Option<String>, error: sysctl::Error) -> Self {
        Self { origin, reason: Reason::Sysctl(error) }
    }

    pub(super) fn not_one_value(origin: Option<String>, name: String) -> Self {
        Self { origin, reason: Reason::NotOneValue { name } }
    }

    /// Where the value was written: `red.toml:2`, `the environment`.
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// The name of the sysctl.
    pub fn name(&self) -> Option<&str> {
        match &self.reason {
            Reason::Sysctl(error) => error.name(),
            Reason::NotOneValue { name } => Some(name),
        }
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.origin.iter().try_for_each(|origin| write!(f, "{origin}: "))?;
        match &self.reason {
            Reason::Sysctl(error) => error.fmt(f),
            Reason::NotOneValue { name } => write!(f, "`{name}`: a sysctl has one value, not a list and not none"),
        }
    }
}

impl Error for SettingError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.reason {
            Reason::Sysctl(error) => error.source(),
            Reason::NotOneValue { .. } => None,
        }
    }
}

/// Why no instance was created from a configuration.
#[derive(Debug)]
#[non_exhaustive]
pub enum CreateError {
    /// The instance could not be created.
    Create(vimage::CreateError),
    /// A value was refused.
    Settings(SettingsError),
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(error) => error.fmt(f),
            Self::Settings(error) => error.fmt(f),
        }
    }
}

impl Error for CreateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Create(error) => error.source(),
            Self::Settings(error) => error.source(),
        }
    }
}
