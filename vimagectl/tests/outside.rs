//! The same answers in all ways: over the socket, from the memory of the process, and from its core file.

#[path = "../../vimage-inspect/tests/support/dump.rs"]
mod dump;
mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use program::{Program, vimagectl};
use vimage::prelude::*;

#[vnet_module(symmap)]
mod foo {
    use std::sync::atomic::{AtomicU32, AtomicU64};
    use std::sync::{Mutex, OnceLock};
    use vimage::prelude::*;

    /// How packets are treated.
    #[virtualized(sysctl("net.foo.mode", rw, range = 0..=3, unit = "mode"))]
    pub static FOO_MODE: AtomicU32 = AtomicU32::new(1);
    /// Packets seen.
    #[virtualized(sysctl("net.foo.counter", ro))]
    pub static FOO_COUNTER: AtomicU64 = AtomicU64::new(7);
    #[virtualized(sysctl("net.foo.label", rw, tunable))]
    pub static FOO_LABEL: Mutex<String> = Mutex::new(String::new());
    #[virtualized(sysctl("net.foo.once", rw))]
    pub static FOO_ONCE: OnceLock<u16> = OnceLock::new();
    #[virtualized(keep, sysctl("net.foo.kept", rw))]
    pub static FOO_KEPT: AtomicU64 = AtomicU64::new(8);
    /// Of a type that only debug information describes.
    #[virtualized]
    pub static FOO_TREE: std::collections::BTreeMap<u8, Mutex<u8>> = std::collections::BTreeMap::new();
    #[shared(sysctl("net.foo.shared", rw))]
    pub static FOO_SHARED: AtomicU64 = AtomicU64::new(9);

    #[attach]
    fn attach() {
        *V_FOO_LABEL.lock().unwrap() = "some text with a blank".to_owned();
        if std::env::var_os("ABORT_IN").is_some_and(|_| Vnet::current().is_some_and(|vnet| !vnet.is_base())) {
            V_FOO_COUNTER.store(1234, std::sync::atomic::Ordering::Relaxed);
            super::end_here();
        }
    }
}

#[vimage::module]
mod other {
    use std::sync::atomic::AtomicU32;
    use vimage::prelude::*;

    #[virtualized(sysctl("net.foo.mode", ro))]
    static TWICE: AtomicU32 = AtomicU32::new(5);
}

const QUESTIONS: &[&[&str]] = &[
    &["ps"],
    &["--json", "ps"],
    &["ps", "-c", "Net"],
    &["modules"],
    &["--json", "modules", "-c", "Net"],
    &["symbols"],
    &["--json", "symbols"],
    &["sysctl", "-a"],
    &["--json", "sysctl", "-a"],
    &["sysctl", "-ad"],
    &["--json", "sysctl", "-ad"],
    &["sysctl", "-aN"],
    &["sysctl", "-at"],
    &["sysctl", "-aW"],
    &["sysctl", "-e", "net.foo.label", "net.foo.once"],
    &["sysctl", "-c", "Net", "net.foo.mode"],
    &["sysctl", "foo::net.foo.mode"],
    &["watch", "-n", "1", "net.foo.counter"],
    // Errors.
    &["sysctl", "net.foo.mode"],
    &["sysctl", "net.foo.cuonter", "net.foo.counter"],
    &["sysctl", "-c", "Nett", "net.foo.counter"],
    &["sysctl", "-v", "nobody", "net.foo.counter"],
];

#[cfg(feature = "vimage")]
const OF_RED: &[&[&str]] = &[
    &["sysctl", "-v", "red", "-a"],
    &["--json", "sysctl", "-v", "red", "-a"],
    &["symbols", "-v", "red"],
    &["sysctl", "-v", "1", "-c", "Net", "net.foo.counter"],
];

fn texts(output: &Output) -> (String, String, Option<i32>) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

fn outside(way: &[&str], question: &[&str]) -> (String, String, Option<i32>) {
    texts(&vimagectl().args(way).args(question).output().unwrap())
}

