//! The instances that a request is about.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

use super::error::Failure;
use crate::core::{Handle, HasInstances, Sealed};
use crate::registry::{ClassEntry, classes};

/// An instance by id or name, or the base instance; in one class, or in each class that has it. Instances of one name in
/// several classes are usually those of a vimage.
#[derive(Debug, Deserialize)]
pub(super) struct Target {
    instance: Option<Selector>,
    class: Option<String>,
}

/// The instances of a target, at most one of each class.
pub(super) struct Instances<'h>(&'h [Handle]);

impl Sealed for Instances<'_> {}

impl HasInstances for Instances<'_> {
    fn instance_of(&self, class: &'static ClassEntry) -> Option<&Handle> {
        self.0.iter().find(|handle| handle.header().class == class)
    }

    fn instances(&self) -> Vec<&Handle> {
        self.0.iter().collect()
    }
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
    /// Finds the instances. The handles go into the caller's list: one may be the last, and dropping that runs hooks.
    pub(super) fn find<'h>(&self, held: &'h mut Vec<Handle>) -> Result<Instances<'h>, Failure> {
        let only = self.class.as_deref().map(class).transpose()?;
        for class in classes().iter().filter(|class| only.is_none_or(|only| only == **class)) {
            let already = held.len();
            self.find_in(class, held);
            if let several @ [_, _, ..] = &held[already..] {
                let ids: Vec<_> = several.iter().map(|handle| handle.header().id.to_string()).collect();
                let message = format!("several instances have this name: {}; give the id", ids.join(", "));
                return Err(Failure::new("ambiguous", message));
            }
        }
        if held.is_empty() {
            Err(Failure::new("no_instance", "there is no such instance"))
        } else {
            Ok(Instances(held))
        }
    }

    fn find_in(&self, class: &'static ClassEntry, held: &mut Vec<Handle>) {
        let state = class.laid_out();
        let live = state.live();
        let ids = match &self.instance {
            None => vec![state.base_handle().header().id],
            Some(Selector::Id(id)) => vec![*id],
            Some(Selector::Name(name)) => live.tree.all_where(|header| header.name.as_deref() == Some(name)),
        };
        held.extend(ids.into_iter().filter_map(|id| live.tree.find(id)));
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
