//! A service with globals, for several tenants: each has an instance, which its requests enter.

use std::collections::BTreeMap;

use vimage::prelude::*;

#[vimage::module]
mod shop {
    use std::sync::Mutex;

    use vimage::prelude::*;

    #[virtualized]
    static ORDERS: Mutex<Vec<String>> = Mutex::new(Vec::new());

    /// Handles a request. Nothing here knows of tenants.
    pub fn order(what: &str) -> usize {
        let mut orders = V_ORDERS.lock().unwrap();
        orders.push(what.to_owned());
        orders.len()
    }
}

/// The tenants of this process.
#[derive(Default)]
struct Tenants(BTreeMap<String, Vimage>);

impl Tenants {
    fn request(&mut self, tenant: &str, what: &str) -> Result<usize, vimage::CreateError> {
        if !self.0.contains_key(tenant) {
            self.0.insert(tenant.to_owned(), Vimage::builder().name(tenant).create()?);
        }
        Ok(self.0[tenant].enter(|| shop::order(what)))
    }
}

fn main() -> Result<(), vimage::CreateError> {
    let mut tenants = Tenants::default();
    for (tenant, what) in [("red", "tea"), ("blue", "coffee"), ("red", "cake")] {
        println!("{tenant} has {} orders", tenants.request(tenant, what)?);
    }
    // The end of a handle is the end of the instance, and of all that the tenant had in globals.
    tenants.0.remove("red");
    println!("red has {} orders again", tenants.request("red", "tea")?);
    Ok(())
}

// There are no instances without the feature.
#[cfg(all(test, feature = "vimage"))]
mod tests {
    use super::*;

    #[test]
    fn tenants_are_apart() {
        let mut tenants = Tenants::default();
        assert_eq!(tenants.request("red", "tea").unwrap(), 1);
        assert_eq!(tenants.request("red", "tea").unwrap(), 2);
        assert_eq!(tenants.request("blue", "tea").unwrap(), 1);
    }
}
