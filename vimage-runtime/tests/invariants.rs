//! The places that the feature `invariants` records.

#![cfg(all(feature = "vimage", feature = "invariants"))]

mod support;

use support::panics::panic_of;
use vimage::debug;
use vimage::prelude::*;

#[vnet_module]
mod foo {
    use vimage::prelude::*;

    #[virtualized]
    pub static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

    #[virtualized(keep)]
    static NAMES: [u64; 4] = [0; 4];

    pub fn count() -> u64 {
        V_COUNT.load(std::sync::atomic::Ordering::Relaxed) + V_NAMES[0]
    }
}

#[test]
fn busy_names_the_clone_that_still_lives() {
    let red = Vnet::builder().name("red").create().unwrap();
    let gone = red.clone();
    let (held, line) = (red.clone(), line!());
    drop(gone);
    let error = red.destroy().unwrap_err();
    let place = format!("{}:{line}:", file!());
    assert!(error.to_string().contains(&format!("made at {place}")), "{error}");
    let vimage::DestroyError::Busy { instance: red, holders } = error else { panic!("{error}") };
    assert_eq!(holders.places().len(), 1);
    assert_eq!(debug::holders(&red).len(), 2);
    drop(held);
    red.destroy().unwrap();
}

#[test]
fn busy_names_the_line_whatever_made_the_handle() {
    let red = Vnet::builder().name("of many").create().unwrap();
    let mut handles: Vec<(u32, Box<dyn std::any::Any>)> = Vec::new();
    handles.push((line!(), Box::new(Vnet::all().find(|vnet| *vnet == red).unwrap())));
    let held = foo::V_COUNT.held_of(&red);
    handles.push((line!(), Box::new(held.clone())));
    drop(held);
    handles.push((line!(), Box::new(vimage::Vimage::builder().share_instance(&red))));
    let built = vimage::Vimage::builder().share_instance(&red);
    handles.push((line!(), Box::new(built.create().unwrap())));
    let mut red = red;
    while let Some((line, handle)) = handles.pop() {
        let error = red.destroy().unwrap_err();
        let vimage::DestroyError::Busy { instance, holders } = error else { panic!("{error}") };
        let lines: Vec<_> = holders.places().iter().map(|place| (place.file(), place.line())).collect();
        // An iterator's adapters are std's; a `for` loop would be named.
        let found = lines.contains(&(file!(), line)) || handles.is_empty();
        assert!(found, "{line} is not in {lines:?}");
        drop(handle);
        red = instance;
    }
    for same in Vnet::all() {
        let line = line!() - 1;
        if same == red {
            let error = red.destroy().unwrap_err();
            assert!(error.to_string().contains(&format!("{}:{line}:", file!())), "{error}");
            return;
        }
    }
    unreachable!("it is listed");
}

#[test]
fn busy_names_the_clones_of_a_vimage() {
    let vimage = vimage::Vimage::builder().fresh_all().create().unwrap();
    let (clone, line) = (vimage.clone(), line!());
    let error = vimage.destroy().unwrap_err();
    assert!(error.to_string().contains(&format!("clones of the vimage exist, made at {}:{line}:", file!())), "{error}");
    drop((error, clone));
}

#[test]
fn contexts_are_known_with_their_places() {
    let (red, green) = (Vnet::builder().name("red").create().unwrap(), Vcpu::new().unwrap());
    let (outer, inner) = (line!() + 1, line!() + 2);
    red.enter(|| {
        green.enter(|| {
            let contexts = debug::contexts();
            let rows = contexts.rows();
            assert_eq!(rows.len(), 2);
            assert_eq!(rows[0][..2], ["Net".to_owned(), format!("Net#{} \"red\"", red.id())]);
            assert!(rows[0][2].starts_with(&format!("{}:{outer}:", file!())), "{contexts}");
            assert!(rows[1][2].starts_with(&format!("{}:{inner}:", file!())), "{contexts}");
        });
    });
    assert!(debug::contexts().rows().is_empty());
    let text = panic_of(foo::count);
    let last = format!("; the last one here was Net#{} \"red\", entered at {}:{outer}:", red.id(), file!());
    assert!(text.contains(&last), "{text}");
}

