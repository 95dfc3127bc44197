//! Two calculators in one process: each has a stack and words of its own.

use plugins::Calculator;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (red, blue) = (Calculator::new("red")?, Calculator::new("blue")?);
    for (calculator, name, line) in [
        (&red, "red", ": twice 2 *"),
        (&red, "red", "21 twice"),
        (&blue, "blue", "1 twice"),
        (&blue, "blue", ": twice 3 * 1 -"),
        (&blue, "blue", "twice"),
        (&red, "red", "1 +"),
    ] {
        match calculator.run(line) {
            Ok(Some(top)) => println!("{name:>5}  {line:<16} -> {top}"),
            Ok(None) => println!("{name:>5}  {line:<16}"),
            Err(error) => println!("{name:>5}  {line:<16} -> {error}"),
        }
    }
    Ok(())
}
