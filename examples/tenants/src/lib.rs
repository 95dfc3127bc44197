//! A server in which each tenant is an instance.
//!
//! [`site`] is the code of one site, with its state in globals: it knows nothing of tenants. [`server`] creates, drains and
//! destroys tenants, and runs each request in one. [`load`] is a client.

pub mod load;
pub mod server;
pub mod site;

vimage::class! {
    /// One tenant. Code of a site that runs in none panics instead of using the state of another one.
    pub struct Tenant;
    no_context = panic
}
