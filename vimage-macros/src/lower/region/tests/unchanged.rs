//! What mentions nothing stays as it is, token for token.

use quote::ToTokens;

use super::rewrite;

#[track_caller]
fn assert_unchanged(code: &str) {
    let before: syn::File = syn::parse_str(code).expect("tests are written in Rust");
    let (after, errors) = rewrite(code);
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(after.to_token_stream().to_string(), before.to_token_stream().to_string());
}

#[test]
fn regions_without_mentions_do() {
    assert_unchanged("fn f(x: &Mutex<u8>) -> usize { let f = |y| y + 1; f(x.lock().unwrap().len()) }");
    assert_unchanged("async fn f() { for x in y { println!(\"{}\", z.await); } async move { |x| x }.await }");
    assert_unchanged("trait T { const C: u8 = 1; fn f(&self) { unknown!(a => b) } }");
    assert_unchanged("macro_rules! m { ($V_x:expr) => { $V_x.V_field } }");
}

#[test]
fn what_only_looks_like_a_mention_does() {
    assert_unchanged("fn f() -> u8 { V_MAX + x.V_field + x.V_method() + Self::V_CONST + <u8 as T>::V_CONST }");
    assert_unchanged("fn f() { V_ }");
    assert_unchanged("fn f(x: V_Type) -> V_Other { V_Struct { field: x }; V_macro!(); Generic::<u8>::V_CONST }");
    assert_unchanged("fn f() { match x { Enum::V_Variant => {} V_Tuple(y) => {} V_Struct { z: 1 } => {} } }");
    assert_unchanged("fn f() { unknown!(x.V_field, 'V_label: V_MAX, V_module::item, V_macro!(), \"{V_MAX}\") }");
    assert_unchanged("fn f() { stringify!(V_N); concat!(\"V_\", \"N\") }");
}

#[test]
fn functions_of_the_accessor_itself_do() {
    assert_unchanged("fn f() { V_N.with_current(|n| n.load()); a::V_N.of(&red).load(); V_N.held_of(&red) }");
    assert_unchanged("const fn f() -> bool { V_N.held(); true }");
    assert_unchanged("async fn f() { V_SEMAPHORE.held().acquire().await; }");
    assert_unchanged("fn f() { unknown!(V_N.with_current(|n| n.load()), { V_N.held() }) }");
}

#[test]
fn items_that_are_expanded_on_their_own_do() {
    assert_unchanged("#[virtualized(in = crate::foo)] fn f() { V_N.load() }");
    assert_unchanged("fn f() { #[vimage::virtualized] impl T for U { fn f() { V_N.load() } } }");
    assert_unchanged("mod m { #[vnet_module] mod inner { fn f() { V_N.load() } } }");
}

#[test]
fn a_method_of_the_same_name_is_a_mention_all_the_same() {
    let (file, _) = rewrite("fn f() { (V_N).held(); V_N.lock().with_current(g) }");
    assert_eq!(file.to_token_stream().to_string().matches("accessor (V_N)").count(), 1);
}
