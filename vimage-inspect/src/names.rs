//! Instances and sysctls by name, as the program itself finds them.

use std::fmt;

use crate::look::{Instance, Look};
use crate::tables::Sysctl;

/// A sysctl, and the shortest name that identifies it among those of the same instances.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Named<'l> {
    /// The sysctl.
    pub sysctl: &'l Sysctl,
    /// Its name, after a qualifier if another sysctl has the same name.
    pub qualified_name: String,
}

/// Why a name finds nothing.
///
/// ```
/// use vimage_inspect::{NameError, Process};
///
/// #[vimage::module]
/// mod queue {
///     use std::sync::atomic::AtomicU32;
///     use vimage::prelude::*;
///
///     #[virtualized(sysctl("backlog.length", rw))]
///     static LENGTH: AtomicU32 = AtomicU32::new(7);
/// }
///
/// # #[cfg(all(target_os = "linux", target_pointer_width = "64"))] {
/// vimage::boot()?;
/// let process = Process::open(std::process::id())?;
/// let look = process.look()?;
/// let instances = look.instances_named(None, None)?;
/// let error = look.sysctl_named("backlog.lenght", &instances).unwrap_err();
/// assert_eq!(error.to_string(), "unknown sysctl `backlog.lenght`; did you mean `backlog.length`?");
/// assert_eq!(look.instances_named(Some("nobody"), None), Err(NameError::NoInstance));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// No sysctl has this name.
    Unknown {
        /// The name.
        name: String,
        /// The closest existing name.
        closest: Option<String>,
    },
    /// Several have this name; put a qualifier before it.
    Ambiguous {
        /// The name.
        name: String,
        /// The names that identify each of them, with crate and line.
        candidates: Vec<String>,
    },
    /// The variable is of another class than the instances.
    WrongClass {
        /// The name.
        name: String,
        /// The class of the variable.
        class: String,
        /// The instances.
        instances: String,
    },
    /// No class has this name, or several have it.
    UnknownClass {
        /// The name.
        name: String,
        /// How many classes have it.
        count: usize,
    },
    /// There is no such instance.
    NoInstance,
    /// Several instances of a class have this name.
    AmbiguousInstance {
        /// Their ids.
        ids: Vec<u64>,
    },
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, closest } => {
                write!(f, "unknown sysctl `{name}`")?;
                closest.as_ref().map_or(Ok(()), |closest| write!(f, "; did you mean `{closest}`?"))
            }
            Self::Ambiguous { name, candidates } => {
                write!(f, "`{name}` is {}; write one of these", candidates.join(" or "))
            }
            Self::WrongClass { name, class, instances } => {
                write!(f, "`{name}` is a variable of class {class}, not of {instances}")
            }
            Self::UnknownClass { name, count: 0 } => write!(f, "no class is called `{name}`"),
            Self::UnknownClass { name, .. } => write!(f, "several classes are called `{name}`"),
            Self::NoInstance => f.write_str("there is no such instance"),
            Self::AmbiguousInstance { ids } => {
                let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
                write!(f, "several instances have this name: {}; give the id", ids.join(", "))
            }
        }
    }
}

impl std::error::Error for NameError {}

