//! Sysctls from files and the environment.

use std::collections::HashMap;
use std::error::Error;

use config::{Config, Environment, File};
use vimage::kernel::Vnet;
use vimage::sysctl;
use vimage_integrations::config::{CreateError, Settings, TomlLines};

#[vimage::vnet_module]
mod ether {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
    use std::sync::{Mutex, RwLock};
    use vimage::prelude::*;

    #[virtualized(sysctl("net.ether", rw))]
    static ETHER: AtomicBool = AtomicBool::new(false);
    #[virtualized(sysctl("net.ether.queue", rw, tunable, range = 1..=1000))]
    static ETHER_QUEUE: AtomicU32 = AtomicU32::new(50);
    #[virtualized(sysctl("net.ether.title", rw))]
    static ETHER_TITLE: RwLock<String> = RwLock::new(String::new());
    #[virtualized(sysctl("net.ether.rate", rw))]
    static ETHER_RATE: Mutex<f64> = Mutex::new(0.5);
    #[virtualized(sysctl("net.ether.at_attach", ro))]
    static ETHER_AT_ATTACH: AtomicU32 = AtomicU32::new(0);

    #[attach]
    fn attach() {
        V_ETHER_AT_ATTACH.store(V_ETHER_QUEUE.load(Relaxed), Relaxed);
    }
}

fn config(toml: &str) -> Config {
    Config::builder().add_source(File::from_str(toml, TomlLines)).build().unwrap()
}

fn value(vnet: &Vnet, name: &str) -> String {
    sysctl::of(vnet).get(name).unwrap().to_string()
}

/// The tests of a build without instances share the base one, so that they take turns in `#[vimage::test]`.
fn vnet() -> Vnet {
    if cfg!(feature = "vimage") { Vnet::new().unwrap() } else { Vnet::base().unwrap() }
}

#[vimage::test]
fn each_kind_of_value_is_set() -> Result<(), Box<dyn Error>> {
    let vnet = vnet();
    let config = config("[net.ether]\n\"\" = true\nqueue = 0x20\ntitle = 'a b'\nrate = 2.5\n");
    Settings::new(&config)?.apply(&vnet)?;
    let names = ["net.ether", "net.ether.queue", "net.ether.title", "net.ether.rate"];
    assert_eq!(names.map(|name| value(&vnet, name)), ["true", "32", "a b", "2.5"]);
    Ok(())
}

#[vimage::test]
fn an_error_names_each_place_and_nothing_is_set() -> Result<(), Box<dyn Error>> {
    let vnet = vnet();
    let before = value(&vnet, "net.ether.title");
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("red.toml");
    let text = "[net.ether]\ntitle = 'new'\n\n# too long\nqueue = 5000\nrate = 'fast'\n[net.ehter]\nqueue = 3\n";
    std::fs::write(&path, text)?;
    let config = Config::builder().add_source(File::new(path.to_str().unwrap(), TomlLines)).build()?;
    let error = Settings::new(&config)?.apply(&vnet).unwrap_err();
    let lines: Vec<String> =
        error.to_string().lines().map(|line| line.rsplit('/').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(lines.len(), 3, "{error}");
    assert!(lines[0].starts_with("red.toml:8: unknown sysctl `net.ehter.queue`"), "{error}");
    assert_eq!(lines[1], "red.toml:5: `net.ether.queue`: 5000 is not in the range of 1..=1000");
    assert!(lines[2].starts_with("red.toml:6: `net.ether.rate`: \"fast\" is not a valid f64"), "{error}");
    assert_eq!(value(&vnet, "net.ether.title"), before);
    Ok(())
}

#[vimage::test]
fn the_environment_goes_over_the_file() -> Result<(), Box<dyn Error>> {
    let vnet = vnet();
    let variables = |value: &str| Some(HashMap::from([("RED__NET__ETHER__QUEUE".to_owned(), value.to_owned())]));
    let layers = |value| {
        let environment = Environment::with_prefix("RED").separator("__").source(variables(value));
        let file = File::from_str("net.ether.queue = 7\nnet.ether.rate = 1", TomlLines);
        Config::builder().add_source(file).add_source(environment).build()
    };
    Settings::new(&layers("9")?)?.apply(&vnet)?;
    assert_eq!(["net.ether.queue", "net.ether.rate"].map(|name| value(&vnet, name)), ["9", "1"]);

    let error = Settings::new(&layers("0")?)?.apply(&vnet).unwrap_err();
    assert_eq!(error.to_string(), "the environment: `net.ether.queue`: 0 is not in the range of 1..=1000");
    Ok(())
}

#[test]
fn a_list_is_not_a_value_and_a_table_has_to_be_there() {
    let error = Settings::new(&config("[net]\nether.queue = [1, 2]\n")).unwrap_err();
    assert_eq!(error.to_string(), "line 2: `net.ether.queue`: a sysctl has one value, not a list and not none");
    let error = Settings::below(&config("red = 1"), "blue").unwrap_err();
    assert!(error.to_string().contains("blue"), "{error}");
}

#[cfg(feature = "vimage")]
#[vimage::test]
fn an_instance_is_created_with_its_tunables_or_not_at_all() -> Result<(), Box<dyn Error>> {
    let config = config(
        "[red]\nnet.ether = { queue = 5, title = 'red' }\n[blue]\nnet.ether.queue = 0\n[green]\nnet.ether.rate = 'x'",
    );
    let red = Settings::below(&config, "red")?.create(Vnet::builder().name("red"))?;
    let names = ["net.ether.queue", "net.ether.at_attach", "net.ether.title"];
    assert_eq!(names.map(|name| value(&red, name)), ["5", "5", "red"]);
    red.destroy()?;

    let vimage = Settings::below(&config, "red")?.create(vimage::Vimage::builder())?;
    assert_eq!(sysctl::of(&vimage).get("net.ether.at_attach")?.to_string(), "5");
    vimage.destroy()?;

    for (name, message) in
        [("blue", "line 4: `net.ether.queue`: 0 is"), ("green", "line 6: `net.ether.rate`: \"x\" is")]
    {
        let error = Settings::below(&config, name)?.create(Vnet::builder().name(name)).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
        assert!(matches!(error, CreateError::Settings(_)));
    }
    assert!(Vnet::all().all(|vnet| !matches!(vnet.name(), Some("blue" | "green"))));
    Ok(())
}

#[cfg(not(feature = "vimage"))]
#[test]
fn without_instances_none_is_created() {
    let error = Settings::new(&config("")).unwrap().create(Vnet::builder()).unwrap_err();
    assert!(matches!(error, CreateError::Create(vimage::CreateError::NotVirtualized)));
}
