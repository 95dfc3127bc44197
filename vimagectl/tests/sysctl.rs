//! `vimagectl sysctl`, option by option, where FreeBSD's `sysctl` has one.

mod program;

use program::Program;
use serde_json::{Value, json};
use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, AtomicU64};
    use vimage::prelude::*;

    /// Packets seen.
    #[virtualized(sysctl("net.foo.counter", ro))]
    static FOO_COUNTER: AtomicU64 = AtomicU64::new(7);

    /// How packets are treated.
    #[virtualized(sysctl("net.foo.mode", rw, range = 0..=3, unit = "mode"))]
    static FOO_MODE: AtomicU32 = AtomicU32::new(1);

    #[virtualized(sysctl("net.foo.queue", ro, tunable))]
    static FOO_QUEUE: AtomicU32 = AtomicU32::new(50);

    #[virtualized(sysctl("bar.text", rw))]
    static BAR_TEXT: Mutex<String> = Mutex::new(String::new());

    /// Can be set, but not read.
    #[virtualized(sysctl("secret.value", rw, handler = secret))]
    static SECRET: Mutex<u8> = Mutex::new(0);

    fn secret(value: &Mutex<u8>, new: Option<u8>) -> Result<u8, String> {
        let new = new.ok_or("nobody may read it")?;
        *value.lock().unwrap() = new;
        Ok(new)
    }
}

mod one {
    use vimage::prelude::*;

    #[vnet_module]
    pub mod dup {
        use std::sync::atomic::AtomicU32;
        use vimage::prelude::*;

        /// The first.
        #[virtualized(sysctl("dup.twice", ro))]
        static TWICE: AtomicU32 = AtomicU32::new(1);
    }
}

mod two {
    use vimage::prelude::*;

    #[vnet_module]
    pub mod dup {
        use std::sync::atomic::AtomicU32;
        use vimage::prelude::*;

        /// The second.
        #[virtualized(sysctl("dup.twice", ro))]
        static TWICE: AtomicU32 = AtomicU32::new(2);
    }
}

