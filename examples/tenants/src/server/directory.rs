//! The tenants by name.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use vimage::{DestroyError, Instance};
use vimage_integrations::config::Settings;

use super::refusal::Refusal;
use crate::Tenant;

/// How long a tenant's requests may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// The tenants by name.
#[derive(Debug, Default)]
pub struct Directory {
    tenants: RwLock<BTreeMap<String, State>>,
}

/// What a tenant does.
#[derive(Clone, Debug)]
pub enum State {
    /// It answers requests.
    Serving(Instance<Tenant>),
    /// It answers those that have begun.
    Draining(Instance<Tenant>),
    /// It is being destroyed.
    Ending,
}

impl Directory {
    /// Creates a tenant.
    ///
    /// # Errors
    ///
    /// If the name is taken or cannot be a part of a path, or if a setting is refused.
    pub fn create(&self, name: &str, settings: &Settings) -> Result<(), Refusal> {
        let is_allowed = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-';
        if name.is_empty() || !name.chars().all(is_allowed) {
            return Err(Refusal::Invalid(format!("{name:?}: a name has lower case letters, digits and `-`")));
        }
        let taken = || Refusal::Conflict(format!("there is a tenant {name}"));
        if self.tenants.read().unwrap().contains_key(name) {
            return Err(taken());
        }
        // Not under the lock: hooks may take time.
        let site = settings.create(Instance::builder().name(name)).map_err(Refusal::invalid)?;
        match self.tenants.write().unwrap().entry(name.to_owned()) {
            std::collections::btree_map::Entry::Vacant(entry) => _ = entry.insert(State::Serving(site)),
            std::collections::btree_map::Entry::Occupied(_) => return Err(taken()),
        }
        Ok(())
    }

    /// The instance for a request of this tenant.
    ///
    /// # Errors
    ///
    /// If there is none, or if it takes no requests any more.
    pub fn serving(&self, name: &str) -> Result<Instance<Tenant>, Refusal> {
        match self.tenants.read().unwrap().get(name) {
            Some(State::Serving(site)) => Ok(site.clone()),
            Some(State::Draining(_) | State::Ending) => Err(Refusal::Draining),
            None => Err(Refusal::Unknown),
        }
    }

    /// The instance, for the administrator.
    ///
    /// # Errors
    ///
    /// If there is none, or if it is being destroyed.
    pub fn any(&self, name: &str) -> Result<Instance<Tenant>, Refusal> {
        match self.tenants.read().unwrap().get(name) {
            Some(State::Serving(site) | State::Draining(site)) => Ok(site.clone()),
            Some(State::Ending) => Err(Refusal::Draining),
            None => Err(Refusal::Unknown),
        }
    }

    /// All tenants.
    pub fn list(&self) -> Vec<(String, State)> {
        self.tenants.read().unwrap().iter().map(|(name, state)| (name.clone(), state.clone())).collect()
    }

    /// Takes no new requests, or takes them again.
    ///
    /// # Errors
    ///
    /// If there is no such tenant, or if it is being destroyed.
    pub fn set_draining(&self, name: &str, draining: bool) -> Result<(), Refusal> {
        let mut tenants = self.tenants.write().unwrap();
        let state = tenants.get_mut(name).ok_or(Refusal::Unknown)?;
        let (State::Serving(site) | State::Draining(site)) = state.clone() else { return Err(Refusal::Draining) };
        *state = if draining { State::Draining(site) } else { State::Serving(site) };
        Ok(())
    }

    /// Takes no new requests, waits for those that run, and destroys the tenant with all its state.
    ///
    /// # Errors
    ///
    /// If there is no such tenant, or if something still runs in it after a time; then it is draining.
    pub async fn destroy(self: Arc<Self>, name: String) -> Result<(), Refusal> {
        // Also if the client goes away meanwhile: a blocking call is not given up.
        let destroyed = tokio::task::spawn_blocking(move || self.destroy_blocking(&name));
        destroyed.await.map_err(Refusal::invalid)?
    }

    fn destroy_blocking(&self, name: &str) -> Result<(), Refusal> {
        let site = {
            let mut tenants = self.tenants.write().unwrap();
            let state = tenants.get_mut(name).ok_or(Refusal::Unknown)?;
            match std::mem::replace(state, State::Ending) {
                State::Serving(site) | State::Draining(site) => site,
                State::Ending => return Err(Refusal::Draining),
            }
        };
        // Requests, their tasks and bodies hold handles.
        let (left, result) = match site.destroy_within(PATIENCE) {
            Ok(()) => (None, Ok(())),
            Err(error) => {
                let refusal = Refusal::Conflict(error.to_string());
                (DestroyError::into_instance(error), Err(refusal))
            }
        };
        let mut tenants = self.tenants.write().unwrap();
        match left {
            None => _ = tenants.remove(name),
            Some(site) => _ = tenants.insert(name.to_owned(), State::Draining(site)),
        }
        result
    }
}
