//! Reads assembly as rustc prints it, in Intel's syntax.

use std::collections::{BTreeMap, BTreeSet};

/// The crate whose names are replaced: its functions are compared under other names.
const CRATE: &str = "_7codegen";
/// Instructions that only read their first operand.
const READERS: [&str; 5] = ["cmp", "test", "push", "call", "jmp"];

/// Lines of one function: labels and instructions.
pub(super) struct Function(Vec<String>);

/// The functions of a module, by name. Other crates' code, data and glue are left out.
pub(super) fn functions(assembly: &str, module: &str) -> BTreeMap<String, Function> {
    let mut functions = BTreeMap::new();
    let start = format!("{CRATE}{}{module}", module.len());
    let mut lines = assembly.lines();
    while let Some(line) = lines.next() {
        let named = line.starts_with("_RNvNt").then(|| line.strip_suffix(':')?.split_once(&start)).flatten();
        let Some(name) = named.and_then(|(_, name)| identifier(name)) else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|line| !line.contains(".size")).collect();
        if body.iter().any(|line| line.contains(".cfi_startproc")) {
            functions.insert(name.to_owned(), Function(body.into_iter().filter_map(significant).collect()));
        }
    }
    functions
}

/// `3one` is `one`. With more behind it, it is something inside of `one`.
fn identifier(mangled: &str) -> Option<&str> {
    let name = mangled.trim_start_matches(|c: char| c.is_ascii_digit());
    let length: usize = mangled[..mangled.len() - name.len()].parse().ok()?;
    // What starts with a digit or `_` is behind one more `_`.
    (length == name.len()).then_some(name)
}

/// A label or an instruction, with single spaces.
fn significant(line: &str) -> Option<String> {
    let line = line.trim();
    let directive = line.starts_with('.') && !line.ends_with(':');
    let left_out = line.is_empty() || directive || line.starts_with('#');
    (!left_out).then(|| line.split_whitespace().collect::<Vec<_>>().join(" "))
}

impl Function {
    /// Labels and instructions, with labels and names of the crate replaced by numbers.
    pub(super) fn instructions(&self) -> Vec<String> {
        let mut names = Numbers::default();
        let mut local = |word: &str| {
            let is_local = word.starts_with(".L") || word.contains(CRATE);
            is_local.then(|| names.number("name", word))
        };
        self.0.iter().map(|line| replace(line, &mut local)).collect()
    }

    /// The bodies of the innermost loops, with registers and labels replaced by numbers, and what is in one place in
    /// memory all the time by `[fixed]`: that address is in a register, in two, or in the instruction.
    pub(super) fn loops(&self) -> Vec<Vec<String>> {
        let labels = self.0.iter().enumerate().filter(|(_, line)| line.ends_with(':'));
        let bodies = labels.filter_map(|(index, label)| {
            let jump = format!(" {}", label.trim_end_matches(':'));
            let behind = &self.0[index + 1..];
            let end = behind.iter().position(|line| line.ends_with(&jump) || line.ends_with(':'))?;
            behind[end].ends_with(&jump).then(|| normalized(&behind[..=end]))
        });
        bodies.collect()
    }
}

fn normalized(body: &[String]) -> Vec<String> {
    let written: BTreeSet<&str> = body.iter().filter_map(|line| written(line)).collect();
    let mut numbers = Numbers::default();
    let mut local = |word: &str| match word {
        word if word.starts_with(".L") => Some(numbers.number("label", word)),
        word if is_register(word) => Some(numbers.number("register", word)),
        _ => None,
    };
    body.iter().map(|line| replace(&fixed(line, &written), &mut local)).collect()
}

/// The register that an instruction writes.
fn written(line: &str) -> Option<&str> {
    let (instruction, operands) = line.split_once(' ')?;
    let first = operands.split(',').next()?;
    (!READERS.contains(&instruction) && is_register(first)).then_some(first)
}

fn is_register(word: &str) -> bool {
    const NAMES: [&str; 8] = ["ax", "bx", "cx", "dx", "si", "di", "bp", "sp"];
    let numbered = word.strip_prefix('r').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    numbered || word.strip_prefix(['r', 'e']).is_some_and(|rest| NAMES.contains(&rest))
}

