//! A program that reads itself while threads create and destroy instances, and modules come and go.
#![cfg(feature = "vimage")]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use vimage::prelude::*;
use vimage_inspect::{Process, Value, ValueError};

#[vnet_module]
mod twins {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized(sysctl("twins.one", ro))]
    pub static ONE: AtomicU64 = AtomicU64::new(u64::MAX);
    #[virtualized(sysctl("twins.other", ro))]
    pub static OTHER: AtomicU64 = AtomicU64::new(u64::MAX);
    #[virtualized(sysctl("twins.name", ro))]
    pub static NAME: Mutex<String> = Mutex::new(String::new());

    #[attach]
    fn attach() {
        let id = Vnet::current().unwrap().id();
        V_ONE.store(id, Relaxed);
        V_OTHER.store(!id, Relaxed);
        *V_NAME.lock().unwrap() = format!("an instance with the number {id}");
    }
}

#[vimage::module(register = "manual")]
mod comes_and_goes {
    use std::sync::atomic::AtomicU32;
    use vimage::prelude::*;

    #[virtualized(sysctl("comes.and.goes", rw))]
    static COMES: AtomicU32 = AtomicU32::new(11);
}

/// Ends the threads also if an assertion fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

#[test]
fn no_row_is_torn() {
    vimage::boot().unwrap();
    // As many looks as the environment says; each reads some dozens of instances.
    let looks: u64 = std::env::var("CHURN_LOOKS").map_or(1_000, |looks| looks.parse().unwrap());
    let stop = &AtomicBool::new(false);
    let destroyed = &AtomicU64::new(0);
    let (mut rows, mut values) = (0_u64, 0_u64);
    thread::scope(|scope| {
        let _stop = Stop(stop);
        for worker in 0..4 {
            scope.spawn(move || {
                let mut held = Vec::new();
                while !stop.load(Relaxed) {
                    let number = held.len();
                    held.push(Vnet::builder().name(format!("worker {worker}, {number}")).create().unwrap());
                    if held.len() == 16 {
                        // In another order than that of their creation.
                        held.rotate_left(5);
                        held.truncate(3);
                        destroyed.fetch_add(13, Relaxed);
                    }
                }
            });
        }
        scope.spawn(|| {
            while !stop.load(Relaxed) {
                vimage::module::register("comes_and_goes").unwrap();
                // SAFETY: no code of the module runs, and nothing of it is borrowed.
                unsafe { vimage::module::unregister("comes_and_goes").unwrap() };
                // A look takes longer than this loop would: tables that never stay the same cannot be read.
                thread::sleep(Duration::from_millis(5));
            }
        });
        let process = Process::open(std::process::id()).unwrap();
        for _ in 0..looks {
            let look = match process.look() {
                Ok(look) => look,
                // The other thread was faster each time.
                Err(vimage_inspect::Error::Changing) => continue,
                Err(error) => panic!("{error}"),
            };
            let sysctl = |name: &str| {
                look.sysctls().iter().find(|sysctl| sysctl.variable.name == name).expect("this module stays")
            };
            let (one, other, name) = (sysctl("twins.one"), sysctl("twins.other"), sysctl("twins.name"));
            let class = look.class_of(&one.variable);
            let mut last = None;
            for instance in look.instances().iter().filter(|instance| instance.class == class) {
                rows += 1;
                assert!(last < Some(instance.id), "{last:?} is in front of {instance:?}");
                last = Some(instance.id);
                if instance.id != 0 {
                    let given = instance.name.as_deref().unwrap();
                    assert!(given.starts_with("worker "), "{given:?}");
                    // Where it was created: in none.
                    assert_eq!(instance.parent, Some(0));
                }
                if instance.state != "Live" {
                    continue;
                }
                let one = match look.get(one, instance) {
                    Ok(Value::Int(one)) => one,
                    Err(ValueError::Gone) => continue,
                    other => panic!("{other:?}"),
                };
                assert_eq!(one, instance.id.into());
                match look.get(other, instance) {
                    Ok(Value::Int(other)) => assert_eq!(other, (!instance.id).into()),
                    Err(ValueError::Gone) => continue,
                    other => panic!("{other:?}"),
                }
                match look.get(name, instance) {
                    Ok(Value::Text(text)) => assert_eq!(text, format!("an instance with the number {}", instance.id)),
                    Err(ValueError::Gone) => continue,
                    other => panic!("{other:?}"),
                }
                values += 1;
            }
        }
    });
    let destroyed = destroyed.load(Relaxed);
    println!("{looks} looks, {rows} rows, {values} rows with all values, {destroyed} instances destroyed meanwhile");
    assert!(destroyed > 0 && values > 0);
}
