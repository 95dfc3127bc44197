//! What cannot be rewritten is reported, each use once, in source order.

use super::{reported, rewrite};

/// The start of each message, which names the variable and the place.
#[track_caller]
fn assert_reported(statements: &str, starts: &[&str]) {
    let errors = reported(statements);
    assert_eq!(errors.len(), starts.len(), "{errors:#?}");
    for (error, start) in errors.iter().zip(starts) {
        let error = error.strip_prefix("cannot use virtualized ").unwrap_or(error);
        assert!(error.starts_with(start), "{error}\ndoes not start with\n{start}");
    }
}

#[test]
fn messages_say_what_to_write() {
    let all = [
        "const fn c() { V_N.load(); }",
        "fn c() { [0; V_N]; }",
        "fn m() { match x { V_N => {} } }",
        "static S: u8 = V_N.load();",
        "fn u() { unknown::one!(V_N); }",
        "macro_rules! my { () => { V_N } }",
        "#[attribute(V_N)] fn a() {}",
        "fn f() { println!(\"{V_N}\"); }",
        "fn t() { tracing::info!(?V_N, \"\"); }",
        "fn r() { println!(V_N => 1); }",
        "fn s() { unknown!(V_N in the => air { }); }",
        "fn t() { unknown!(V_RAW); println!(V_RAW => 1); }",
        "macro_rules! raw { () => { V_RAW } }",
    ];
    let messages: Vec<_> = all.iter().flat_map(|code| rewrite(code).1).collect();
    insta::assert_snapshot!(messages.join("\n\n"));
}

#[test]
fn constants_have_no_instance() {
    assert_reported(
        "const { V_N }; [0; V_N]; let x: [u8; V_N];",
        &["`V_N` in a `const` block", "`V_N` in an array", "`V_N` in an array"],
    );
    assert_reported("g::<{ V_N }>(); h::<[u8; V_N]>();", &["`V_N` in a generic argument", "`V_N` in an array length"]);
    assert_reported(
        "enum E { A = V_N } struct S<const N: u8 = { V_N }>;",
        &["`V_N` in a constant", "`V_N` in a generic"],
    );
    assert_reported(
        "const C: u8 = V_N; static S: u8 = f(V_N);",
        &["`V_N` in a constant initializer", "`V_N` in a constant initializer"],
    );
    assert_eq!(rewrite("impl T for U { const C: u8 = V_N; } trait V { const C: u8 = V_N; }").1.len(), 2);
    assert_eq!(rewrite("const fn f() { assert!(V_N); let f = || V_N; } impl U { const fn g() { V_N } }").1.len(), 2);
}

#[test]
fn closures_in_constants_are_regions() {
    for code in
        ["static S: L = L::new(|| V_N.load());", "const C: fn() = || V_N.f();", "const fn f() { g(|| V_N.f()) }"]
    {
        let (file, errors) = rewrite(code);
        assert!(errors.is_empty(), "{errors:#?}");
        assert!(prettyplease::unparse(&file).contains("accessor(V_N)"));
    }
}

#[test]
fn patterns_are_not_uses() {
    let starts =
        ["`V_A` in a pattern", "`V_B` in a pattern", "`V_C` in a pattern", "`V_D` in a pattern", "`V_E` in a pattern"];
    assert_reported(
        "match x { V_A => 1, Some(ref V_B @ 1) => 2, S { V_C } => 3, V_D..=9 => 4, a::V_E.. => 5 }",
        &starts,
    );
    assert_reported("let V_A = 1; for V_B in x {} |V_C| 1; if let V_D = x {}", &starts[..4]);
    assert_eq!(rewrite("fn f(V_A: u8) {}").1.len(), 1);
}

