//! The instance that a request is about.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

use super::error::Failure;
use crate::core::Handle;
use crate::registry::{ClassEntry, classes};
use crate::sysctl::View;
use crate::vimage::Vimage;

/// An instance by id or name, and class; without both, the base instances of all classes.
#[derive(Debug, Deserialize)]
pub(super) struct Target {
    instance: Option<Selector>,
    class: Option<String>,
}

#[derive(Debug)]
enum Selector {
    Id(u64),
    Name(String),
}

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Selector;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the id of an instance, a number from 0, or its name")
            }

            fn visit_u64<E>(self, id: u64) -> Result<Selector, E> {
                Ok(Selector::Id(id))
            }

            fn visit_str<E>(self, name: &str) -> Result<Selector, E> {
                Ok(Selector::Name(name.to_owned()))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl Target {
    /// Calls `f` with the sysctls of the instance, or with those of all base instances.
    pub(super) fn with<R>(
        &self,
        held: &mut Vec<Handle>,
        f: impl FnOnce(View<'_>) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        if self.instance.is_some() || self.class.is_some() {
            f(View::of_handle(self.instance_or_base(held)?))
        } else {
            let base = Vimage::base().map_err(|error| Failure::new("boot", error.to_string()))?;
            base.enter(|| f(View::CURRENT))
        }
    }

    /// The handle goes into the caller's list: it may be the last one, and dropping that runs hooks.
    pub(super) fn instance_or_base<'h>(&self, held: &'h mut Vec<Handle>) -> Result<&'h Handle, Failure> {
        let state = class(self.class.as_deref().unwrap_or("Net"))?.laid_out();
        let live = state.live();
        let wanted: Vec<u64> = match &self.instance {
            None => vec![state.base_handle().header().id],
            Some(Selector::Id(id)) => vec![*id],
            Some(Selector::Name(name)) => live.tree.all_where(|header| header.name.as_deref() == Some(name)),
        };
        held.extend(wanted.into_iter().filter_map(|id| live.tree.find(id)));
        drop(live);
        match held.as_slice() {
            [handle] => Ok(handle),
            [] => Err(Failure::new("no_instance", "there is no such instance")),
            several => {
                let ids: Vec<_> = several.iter().map(|handle| handle.header().id.to_string()).collect();
                let message = format!("several instances have this name: {}; give the id", ids.join(", "));
                Err(Failure::new("ambiguous", message))
            }
        }
    }
}

/// The class of this name.
pub(super) fn class(name: &str) -> Result<&'static ClassEntry, Failure> {
    let named: Vec<_> = classes().iter().copied().filter(|class| class.name == name).collect();
    match *named.as_slice() {
        [class] => Ok(class),
        [] => Err(Failure::new("unknown_class", format!("no class is called `{name}`"))),
        _ => Err(Failure::new("unknown_class", format!("several classes are called `{name}`"))),
    }
}
