//! Calculators in Rust: by name, by thread, and after an error.
#![cfg(feature = "vimage")]

use std::thread;

use plugins::{Calculator, machine};

#[test]
fn each_has_a_stack_and_words() {
    let (red, blue) = (Calculator::new("red").unwrap(), Calculator::new("blue").unwrap());
    assert_eq!(red.run(": twice 2 *"), Ok(None));
    assert_eq!(red.run("21 twice"), Ok(Some(42)));
    assert_eq!(blue.run("1 twice").unwrap_err(), "nobody has defined `twice`");
    assert_eq!(blue.run("2 3 +"), Ok(Some(5)), "what came before the unknown word stays below");
    // The process itself is the base instance.
    assert_eq!(machine::run("7"), Ok(Some(7)));
    assert_eq!(red.run("1 -"), Ok(Some(41)));
}

#[test]
fn a_definition_that_uses_itself_ends() {
    let calculator = Calculator::new("recursive").unwrap();
    assert_eq!(calculator.run(": forever forever"), Ok(None));
    assert_eq!(calculator.run("forever").unwrap_err(), "a definition uses itself");
    assert_eq!(calculator.run("1"), Ok(Some(1)));
}

#[test]
fn a_thousand_calculators_on_four_threads() {
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let calculators: Vec<_> =
                    (0..250).map(|number| Calculator::new(&format!("{thread}, {number}")).unwrap()).collect();
                for (number, calculator) in (0..).zip(&calculators) {
                    calculator.run(&format!("{number} {thread}")).unwrap();
                }
                for (number, calculator) in (0..).zip(&calculators) {
                    assert_eq!(calculator.run("+"), Ok(Some(number + thread)));
                }
            });
        }
    });
}