impl Look<'_> {
    /// The number of the class of this name.
    ///
    /// # Errors
    ///
    /// [`NameError::UnknownClass`].
    pub fn class_named(&self, name: &str) -> Result<usize, NameError> {
        let mut named = self.classes().iter().enumerate().filter(|(_, class)| class.name == name);
        match (named.next(), named.count()) {
            (Some((class, _)), 0) => Ok(class),
            (first, others) => {
                let count = others + usize::from(first.is_some());
                Err(NameError::UnknownClass { name: name.to_owned(), count })
            }
        }
    }

    /// The instances of this name or id, at most one of each class; without a name the base instances.
    ///
    /// An instance that is being detached is none of them.
    ///
    /// # Errors
    ///
    /// [`NameError::NoInstance`], [`NameError::AmbiguousInstance`].
    pub fn instances_named(&self, name: Option<&str>, class: Option<usize>) -> Result<Vec<&Instance>, NameError> {
        let id = name.map_or(Some(0), |name| name.parse::<u64>().ok());
        let wanted = |instance: &&Instance| match id {
            Some(id) => instance.id == id,
            None => instance.name.as_deref() == name,
        };
        let wanted = self.instances().iter().filter(wanted);
        let found: Vec<&Instance> = wanted
            .filter(|instance| class.is_none_or(|class| class == instance.class))
            .filter(|instance| ["Creating", "Live"].contains(&&*instance.state))
            .collect();
        if found.is_empty() {
            return Err(NameError::NoInstance);
        }
        match found.windows(2).find(|two| two[0].class == two[1].class) {
            Some(two) => {
                let same = found.iter().filter(|instance| instance.class == two[0].class);
                Err(NameError::AmbiguousInstance { ids: same.map(|instance| instance.id).collect() })
            }
            None => Ok(found),
        }
    }

    /// The sysctls of these instances whose names are the prefix, or continue it after a dot.
    #[must_use]
    pub fn below(&self, prefix: &str, instances: &[&Instance]) -> Vec<Named<'_>> {
        let prefix = prefix.trim_end_matches('.');
        let under = |name: &str| match name.strip_prefix(prefix) {
            Some(rest) => prefix.is_empty() || rest.is_empty() || rest.starts_with('.'),
            None => false,
        };
        let own: Vec<&Sysctl> = self.sysctls().iter().filter(|sysctl| self.is_of(sysctl, instances)).collect();
        // Those of one name stand together.
        let groups = own.chunk_by(|a, b| a.variable.name == b.variable.name);
        let groups = groups.filter(|group| under(&group[0].variable.name));
        groups.flat_map(|group| group.iter().map(|sysctl| self.named(sysctl, group))).collect()
    }

    /// The sysctl that a name, or `qualifier::name`, identifies.
    ///
    /// # Errors
    ///
    /// [`NameError::Unknown`], [`NameError::Ambiguous`], [`NameError::WrongClass`].
    pub fn sysctl_named(&self, name: &str, instances: &[&Instance]) -> Result<Named<'_>, NameError> {
        let (qualifier, bare) =
            name.rsplit_once("::").map_or((None, name), |(qualifier, bare)| (Some(qualifier), bare));
        let named: Vec<&Sysctl> = self.sysctls().iter().filter(|sysctl| sysctl.variable.name == bare).collect();
        let found = named.iter().filter(|sysctl| qualifier.is_none_or(|qualifier| self.is_in(sysctl, qualifier)));
        let found: Vec<&Sysctl> = found.copied().collect();
        let own: Vec<&Sysctl> = found.iter().copied().filter(|sysctl| self.is_of(sysctl, instances)).collect();
        match (&own[..], found.first()) {
            ([sysctl], _) => {
                let same: Vec<&Sysctl> = named.iter().copied().filter(|sysctl| self.is_of(sysctl, instances)).collect();
                Ok(self.named(sysctl, &same))
            }
            ([], None) => Err(NameError::Unknown { name: name.to_owned(), closest: self.closest(bare) }),
            ([], Some(other)) => {
                let class = self.class_of(&other.variable);
                let labels: Vec<String> = instances.iter().map(|instance| self.label(instance)).collect();
                Err(NameError::WrongClass {
                    name: name.to_owned(),
                    class: self.classes().get(class).map(|class| class.name.clone()).unwrap_or_default(),
                    instances: labels.join(", "),
                })
            }
            (several, _) => {
                let candidate = |sysctl: &&Sysctl| {
                    let Named { sysctl, qualified_name } = self.named(sysctl, several);
                    let variable = &sysctl.variable;
                    format!("{qualified_name} ({}, {}:{})", self.path(sysctl), variable.file, variable.line)
                };
                Err(NameError::Ambiguous { name: name.to_owned(), candidates: several.iter().map(candidate).collect() })
            }
        }
    }

    /// An instance in messages: `Net#3 "red"`.
    #[must_use]
    pub fn label(&self, instance: &Instance) -> String {
        let class = self.classes().get(instance.class).map_or("?", |class| &class.name);
        match &instance.name {
            Some(name) => format!("{class}#{} {name:?}", instance.id),
            None => format!("{class}#{}", instance.id),
        }
    }

    fn is_of(&self, sysctl: &Sysctl, instances: &[&Instance]) -> bool {
        let class = self.class_of(&sysctl.variable);
        instances.iter().any(|instance| instance.class == class)
    }

    fn path(&self, sysctl: &Sysctl) -> &str {
        self.modules().get(sysctl.variable.module).map_or("", |module| &module.path)
    }

    /// Returns whether the qualifier is the name of its module, the Rust path of that, the variable, or the place of the
    /// declaration.
    fn is_in(&self, sysctl: &Sysctl, qualifier: &str) -> bool {
        let Sysctl { variable, ident, .. } = sysctl;
        let place = qualifier.strip_prefix(&*variable.file).and_then(|rest| rest.strip_prefix(':'));
        self.modules()
            .get(variable.module)
            .is_some_and(|module| [&module.name, &module.path].contains(&&qualifier.to_owned()))
            || ident == qualifier
            || place.and_then(|line| line.parse().ok()) == Some(variable.line)
    }

    fn named<'l>(&'l self, sysctl: &'l Sysctl, same: &[&'l Sysctl]) -> Named<'l> {
        let Sysctl { variable, ident, .. } = sysctl;
        if same.len() < 2 {
            return Named { sysctl, qualified_name: variable.name.clone() };
        }
        let module = self.modules().get(variable.module);
        let place = format!("{}:{}", variable.file, variable.line);
        let qualifiers = module.map(|module| [&module.name, &module.path]).into_iter().flatten().chain([ident]);
        let mut only_this =
            qualifiers.filter(|qualifier| same.iter().filter(|other| self.is_in(other, qualifier)).count() == 1);
        let qualifier = only_this.next().unwrap_or(&place);
        Named { sysctl, qualified_name: format!("{qualifier}::{}", variable.name) }
    }

    /// The existing name that is most like this one, if one is.
    fn closest(&self, name: &str) -> Option<String> {
        if name.len() > 256 {
            return None;
        }
        let names = self.sysctls().iter().map(|sysctl| &sysctl.variable.name).filter(|known| known.len() <= 256);
        names
            .map(|known| (strsim::osa_distance(name, known), known))
            .filter(|(distance, known)| distance * 2 <= name.len().max(known.len()))
            .min()
            .map(|(_, known)| known.clone())
    }
}
