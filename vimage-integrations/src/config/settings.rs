//! Values for sysctls, and where they were written.

use config::{Config, ConfigError, Map, ValueKind};
use vimage::sysctl::{self, Value};
use vimage::{Class, CreateError as InstanceError, HasInstances, Instance, InstanceBuilder, Vimage, VimageBuilder};

use super::error::{CreateError, SettingError, SettingsError};

/// Values for the sysctls of an instance, from a [`Config`]; see the [module](super).
///
/// ```standalone_crate
/// use config::{Config, File};
/// use vimage_integrations::config::{Settings, TomlLines};
///
/// #[vimage::module]
/// mod shop {
///     use std::sync::RwLock;
///     use vimage::prelude::*;
///
///     /// The title of the shop.
///     #[virtualized(sysctl("shop.title", rw, tunable))]
///     static TITLE: RwLock<String> = RwLock::new(String::new());
///
///     pub fn title() -> String {
///         V_TITLE.read().unwrap().clone()
///     }
/// }
///
/// let config = Config::builder().add_source(File::from_str("shop.title = 'Tea'", TomlLines)).build()?;
/// let settings = Settings::new(&config)?;
/// assert_eq!(settings.names().collect::<Vec<_>>(), ["shop.title"]);
///
/// let base = vimage::boot()?;
/// settings.apply(&base)?; // an instance that exists
/// assert_eq!(base.enter(shop::title), "Tea");
/// # #[cfg(feature = "vimage")] {
/// let red = settings.create(vimage::Vimage::builder().name("red"))?; // a new one
/// assert_eq!(red.enter(shop::title), "Tea");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Settings {
    /// Sorted by name.
    settings: Vec<Setting>,
}

#[derive(Clone, Debug)]
struct Setting {
    name: String,
    value: Value,
    origin: Option<String>,
}

impl Settings {
    /// All values of a configuration.
    ///
    /// # Errors
    ///
    /// An array, or a value that is not there, cannot be the value of a sysctl. All of them are reported.
    pub fn new(config: &Config) -> Result<Self, SettingsError> {
        Self::from_value(config.cache.clone())
    }

    /// The values below a key, such as `tenants.red`, without that key: for configurations that have more in them.
    ///
    /// ```
    /// # use config::{Config, File};
    /// # use vimage_integrations::config::{Settings, TomlLines};
    /// let text = "[tenants.red]\nshop.title = \"Red\"\n[tenants.blue]\nshop.title = \"Blue\"\n";
    /// let config = Config::builder().add_source(File::from_str(text, TomlLines)).build()?;
    /// let red = Settings::below(&config, "tenants.red")?;
    /// assert_eq!(red.names().collect::<Vec<_>>(), ["shop.title"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and [`SettingsError::Config`] if there is no such table.
    pub fn below(config: &Config, key: &str) -> Result<Self, SettingsError> {
        let table: Result<Map<String, config::Value>, ConfigError> = config.get_table(key);
        Self::from_value(table.map_err(SettingsError::Config)?.into())
    }

    fn from_value(root: config::Value) -> Result<Self, SettingsError> {
        let (mut settings, mut errors) = (Vec::new(), Vec::new());
        collect(String::new(), root, &mut settings, &mut errors);
        settings.sort_by(|a, b| a.name.cmp(&b.name));
        if errors.is_empty() { Ok(Self { settings }) } else { Err(SettingsError::Settings(errors)) }
    }