#[test]
fn the_answers_are_the_same_in_all_ways() {
    let _alone = dump::alone();
    // Not by the first question: the core file is written before.
    vimage::boot().unwrap();
    let program = Program::start();
    #[cfg(feature = "vimage")]
    let (_red, questions) = {
        let red = Vimage::builder().name("red").create().unwrap();
        vimage::sysctl::of(&red).set("foo::net.foo.mode", 3).unwrap();
        vimage::sysctl::of(&red).set("net.foo.kept", 80).unwrap();
        (red, [QUESTIONS, OF_RED].concat())
    };
    #[cfg(not(feature = "vimage"))]
    let questions = QUESTIONS;
    let pid = std::process::id().to_string();
    let folder = tempfile::tempdir().unwrap();
    let core = folder.path().join("core");
    dump::dump(&core);
    let mut ways = vec![vec!["-p", &pid], vec!["-c", core.to_str().unwrap()]];
    let debugged = gcore(folder.path());
    if let Some(core) = &debugged {
        ways.push(vec!["-c", core]);
    }
    for question in questions {
        let expected = texts(&program.run(question));
        for way in &ways {
            assert_eq!(outside(way, question), expected, "{way:?} {question:?}");
        }
    }
    let set = outside(&["-p", &pid], &["sysctl", "net.foo.kept=3"]);
    assert!(set.1.contains("set sysctls through its socket") && set.2 == Some(1), "{set:?}");
}

#[test]
fn variables_are_printed_from_outside() {
    let _alone = dump::alone();
    vimage::boot().unwrap();
    let pid = std::process::id().to_string();
    let print = |arguments: &[&str]| outside(&["-p", &pid], arguments);
    let text = "foo_counter: 7\nV_FOO_COUNTER: 7\nnet.foo.counter: 7\nfoo::net.foo.mode: 1\nfoo_once: \n";
    let names = ["print", "foo_counter", "V_FOO_COUNTER", "net.foo.counter", "foo::net.foo.mode", "foo_once"];
    assert_eq!(print(&names), (text.to_owned(), String::new(), Some(0)));
    assert_eq!(print(&["--json", "print", "foo_counter"]).0, "{\"name\":\"foo_counter\",\"value\":7}\n");
    let (found, errors, code) = print(&["print", "net.foo.mode", "nothing", "foo_counter"]);
    assert_eq!((&*found, code), ("foo_counter: 7\n", Some(1)));
    assert!(errors.contains("`net.foo.mode`: ambiguous: foo::net.foo.mode, other::net.foo.mode"), "{errors}");
    assert!(errors.contains("`nothing`: these instances have no symbol or sysctl"), "{errors}");
    // Only lines are described of this program, so there is a reason where there is no value.
    let tree = print(&["print", "foo_tree"]);
    assert!(tree.0 == "foo_tree: {}\n" || tree.1.contains("without debug information"), "{tree:?}");
    let rows = print(&["symbols", "--values"]).0;
    let counter = rows.lines().find(|line| line.starts_with("foo_counter ")).unwrap_or_else(|| panic!("{rows}"));
    assert!(counter.ends_with(" 7"), "{rows}");
    assert!(outside(&[], &["print", "foo_counter"]).1.contains("give `-p PID`"));
}

/// A core file of this process as gdb writes it.
fn gcore(folder: &Path) -> Option<String> {
    let core = folder.join("gcore");
    let pid = std::process::id().to_string();
    // This process does not run while it is traced, and could not end a debugger that hangs.
    let mut gcore = Command::new("timeout");
    gcore.args(["-k", "5", "60", "gcore", "-o"]).arg(&core).arg(&pid);
    // Else it may ask a server for debug information.
    let done = gcore.env_remove("DEBUGINFOD_URLS").stdin(Stdio::null()).output();
    let core = format!("{}.{pid}", core.display());
    if !done.is_ok_and(|done| done.status.success() && Path::new(&core).exists()) {
        println!("skipped: there is no gcore, or it may not trace, or it does not end");
        return None;
    }
    Some(core)
}

/// Ends the process in the middle of creating an instance: it writes a core file by itself, then has the kernel write one.
fn end_here() {
    let folder = PathBuf::from(std::env::var_os("ABORT_IN").unwrap());
    dump::dump(&folder.join("dumped"));
    std::process::abort();
}

