//! `vimagectl diff` and `vimagectl top`: a process at several moments.

#[path = "../../vimage-inspect/tests/support/dump.rs"]
mod dump;
mod program;

use program::vimagectl;

fn run(arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = vimagectl().args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

#[test]
fn two_core_files_are_compared() {
    let _alone = dump::alone();
    vimage::boot().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (before, after) = (path("before"), path("after"));
    dump::dump(before.as_ref());
    let base = vimage::boot().unwrap();
    vimage::sysctl::of(&base).set("compared.value", 17).unwrap();
    dump::dump(after.as_ref());
    let rows = |arguments: &[&str]| {
        let (text, error, code) = run(&[&["--json", "diff"], arguments].concat());
        assert_eq!(code, Some(0), "{error}");
        serde_json::from_str::<Vec<serde_json::Value>>(&text).unwrap()
    };
    // Other tests run in this process too.
    let of_this_test = |row: &serde_json::Value| row["name"] == "compared::compared.value";
    let found: Vec<serde_json::Value> = rows(&[&before, &after]).into_iter().filter(of_this_test).collect();
    let expected =
        serde_json::json!([{ "instance": "Program#0", "name": "compared::compared.value", "before": 1, "after": 17 }]);
    assert_eq!(serde_json::Value::Array(found), expected);
    assert_eq!(rows(&[&after, &after]), [] as [serde_json::Value; 0]);
    let pid = std::process::id().to_string();
    assert!(!rows(&[&pid, "-i", "0.01"]).iter().any(of_this_test));
}

#[vimage::module]
mod compared {
    use std::sync::atomic::{AtomicU32, AtomicU64};
    use vimage::prelude::*;

    #[virtualized(sysctl("compared.value", rw))]
    static VALUE: AtomicU32 = AtomicU32::new(1);
    #[virtualized(sysctl("compared.ticks", ro))]
    pub static TICKS: AtomicU64 = AtomicU64::new(0);

    pub fn tick() {
        V_TICKS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn top_shows_what_changes() {
    let _alone = dump::alone();
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    vimage::boot().unwrap();
    let pid = std::process::id().to_string();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Relaxed) {
                compared::tick();
                std::thread::yield_now();
            }
        });
        // On a machine that is busy the thread may not run between two looks.
        let seen = (0..100).any(|_| {
            let (text, _, code) = run(&["-p", &pid, "top", "-n", "1", "-i", "0.05", "-c", "Program"]);
            code == Some(0) && text.lines().any(|line| line.starts_with("Program#0  compared::compared.ticks  "))
        });
        stop.store(true, Relaxed);
        assert!(seen);
    });
    assert!(run(&["top"]).1.contains("give `-p PID`"));
}
