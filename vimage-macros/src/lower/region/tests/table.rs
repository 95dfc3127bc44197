//! What each construct becomes. The snapshot is the table of the documentation.

use super::rewritten;

const CONSTRUCTS: &[(&str, &str)] = &[
    ("a function", "fn f() -> usize { V_A.lock().unwrap().len() + V_B.load() + V_A.lock().unwrap()[0] }"),
    ("a function that uses no variable", "fn f() -> usize { 1 }"),
    ("a path, and a second one to the same variable", "fn f() { foo::V_A.store(1); crate::foo::V_A.store(2); }"),
    ("a function pointer, an index, a field, a copy", "fn f() -> u8 { V_F(1); V_T[0].x = V_N; V_N }"),
    ("`static mut`", "unsafe fn f() { unsafe { V_M += 1; } let raw = &raw const V_M; }"),
    ("a struct literal", "fn f() -> S { S { V_n, x: V_n } }"),
    ("a closure", "fn f() { vnet.enter(|| V_A.load()); V_A.store(1); }"),
    ("a closure with a block", "fn f() { g(move |x| { V_A.store(x); }); }"),
    ("`impl Trait` as a result", "fn f() -> impl Fn(&str) -> &str { V_A.store(1); |text| text }"),
    ("a closure that returns a closure", "fn f() { let g = || { let n = V_A.load(); move |x| x + n }; }"),
    ("a body that starts with items", "fn f() -> u8 { use foo::V_A; const C: u8 = 1; V_A.load() + C }"),
    ("a block with items", "fn f() -> u8 { V_A.load(); { use foo::V_A; V_A.load() } }"),
    ("items behind statements", "fn f() -> u8 { let x = 1; use foo::V_A; V_A.load() + x }"),
    (
        "conditional code",
        "fn f() { #[cfg(unix)] V_A.store(1); match x { #[cfg(test)] 1 => V_A.load(), #[cfg(unix)] #[cfg(test)] 2 => V_B.load(), _ => 2 } }",
    ),
    (
        "functions of the accessor itself",
        "fn f() { V_A.with_current(|a| a.load() + V_B.load()); V_A.of(&red).load(); V_A.held(); }",
    ),
    (
        "macros",
        "fn f() { println!(\"{} {n}\", V_A.load(), n = V_N); assert!(matches!(V_A.load(), x if x > V_N)); info!(target: \"t\", n = ?V_N, \"{}\", V_A.load()); }",
    ),
    ("methods", "impl S { fn f(&mut self) -> &mut Self { self.n = V_A.load(); self } }"),
    ("the initializer of a static", "static S: LazyLock<u8> = LazyLock::new(|| V_A.load());"),
    ("an async function that does not wait", "async fn f() -> u8 { V_A.load() }"),
    ("an async function", "async fn f() -> u8 { V_A.store(1); g().await; V_A.load() }"),
    (
        "branches and loops beside an `.await`",
        "async fn f() { if V_A.load() > 1 { V_A.store(2); } else { g().await; } while V_A.load() > 0 { g().await } }",
    ),
    (
        "an `if let` whose `else` waits",
        "async fn f() { if let Some(a) = V_A.lock().unwrap().get(0) && V_B { a.g() } else if h().await { V_A.i() } }",
    ),
    (
        "an arm and a guard beside an `.await`",
        "async fn f() -> u8 { match g().await { n if n == V_A.load() => V_B.load(), n => g().await } }",
    ),
    ("an argument beside an `.await`", "async fn f() { client.get(&format!(\"/{}\", V_A.load())).send().await; }"),
    (
        "a chain that is awaited",
        "async fn f() { V_A.get().unwrap().clone().call(V_B.load()).await; V_A.held().call().await; }",
    ),
    ("a call that is handed a variable", "async fn f() { h(&V_A, g(&mut V_B.lock().unwrap()), x().await); }"),
    ("an argument that waits", "async fn f() { V_A.fetch_add(g().await, Relaxed); }"),
    ("an assignment of what is waited for", "async fn f() { *V_A.lock().unwrap() += g().await; }"),
    (
        "a borrow that ends before an `.await`",
        "async fn f() { let a = V_A.lock().unwrap(); h(&a); drop(a); g().await; }",
    ),
    (
        "several borrows that end before an `.await`",
        "async fn f() { let a = &V_A; let b = &V_A; let c = &V_A_2; let d = &V_a; h(a, b); g().await; let c = V_C.read().unwrap(); c.len() }",
    ),
    (
        "a macro beside an `.await`",
        "async fn f() { println!(\"{}\", V_A); println!(\"{} {}\", V_A.load(), g().await); if V_A.load() > 1 { panic!() } }",
    ),
    (
        "an async block and an async closure",
        "fn f() { spawn(async move { V_A.load() }); spawn(async |x| V_A.load() + x); }",
    ),
];

#[test]
fn constructs_become() {
    let rows = CONSTRUCTS.iter().map(|(construct, code)| {
        let file = syn::parse_str(code).expect("tests are written in Rust");
        let before = prettyplease::unparse(&file);
        format!("## {construct}\n\n```text\n{before}```\n\n```text\n{}```\n", rewritten(code))
    });
    insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"));
}

/// The second column is for people; that there is a row for each construct is not left to them.
#[test]
fn the_documentation_has_a_row_for_each() {
    let text = include_str!("../../../../../ARCHITECTURE.md");
    let (_, section) = text.split_once("### What constructs become").expect("the table has a section");
    let rows = section.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let documented: Vec<_> = rows.map_while(|row| row.strip_prefix("| ")?.split(" | ").next()).collect();
    let constructs: Vec<_> = CONSTRUCTS.iter().map(|(construct, _)| *construct).collect();
    assert_eq!(documented, constructs);
}