#[test]
fn opaque_macros_are_not_read() {
    let inside = |name: &str| format!("`{name}` inside `unknown!`: vimage cannot see");
    assert_reported(
        "unknown!(V_A, { b::V_B }, V_C.lock(), V_D.with(x), 0..V_E);",
        &["V_A", "V_B", "V_C", "V_D", "V_E"].map(inside).each_ref().map(String::as_str),
    );
    assert_reported("unknown!(\"{V_A} {:V_B$}\");", &["`V_A` inside a format string", "`V_B` inside a format string"]);
    let messages = reported("stream! { yield V_A } opaque!(V_A in air); opaque!(V_A, 1);");
    let listing: Vec<_> = messages.iter().map(|message| message.contains("allow it")).collect();
    assert_eq!(listing, [false, false, true]);
    assert_reported("stream! { yield V_A.load(); }", &["`V_A` inside `stream!`"]);
    assert_reported("tokio::select! { x = V_A.recv() => {} }", &["`V_A` inside `tokio::select!`: vimage cannot see"]);
    assert_reported("my::println!(\"{}\", V_A)", &["`V_A` inside `my::println!`"]);
    assert_eq!(reported("other!(V_A)").len(), 1);
    assert_eq!(reported("some::other!(V_A); crate::some::other!(V_A); vouched!(V_A); a::vouched!(V_A)"), [""; 0]);
    assert_eq!(rewrite("outside! { V_A }").1.len(), 1);
}

#[test]
fn macros_are_known_by_the_modules_they_are_in() {
    assert_eq!(
        reported("ptr::addr_of!(V_RAW); std::ptr::addr_of_mut!(V_A); pin::pin!(V_A); task::ready!(V_A);"),
        [""; 0]
    );
    assert_eq!(reported("pin::addr_of!(V_RAW); a::ptr::addr_of!(V_A);").len(), 2);
}

#[test]
fn macro_bodies_and_attributes_are_not_read() {
    assert_reported(
        "macro_rules! m { () => { V_A; V_B.held(); \"{V_C}\" } }",
        &["`V_A` in the body of the macro `m`", "`V_C` inside"],
    );
    assert_reported(
        "#[a(V_A)] let x = 1; #[b = V_B] f(); #[doc = \"{V_C}\"] #[cfg(V_D)] g();",
        &["`V_A` in the arguments of an attribute", "`V_B` in the"],
    );
    assert_eq!(rewrite("#[instrument(fields(n = V_A.load()))] async fn f() {}").1.len(), 1);
}

#[test]
fn captures_are_found_where_formats_are() {
    let captured = |name: &str| format!("`{name}` inside a format string");
    for call in [
        "println!(\"{V_A}\")",
        "write!(x, \"{V_A:?}\", y)",
        "assert!(x, \"{:>V_A$}\", y)",
        "assert_eq!(x, y, \"{:.V_A$}\")",
        "log::info!(target: \"t\", \"{V_A}\")",
        "tracing::info!(x = 1, \"{V_A}\")",
        "vouched!(1, \"{V_A}\")",
    ] {
        assert_reported(&format!("{call};"), &[&captured("V_A")]);
    }
    assert_eq!(
        reported("println!(\"{V_A}\", V_A = 1); println!(\"{V_MAX} {{V_A}}\"); assert_eq!(x, \"{V_A}\");"),
        [""; 0]
    );
}

#[test]
fn a_field_needs_a_name() {
    let start = "`V_A` is the name of a field";
    assert_reported(
        "tracing::info!(?V_A, \"\"); info!(%V_A); span!(Level::INFO, \"span\", V_A); info!(V_A, \"\");",
        &[start; 4],
    );
    assert_eq!(
        reported("info!(a = ?V_A, b = %V_B, c = V_C, V_D = V_D, \"{}\", V_E); span!(Level::INFO, \"s\", a = V_A)"),
        [""; 0]
    );
}

#[test]
fn several_mistakes_are_reported_in_order() {
    let starts =
        ["`V_A` in a pattern", "`V_B` inside", "`V_C` in an array length", "`V_D` inside", "`V_E` in the body"];
    assert_reported(
        "let V_A = unknown!(V_B); async { [0; V_C]; x.await }; print!(\"{V_D}\"); macro_rules! m { () => { V_E } }",
        &starts,
    );
}

#[test]
fn expressions_that_syn_does_not_understand_are_not_read() {
    assert_reported("let x = builtin # offset_of(V_A, b);", &["`V_A` in an expression that vimage cannot read"]);
}
