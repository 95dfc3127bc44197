//! `insta`: a snapshot has the name that it has in a plain test.

use harnesses::Fixture;

#[vimage::test]
fn of_a_test() {
    Fixture::new().check();
    insta::assert_snapshot!("the text");
}

#[vimage::test]
#[tokio::test]
async fn of_an_async_test() {
    Fixture::new().check();
    insta::assert_snapshot!("the other text");
}