#[test]
fn each_recursion_is_logged_once() {
    let red = Vnet::new().unwrap();
    let (outer, inner) = (line!() + 2, line!() + 3);
    for _ in 0..3 {
        red.enter(|| {
            red.enter(foo::count);
        });
    }
    let recursions = debug::recursions();
    let here = |row: &&Vec<String>| row[0].starts_with(&format!("{}:{inner}:", file!()));
    let logged: Vec<_> = recursions.rows().iter().filter(here).collect();
    assert_eq!(logged.len(), 1, "{recursions}");
    assert!(logged[0][1].starts_with(&format!("{}:{outer}:", file!())), "{recursions}");
}

#[test]
fn tables_show_instances_modules_and_variables() {
    let red = Vnet::builder().name("shown").create().unwrap();
    let instances = debug::instances();
    let row = instances.rows().iter().find(|row| row[2] == "shown").unwrap();
    assert_eq!(row[..], ["Net", &red.id().to_string(), "shown", "Live", "1", "0", "32"], "{instances}");
    assert!(debug::modules().rows().iter().any(|row| row[..3] == ["Net", "foo", "boot"]));
    let variables = debug::variables();
    let count = variables.rows().iter().find(|row| row[2] == "V_COUNT").unwrap();
    assert_eq!((&count[4], &count[5]), (&"8".to_owned(), &String::new()));
    let names = variables.rows().iter().find(|row| row[2] == "V_NAMES").unwrap();
    assert_eq!((&names[4], &names[5]), (&"32".to_owned(), &"keep".to_owned()));
    let shown = variables.to_string();
    assert!(shown.starts_with("class  module  variable  offset  size  kind\n"), "{shown}");
}

/// Its `leave` waits, for a while, for a thread that uses it.
struct Stuck {
    left: std::sync::mpsc::Sender<()>,
    used: std::sync::mpsc::Receiver<()>,
}

impl vimage::Transfer for Stuck {
    type Error = String;

    fn leave(&mut self) {
        // Not at home, before it is lent.
        if self.left.send(()).is_ok() && Vnet::current().unwrap().name() == Some("jail") {
            let used = self.used.recv_timeout(std::time::Duration::from_secs(5));
            assert!(used.is_err(), "the thread cannot use it while this runs");
        }
    }

    fn join(&mut self) -> Result<(), String> {
        Ok(())
    }
}

#[test]
#[cfg_attr(miri, ignore = "starts processes")]
fn a_step_that_waits_for_a_user_of_its_value_is_reported() {
    const ALONE: &str = "VIMAGE_TEST_STUCK";
    let this = "a_step_that_waits_for_a_user_of_its_value_is_reported";
    if std::env::var_os(ALONE).is_none() {
        let mut run = std::process::Command::new(std::env::current_exe().unwrap());
        let run = run.args(["--exact", this, "--nocapture"]).env(ALONE, "1").output().unwrap();
        let text = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{text}");
        let line = String::from_utf8_lossy(&run.stdout);
        let line = line.lines().find_map(|line| line.strip_prefix("waits at line ")).unwrap();
        assert!(text.contains(&format!("a thread has waited at {}:{line}:", file!())), "{text}");
        assert!(text.contains("being sent home, because the instance that it is lent to shuts down"), "{text}");
        return;
    }
    let (home, jail) = (Vnet::new().unwrap(), Vnet::builder().name("jail").create().unwrap());
    let ((left, has_left), (use_it, used)) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    let mut value = vimage::Movable::new_in(&home, Stuck { left, used }).unwrap();
    value.move_to(&jail).unwrap();
    has_left.recv().unwrap();
    let (value, home) = (&value, &home);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            has_left.recv().unwrap();
            let (place, line) = (value.instance(), line!());
            assert_eq!(place, *home);
            _ = use_it.send(());
            println!("\nwaits at line {line}");
        });
        jail.destroy().unwrap();
    });
}
