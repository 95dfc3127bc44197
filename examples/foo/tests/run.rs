//! The output of the program in each build.

use std::process::{Command, Output};

fn foo(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_foo")).args(args).output().expect("the program runs")
}

#[track_caller]
fn lines(output: &Output) -> Vec<&str> {
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    std::str::from_utf8(&output.stdout).expect("it writes UTF-8").lines().collect()
}

/// Returns whether this build has instances. The feature of this crate does not tell, because other packages may enable
/// it.
fn has_instances() -> bool {
    match vimage::kernel::Vnet::new() {
        Ok(_) => true,
        Err(vimage::CreateError::NotVirtualized) => false,
        Err(error) => panic!("{error}"),
    }
}

/// The rows of the table that starts at this line: name, counter, mumble, ticks.
fn table(lines: &[&str], heading: usize) -> Vec<(String, [u64; 3])> {
    let row = |line: &&str| {
        let mut cells = line.split_whitespace().skip(1);
        let name = cells.next()?.to_owned();
        let numbers: Vec<u64> = cells.map(str::parse).collect::<Result<_, _>>().ok()?;
        Some((name, numbers.try_into().ok()?))
    };
    lines[heading + 1..].iter().map_while(row).collect()
}

fn headings(lines: &[&str]) -> Vec<usize> {
    (0..lines.len()).filter(|&line| lines[line].trim_start().starts_with("id  vnet")).collect()
}

fn rows(expected: &[(&str, [u64; 3])]) -> Vec<(String, [u64; 3])> {
    expected.iter().map(|&(name, numbers)| (name.to_owned(), numbers)).collect()
}

/// The index of a line that occurs once.
#[track_caller]
fn place(lines: &[&str], wanted: &str) -> usize {
    let places: Vec<usize> = (0..lines.len()).filter(|&line| lines[line] == wanted).collect();
    assert_eq!(places.len(), 1, "{wanted}: {lines:#?}");
    places[0]
}

#[test]
fn three_networks_have_a_foo_each() {
    if !has_instances() {
        return;
    }
    let output = foo(&[]);
    let lines = lines(&output);
    let headings = headings(&lines);
    let [all, without_blue] = headings[..] else { panic!("{lines:#?}") };
    let expected = [("base", [1, 1, 1]), ("red", [1, 1, 1]), ("green", [2, 2, 1]), ("blue", [3, 3, 1])];
    assert_eq!(table(&lines, all), rows(&expected));
    // Only the ticks have increased; packets that red ignored are not counted.
    assert_eq!(table(&lines, without_blue), rows(&[("base", [1, 1, 2]), ("red", [1, 1, 2]), ("green", [2, 2, 2])]));

    let names = place(&lines, "sysctl net.foo in red:");
    let values = ["net.foo.counter: 1", "net.foo.debug: true", "net.foo.mode: ignore"];
    assert_eq!(lines[names + 1..names + 4], values);
    place(&lines, "foo::foo_counter, 8 bytes");

    let blue = place(&lines, "foo: detached after 3 packets, loopback up: true");
    assert!(place(&lines, "Destroying blue:") < blue && blue < without_blue);
    let refusal = "module `foo` cannot be unregistered";
    let refused = lines.iter().position(|line| line.starts_with(refusal)).expect("the first unload is refused");
    let others = place(&lines, "Destroying the others:");
    assert_eq!((refused < others, place(&lines, "foo is unloaded")), (true, lines.len() - 1));
    // Green, red, and the base machine when foo is unloaded.
    let detached = [2, 1, 1].map(|packets| format!("foo: detached after {packets} packets, loopback up: true"));
    assert_eq!(lines[others + 1..lines.len() - 1], detached);
}

#[test]
fn without_instances_there_is_the_base_machine() {
    if has_instances() {
        return;
    }
    let output = foo(&[]);
    let lines = lines(&output);
    let messages = ["red", "green", "blue"].map(|name| format!("{name}: {}", vimage::CreateError::NotVirtualized));
    assert_eq!(lines[..3], messages);
    assert!(messages[0].contains("enable the feature `vimage`"), "{}", messages[0]);
    let headings = headings(&lines);
    assert_eq!(headings.len(), 1);
    assert_eq!(table(&lines, headings[0]), rows(&[("base", [1, 1, 1])]));
    place(&lines, "sysctl net.foo in base:");
    let detached = place(&lines, "foo: detached after 1 packets, loopback up: true");
    assert_eq!((place(&lines, "foo is unloaded"), detached), (lines.len() - 1, lines.len() - 2));
}

#[track_caller]
fn refused(args: &[&str], message: &str) {
    let output = foo(args);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && output.stdout.is_empty() && error.contains(message), "{output:?}");
}

#[cfg(not(feature = "inspect"))]
#[test]
fn a_socket_needs_a_feature() {
    refused(&["/tmp/foo.sock"], "/tmp/foo.sock is the path of a socket for vimagectl");
    refused(&["/tmp/foo.sock"], "enable the feature `inspect`");
}

#[test]
fn there_is_one_argument_at_most() {
    refused(&["/tmp/foo.sock", "more"], "unexpected argument more: write `foo [SOCKET]`");
}