#[cfg(feature = "vimage")]
#[test]
fn a_crash_in_the_middle_of_creation_can_be_read() {
    let _alone = dump::alone();
    if std::env::var_os("ABORT_IN").is_some() {
        _ = Vnet::builder().name("crashes").create();
        unreachable!("its attach hook has aborted");
    }
    let folder = tempfile::tempdir().unwrap();
    // With core files of any size, in a folder of its own.
    let ended = Command::new("sh")
        .args([
            "-c",
            "ulimit -c unlimited 2>/dev/null; exec \"$0\" --exact a_crash_in_the_middle_of_creation_can_be_read",
        ])
        .arg(std::env::current_exe().unwrap())
        .env("ABORT_IN", folder.path())
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(!ended.status.success());
    let cores: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(cores.contains(&folder.path().join("dumped")), "{ended:?}");
    if cores.len() == 1 {
        println!("skipped: the kernel writes core files elsewhere, see /proc/sys/kernel/core_pattern");
    }
    for core in cores {
        let way = ["-c", core.to_str().unwrap()];
        let ps = outside(&way, &["--json", "ps", "-c", "Net"]);
        let rows: serde_json::Value = serde_json::from_str(&ps.0).unwrap_or_else(|_| panic!("{core:?}: {ps:?}"));
        assert_eq!(rows[1]["name"], "crashes", "{core:?}");
        assert_eq!(rows[1]["state"], "Creating");
        let counter = outside(&way, &["sysctl", "-v", "crashes", "net.foo.counter", "net.foo.label"]);
        assert_eq!(counter.0, "net.foo.counter: 1234\nnet.foo.label: some text with a blank\n", "{counter:?}");
    }
}

#[test]
fn errors_say_what_to_do() {
    let _alone = dump::alone();
    vimage::boot().unwrap();
    let error = |arguments: &[&str]| {
        let (_, error, code) = outside(&[], arguments);
        assert_eq!(code, Some(1), "{arguments:?}");
        error
    };
    assert!(error(&["-p", "4194305", "ps"]).contains("there is no process 4194305"));
    assert!(error(&["-c", "/dev/null", "ps"]).contains("not a core file"));
    assert!(error(&["-c", "/no/such/core", "ps"]).contains("No such file"));
    assert!(error(&["-p", "1", "-c", "x", "ps"]).contains("cannot be used with"));
    let own = std::env::current_exe().unwrap();
    assert!(error(&["-c", own.to_str().unwrap(), "ps"]).contains("give the program with `-e`"));

    // A program without vimage.
    let mut sleeper = Command::new("sleep").arg("60").spawn().unwrap();
    let told = error(&["-p", &sleeper.id().to_string(), "ps"]);
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
    assert!(told.contains("no vimage in this program") || told.contains("there is no process"), "{told}");

    another_user_is_told_what_to_do();

    let folder = tempfile::tempdir().unwrap();
    let core = folder.path().join("core");
    dump::dump(&core);
    let name = core.to_str().unwrap();
    // Another program than the one that ran.
    let told = error(&["-c", name, "-e", env!("CARGO_BIN_EXE_vimagectl"), "ps"]);
    assert!(told.contains("build id") || told.contains("damaged"), "{told}");
    assert_eq!(outside(&["-c", name, "-e", own.to_str().unwrap()], &["ps"]).2, Some(0));
    // Its headers, and nothing of the program's data.
    let bytes = fs::read(&core).unwrap();
    fs::write(&core, &bytes[..8192]).unwrap();
    assert!(error(&["-c", name, "ps"]).contains("truncated"));
}

/// Runs the tool as a user who may not read this process.
fn another_user_is_told_what_to_do() {
    use std::os::unix::process::CommandExt;
    let mut tool = vimagectl();
    let pid = std::process::id().to_string();
    // 65534 is `nobody`. Who is not root cannot become another user, and a folder of root's may hide the tool.
    match tool.args(["-p", &pid, "ps"]).uid(65534).gid(65534).current_dir("/").output() {
        Ok(output) => {
            let (_, error, code) = texts(&output);
            assert!(error.contains("run the tool as that user or as root") && code == Some(1), "{error}");
        }
        Err(error) => println!("skipped: cannot run as another user: {error}"),
    }
}
