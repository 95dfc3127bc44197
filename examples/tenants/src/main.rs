//! `tenants [ADDRESS [FILE]]`: serves the tenants of a TOML file, and those that are created over HTTP.

use std::error::Error;
use std::sync::Arc;

use config::{Config, File};
use tenants::server::{Directory, router};
use tenants::site;
use vimage_integrations::config::{Settings, TomlLines};

#[vimage::main]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    site::logging::install()?;
    let directory = Arc::new(Directory::default());
    if let Some(file) = arguments.next() {
        create(&directory, &file)?;
    }
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}/", listener.local_addr()?);
    axum::serve(listener, router(directory)).await?;
    Ok(())
}

/// Creates a tenant for each table below `tenants`.
fn create(directory: &Directory, file: &str) -> Result<(), Box<dyn Error>> {
    let config = Config::builder().add_source(File::new(file, TomlLines)).build()?;
    for name in config.get_table("tenants")?.keys() {
        let settings = Settings::below(&config, &format!("tenants.{name}"))?;
        directory.create(name, &settings).map_err(|refusal| format!("tenant {name}: {refusal:?}"))?;
    }
    Ok(())
}
