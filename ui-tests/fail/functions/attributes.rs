//! `#[vimage::test]` and `#[vimage::main]` where they cannot be.

#[vimage::test]
async fn without_an_executor() {}

#[vimage::test]
#[should_panic]
fn panics_or_returns() -> Result<(), String> {
    Ok(())
}

#[vimage::test]
#[should_panic(because = "of this")]
fn panics_because() {}

#[vimage::test]
#[should_panic(expected = 7)]
fn panics_with_a_number() {}

#[vimage::test(shared(Cpu), args = 7)]
fn with_strange_options() {}

#[vimage::test]
struct NoFunction;

mod program {
    #[vimage::main]
    async fn main() {}
}

#[vimage::main(name = "main")]
fn main() {}