/// A line whose operand in memory is `[fixed]`, if no register in it is written.
fn fixed(line: &str, written: &BTreeSet<&str>) -> String {
    let place = || {
        let (before, rest) = line.split_once('[')?;
        let (address, after) = rest.split_once(']')?;
        let changes = address.split(' ').any(|word| written.contains(word));
        (!changes).then(|| format!("{before}[fixed]{after}"))
    };
    place().unwrap_or_else(|| line.to_owned())
}

/// Numbers for names, in the order in which they are used first.
#[derive(Default)]
struct Numbers(BTreeMap<String, usize>);

impl Numbers {
    fn number(&mut self, kind: &str, name: &str) -> String {
        let next = self.0.len();
        format!("{kind}{}", self.0.entry(name.to_owned()).or_insert(next))
    }
}

/// Replaces words of a line.
fn replace(line: &str, by: &mut dyn FnMut(&str) -> Option<String>) -> String {
    let is_in_word = |c: char| c.is_ascii_alphanumeric() || ['_', '.', '$'].contains(&c);
    let mut text = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.find(|c| !is_in_word(c)).unwrap_or(rest.len()));
        text.push_str(&by(word).unwrap_or_else(|| word.to_owned()));
        let (between, next) = behind.split_at(behind.find(is_in_word).unwrap_or(behind.len()));
        text.push_str(between);
        rest = next;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASSEMBLY: &str = "\
_RNvNtCsx_7codegen5plain3one:
\t.cfi_startproc
\tmov\trax, qword ptr [rip + _RNvNtCsx_7codegen5plain7V_COUNT@GOTPCREL]
\tmov\trax, qword ptr [rax]
\tjb\t.LBB4_1
\tret
.LBB4_1:
\tcall\t_other@PLT
\t.size\t_RNvNtCsx_7codegen5plain3one, .Lfunc_end0-_RNvNtCsx_7codegen5plain3one
\t.cfi_endproc
_RNvNtCsx_7codegen5plain7V_COUNT:
\t.quad\t1
\t.size\t_RNvNtCsx_7codegen5plain7V_COUNT, 8
_RNCNvNtCsx_7codegen5plain3one0B5_:
\t.cfi_startproc
\tret
\t.size\t_RNCNvNtCsx_7codegen5plain3one0B5_, 1
";

    #[test]
    fn functions_are_those_of_the_module_with_names_replaced() {
        let functions = functions(ASSEMBLY, "plain");
        assert_eq!(functions.keys().collect::<Vec<_>>(), ["one"]);
        let expected = [
            "mov rax, qword ptr [rip + name0@GOTPCREL]",
            "mov rax, qword ptr [rax]",
            "jb name1",
            "ret",
            "name1:",
            "call _other@PLT",
        ];
        assert_eq!(functions["one"].instructions(), expected);
    }

    fn loops(lines: &str) -> Vec<Vec<String>> {
        Function(lines.lines().filter_map(significant).collect()).loops()
    }

    #[test]
    fn loops_are_the_same_wherever_the_variable_and_the_registers_are() {
        let plain = "nop\n.LBB1_3:\nmov r9, qword ptr [r8]\nxor r9, qword ptr [rax]\nadd rax, 8\n\
                     mov qword ptr [r8], r9\ninc rdx\njne .LBB1_3\nret";
        let ours = "nop\n.LBB9_4:\nmov r8, qword ptr [rax + rcx + 40]\nxor r8, qword ptr [rdx]\nadd rdx, 8\n\
                    mov qword ptr [rax + rcx + 40], r8\ninc rdi\njne .LBB9_4\nret";
        assert_eq!(loops(plain).len(), 1);
        assert_eq!(loops(plain), loops(ours));
        let resolved_each_time = ours.replace("xor", "add rax, r11\nxor");
        assert_ne!(loops(plain), loops(&resolved_each_time));
    }

    #[test]
    fn only_innermost_loops_count() {
        assert_eq!(loops(".LBB0_1:\nnop\n.LBB0_2:\ninc rax\njne .LBB0_2\njne .LBB0_1").len(), 1);
    }
}
