//! A body that waits is an async region, whatever its signature says: attributes below ours can make it async.

use super::{rewrite, rewritten};

/// The code becomes what it becomes behind `async`.
#[track_caller]
fn assert_is_async(code: &str) {
    assert_eq!(format!("async {}", rewritten(code)), rewritten(&format!("async {code}")), "{code}");
}

#[test]
fn functions_that_wait() {
    assert_is_async("fn f() { let a = &V_A; a.store(1); g().await; }");
    assert_is_async("fn f() { V_A.store(1); for x in y { yield V_A.load(); } }");
    assert_is_async("fn f() { V_A.store(1); println!(\"{}\", g().await); }");
    assert_is_async("fn f() { V_A.store(1); vouched!(let x = g().await;); }");
}

#[test]
fn calls_that_an_attribute_may_read() {
    let body = "fn f() { V_A.store(1); stream! { x.await } }";
    assert!(rewritten(&format!("#[foreign] {body}")).contains("v_a_is_borrowed_across_an_await_"));
    assert!(rewritten(&format!("#[cfg_attr(x, foreign)] {body}")).contains("_across_an_await_"));
    assert!(!rewritten(&format!("#[inline] {body}")).contains("_across_an_await_"));
    assert!(!rewritten("#[foreign] fn f() { V_A.store(1); stream! { x } }").contains("_across_an_await_"));
}

#[test]
fn closures_that_wait() {
    let (file, _) = rewrite("fn f() { g(|| { let a = &V_A; a.store(1); g().await; }); }");
    assert!(prettyplease::unparse(&file).contains("_across_an_await_"));
}

#[test]
fn what_waits_inside_is_something_else() {
    for inside in ["async { x.await };", "println!(\"{}\", wait(async { x.await }));", "async fn f() { x.await }"] {
        assert!(!rewritten(&format!("fn f() {{ V_A.store(1); {inside} }}")).contains("_across_an_await_"), "{inside}");
    }
}
