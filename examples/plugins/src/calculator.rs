//! A calculator with a stack and words, as a library that was written for one user in one process: its state is global.
//! The attributes are all that makes it one per instance.

use vimage::prelude::*;

/// The code of the library.
#[vimage::module]
pub mod machine {
    use std::collections::HashMap;
    use std::sync::{LazyLock, Mutex};

    use vimage::prelude::*;

    /// What the words work on.
    #[virtualized]
    static STACK: Mutex<Vec<i64>> = Mutex::new(Vec::new());

    /// What the user has defined.
    #[virtualized]
    static WORDS: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);

    /// How deep definitions may use one another.
    const DEPTH: usize = 64;

    /// Runs a line; returns what is on top of the stack then.
    ///
    /// Numbers go on the stack, `+`, `-` and `*` replace two of them, `: NAME …` defines a word.
    ///
    /// # Errors
    ///
    /// If a word is unknown, or finds too few numbers. What came before it in the line has been done.
    pub fn run(line: &str) -> Result<Option<i64>, String> {
        if let Some(definition) = line.trim().strip_prefix(": ") {
            let (name, body) = definition.trim().split_once(' ').ok_or("a definition is `: NAME WORDS`")?;
            V_WORDS.lock().unwrap().insert(name.to_owned(), body.to_owned());
        } else {
            words(line, DEPTH)?;
        }
        Ok(V_STACK.lock().unwrap().last().copied())
    }

    fn words(line: &str, depth: usize) -> Result<(), String> {
        let depth = depth.checked_sub(1).ok_or("a definition uses itself")?;
        line.split_whitespace().try_for_each(|word| {
            // The value is copied, because what it says may use the words itself.
            let defined = V_WORDS.lock().unwrap().get(word).cloned();
            match defined {
                Some(body) => words(&body, depth),
                None => one(word),
            }
        })
    }

    fn one(word: &str) -> Result<(), String> {
        let mut stack = V_STACK.lock().unwrap();
        if let Ok(number) = word.parse() {
            stack.push(number);
            return Ok(());
        }
        let result: fn(i64, i64) -> i64 = match word {
            "+" => i64::wrapping_add,
            "-" => i64::wrapping_sub,
            "*" => i64::wrapping_mul,
            _ => return Err(format!("nobody has defined `{word}`")),
        };
        let [.., left, right] = &mut stack[..] else { return Err(format!("`{word}` needs two numbers")) };
        *left = result(*left, *right);
        stack.pop();
        Ok(())
    }
}

/// An instance of the calculator.
#[derive(Debug)]
pub struct Calculator(Vimage);

impl Calculator {
    /// Creates one, with an empty stack and no words.
    ///
    /// # Errors
    ///
    /// If this build has no instances: then the process has one calculator, that of [`machine::run`].
    pub fn new(name: &str) -> Result<Self, vimage::CreateError> {
        Vimage::builder().name(name).create().map(Self)
    }

    /// Runs a line in it.
    ///
    /// # Errors
    ///
    /// As [`machine::run`].
    pub fn run(&self, line: &str) -> Result<Option<i64>, String> {
        self.0.enter(|| machine::run(line))
    }
}