    /// The names of the sysctls that have a value here, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.settings.iter().map(|setting| setting.name.as_str())
    }

    /// Sets all of them in an instance or a vimage: all or none. It reads the old values first, and sets them back if one
    /// cannot be set; a handler of a sysctl sees both. A value that the program does not take back stays, such as that of a
    /// `OnceLock`, which had none.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Settings`] with each setting that was refused, where it was written, and why.
    pub fn apply(&self, instance: &impl HasInstances) -> Result<(), SettingsError> {
        apply(self.settings.iter(), instance)
    }

    /// Creates an instance or a vimage with these values. Those that are `tunable` are there before the attach hooks run, the
    /// others are set after that.
    ///
    /// # Errors
    ///
    /// [`CreateError::Create`] if it cannot be created, [`CreateError::Settings`] if a value was refused; then there is
    /// no new instance. In builds without instances nothing can be created.
    #[track_caller]
    pub fn create<B: Builder>(&self, builder: B) -> Result<B::Created, CreateError> {
        let is_tunable = |setting: &&Setting| sysctl::describe(&setting.name).is_ok_and(|found| found.tunable);
        let (tunable, others): (Vec<_>, Vec<_>) = self.settings.iter().partition(is_tunable);
        let tune = |builder: B, setting: &Setting| builder.tuned(&setting.name, setting.value.clone());
        let builder = tunable.iter().fold(builder, |builder, setting| tune(builder, setting));
        let created = builder.created().map_err(|error| self.located(error))?;
        // An instance that is not what was asked for is destroyed by its drop.
        apply(others.into_iter(), &created).map_err(CreateError::Settings)?;
        Ok(created)
    }

    /// Adds the place to an error about a sysctl.
    fn located(&self, error: InstanceError) -> CreateError {
        let InstanceError::Sysctl(error) = error else { return CreateError::Create(error) };
        let setting = self.settings.iter().find(|setting| Some(setting.name.as_str()) == error.name());
        let origin = setting.and_then(|setting| setting.origin.clone());
        CreateError::Settings(SettingsError::Settings(vec![SettingError::new(origin, error)]))
    }
}

/// Sets all or none.
fn apply<'s>(settings: impl Iterator<Item = &'s Setting>, instance: &impl HasInstances) -> Result<(), SettingsError> {
    let view = sysctl::of(instance);
    let (mut before, mut errors) = (Vec::new(), Vec::new());
    for setting in settings {
        let old = view.get(&setting.name);
        match old.and_then(|old| view.set(&setting.name, setting.value.clone()).map(|()| old)) {
            Ok(old) => before.push((&setting.name, old)),
            Err(error) => errors.push(SettingError::new(setting.origin.clone(), error)),
        }
    }
    if errors.is_empty() {
        return Ok(());
    }
    for (name, old) in before.into_iter().rev() {
        // If the program refuses its own old value, the new one stays: there is nothing better to set.
        _ = view.set(name, old);
    }
    Err(SettingsError::Settings(errors))
}

/// The values below a name.
fn collect(name: String, value: config::Value, settings: &mut Vec<Setting>, errors: &mut Vec<SettingError>) {
    let origin = value.origin().map(str::to_owned);
    let value = match value.kind {
        ValueKind::Table(table) => {
            for (segment, value) in table {
                // A sysctl may have others below its own name; its value has the empty key then, as in `sysctl::Tree`.
                let dot = if name.is_empty() || segment.is_empty() { "" } else { "." };
                collect(format!("{name}{dot}{segment}"), value, settings, errors);
            }
            return;
        }
        ValueKind::Boolean(value) => value.into(),
        ValueKind::I64(value) => value.into(),
        ValueKind::I128(value) => value.into(),
        ValueKind::U64(value) => value.into(),
        ValueKind::U128(value) => value.into(),
        ValueKind::Float(value) => value.into(),
        ValueKind::String(value) => value.into(),
        ValueKind::Nil | ValueKind::Array(_) => return errors.push(SettingError::not_one_value(origin, name)),
    };
    settings.push(Setting { name, value, origin });
}

/// A builder of an instance or a vimage, for [`Settings::create`].
pub trait Builder: sealed::Sealed {
    /// What it makes.
    type Created: HasInstances;
    #[doc(hidden)]
    fn tuned(self, name: &str, value: Value) -> Self;
    #[doc(hidden)]
    #[track_caller]
    fn created(self) -> Result<Self::Created, InstanceError>;
}

mod sealed {
    pub trait Sealed: Sized {}
    impl<C: vimage::Class> Sealed for vimage::InstanceBuilder<C> {}
    impl Sealed for vimage::VimageBuilder {}
}

impl<C: Class> Builder for InstanceBuilder<C> {
    type Created = Instance<C>;

    fn tuned(self, name: &str, value: Value) -> Self {
        self.sysctl(name, value)
    }

    #[track_caller]
    fn created(self) -> Result<Instance<C>, InstanceError> {
        self.create()
    }
}

impl Builder for VimageBuilder {
    type Created = Vimage;

    fn tuned(self, name: &str, value: Value) -> Self {
        self.sysctl(name, value)
    }

    #[track_caller]
    fn created(self) -> Result<Vimage, InstanceError> {
        self.create()
    }
}