fn json(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn descriptions_never_set_anything() {
    let program = Program::start();
    assert_eq!(program.ok(&["sysctl", "-d", "net.foo.mode=3"]), "net.foo.mode: How packets are treated.\n");
    assert_eq!(program.ok(&["sysctl", "-t", "net.foo.mode=3"]), "net.foo.mode: u32\n");
    assert_eq!(program.ok(&["sysctl", "-n", "net.foo.mode"]), "1\n");
    assert_eq!(program.ok(&["sysctl", "-dn", "net.foo.mode"]), "How packets are treated.\n");
    assert_eq!(program.ok(&["sysctl", "-td", "net.foo.mode"]), "net.foo.mode: u32: How packets are treated.\n");
    assert!(program.error(&["sysctl", "-d", "-v", "nobody", "net.foo.mode"]).contains("no such instance"));
    let described = json(&program.ok(&["--json", "sysctl", "-d", "net.foo.mode"]));
    let members = ["unit", "range", "type_name", "writable", "tunable", "text"];
    let expected = [json!("mode"), json!("0..=3"), json!("u32"), json!(true), json!(false)];
    assert!(members.iter().zip(&expected).all(|(member, value)| described[0][member] == *value), "{described:?}");
    let listed = json(&program.ok(&["--json", "sysctl", "-d", "net.foo"]));
    assert_eq!((listed.len(), &listed[1]), (3, &described[0]));
}

#[test]
fn names_and_values_are_printed_as_asked() {
    let program = Program::start();
    let equals = program.ok(&["sysctl", "-e", "net.foo"]);
    assert_eq!(equals, "net.foo.counter=7\nnet.foo.mode=1\nnet.foo.queue=50\n");
    assert_eq!(program.ok(&["sysctl", "-N", "net.foo"]), "net.foo.counter\nnet.foo.mode\nnet.foo.queue\n");
    assert_eq!(program.ok(&["sysctl", "-N", "net.foo.mode"]), "net.foo.mode\n");
    assert_eq!(program.ok(&["sysctl", "-n", "net.foo"]), "7\n1\n50\n");
    assert!(program.error(&["sysctl", "-Nn", "net.foo"]).contains("cannot be used with"));
    assert_eq!(
        program.ok(&["sysctl", "-t", "net.foo"]),
        "net.foo.counter: u64\nnet.foo.mode: u32\nnet.foo.queue: u32\n"
    );
    assert_eq!(program.ok(&["sysctl", "-T", "net.foo"]), "net.foo.queue: 50\n");
    assert_eq!(program.ok(&["sysctl", "-W", "net.foo"]), "net.foo.mode: 1\n");
    assert_eq!(program.ok(&["sysctl", "-W", "net.foo.queue", "net.foo.mode"]), "net.foo.mode: 1\n");
    assert_eq!(program.ok(&["sysctl", "-NT", "net.foo"]), "net.foo.queue\n");
    assert_eq!(program.ok(&["sysctl", "-a", "net.foo.mode"]), "net.foo.mode: 1\n", "-a is ignored");
    assert_eq!(json(&program.ok(&["--json", "sysctl", "-N", "net.foo.mode"])), [json!({ "name": "net.foo.mode" })]);
    assert_eq!(
        json(&program.ok(&["--json", "sysctl", "-t", "net.foo.mode"])),
        [json!({ "name": "net.foo.mode", "type": "u32" })]
    );
}

#[test]
fn values_are_set_as_asked() {
    let program = Program::start();
    assert_eq!(program.ok(&["sysctl", "-w", "bar.text=a"]), "bar.text:  -> a\n");
    assert_eq!(
        program.ok(&["sysctl", "-e", "bar.text=  b = c "]),
        "bar.text: a -> b = c \n",
        "leading blanks are skipped"
    );
    assert_eq!(program.ok(&["sysctl", "-n", "bar.text="]), "b = c  -> \n");
    assert_eq!(program.ok(&["sysctl", "-N", "bar.text="]), "bar.text\n");
    assert_eq!(program.ok(&["sysctl", "secret.value=3"]), "secret.value: ? -> ?\n");
    assert_eq!(json(&program.ok(&["--json", "sysctl", "secret.value=3"])), [json!({ "name": "secret.value" })]);
    let node = program.error(&["sysctl", "net.foo=1"]);
    assert_eq!(node, "vimagectl: `net.foo` isn't a leaf node: other names begin with it\n");
}

#[test]
fn what_is_wrong_is_told_ignored_or_kept_quiet() {
    let program = Program::start();
    assert_eq!(program.ok(&["sysctl", "-i", "no.such", "no.such=1", "net.foo.mode"]), "net.foo.mode: 1\n");
    assert!(program.error(&["sysctl", "-i", "net.foo.mode=9"]).contains("not in the range"));
    assert_eq!(program.error(&["sysctl", "-q", "no.such", "net.foo.mode=9", "net.foo=1"]), "");
    for usage in [&["sysctl"][..], &["sysctl", "--nothing"], &["dance"], &[]] {
        assert!(program.error(usage).contains("Usage"), "{usage:?}");
    }
    assert!(program.ok(&["--help"]).contains("Usage") && program.ok(&["--version"]).starts_with("vimagectl "));
    // One that cannot be read does not hide the others, but is not right either.
    let listed = program.run(&["sysctl", "secret", "net.foo.mode"]);
    assert_eq!(String::from_utf8(listed.stdout).unwrap(), "net.foo.mode: 1\n");
    assert_eq!(
        String::from_utf8(listed.stderr).unwrap(),
        "vimagectl: access to `secret.value` was refused: nobody may read it\n"
    );
    assert_eq!(listed.status.code(), Some(1));
    let all = program.run(&["sysctl", "-a"]);
    assert_eq!(all.status.code(), Some(1));
    assert!(String::from_utf8(all.stdout).unwrap().contains("net.foo.queue: 50\n"));
}

#[test]
fn a_name_that_comes_twice_is_told_apart() {
    let program = Program::start();
    let (one, two) = ("sysctl::one::dup::dup.twice", "sysctl::two::dup::dup.twice");
    assert_eq!(program.ok(&["sysctl", "dup"]), format!("{one}: 1\n{two}: 2\n"));
    assert_eq!(program.ok(&["sysctl", "-d", "dup"]), format!("{one}: The first.\n{two}: The second.\n"));
    let described = program.ok(&["sysctl", "-ad"]);
    assert!(described.contains(&format!("{two}: The second.\nnet.foo.counter: Packets seen.\n")), "{described}");
    assert_eq!(program.ok(&["sysctl", two]), format!("{two}: 2\n"));
    let ambiguous = program.error(&["sysctl", "dup.twice"]);
    assert!(ambiguous.contains(&format!("is {one} (")) && ambiguous.contains(&format!(" or {two} (")), "{ambiguous}");
}
