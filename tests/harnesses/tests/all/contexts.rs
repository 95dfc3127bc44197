//! `test-context`: set-up and tear-down.

use harnesses::Fixture;
use test_context::{AsyncTestContext, TestContext, test_context};

struct Context(Fixture);

impl TestContext for Context {
    fn setup() -> Self {
        Self(Fixture::new())
    }

    fn teardown(self) {
        self.0.check();
    }
}

struct Later(Fixture);

impl AsyncTestContext for Later {
    async fn setup() -> Self {
        tokio::task::yield_now().await;
        Self(Fixture::new())
    }

    async fn teardown(self) {
        tokio::task::yield_now().await;
        self.0.check();
    }
}

#[vimage::test]
#[test_context(Context)]
#[test]
fn a_context(context: &mut Context) {
    context.0.check();
}

/// That it is a test is said by nothing but the first attribute.
#[vimage::test]
#[test_context(Context)]
fn a_context_of_a_test(context: &Context) {
    context.0.check();
}

#[test_context(Context)]
#[vimage::test]
fn a_context_above(context: &mut Context) {
    context.0.check();
}

#[vimage::test]
#[test_context(Context)]
#[test]
#[should_panic(expected = "on purpose")]
fn a_panic(context: &Context) {
    context.0.check();
    panic!("on purpose");
}

#[vimage::test]
#[test_context(Later)]
#[tokio::test]
async fn an_async_context(context: &mut Later) {
    tokio::task::yield_now().await;
    context.0.check();
}

#[test_context(Later)]
#[vimage::test]
#[tokio::test(flavor = "multi_thread")]
async fn an_async_context_above(context: &mut Later) {
    context.0.check();
}
