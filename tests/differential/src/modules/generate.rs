//! Modules that are chosen at random: statics of many types, functions that call one another, hooks, nested modules.
//!
//! `@` stands where the forms differ: `@static` declares a variable, `@[attach]` is a hook; in front of the former is the name
//! of a sysctl. No function waits for a lock:
//! what is busy or poisoned is another result, the same in each form.

use crate::random::Random;
use crate::text;

/// The types of variables, with an initial value: `A` is replaced by a number.
const STATICS: [(&str, &str); 11] = [
    ("A", "AtomicU64 = AtomicU64::new(?)"),
    ("L", "Mutex<Vec<u64>> = Mutex::new(Vec::new())"),
    ("R", "RwLock<u64> = RwLock::new(?)"),
    ("T", "[AtomicU64; 4] = [const { AtomicU64::new(?) }; 4]"),
    ("O", "OnceLock<u64> = OnceLock::new()"),
    ("Z", "LazyLock<Mutex<u64>> = LazyLock::new(|| Mutex::new(V_A0.fetch_add(?, Relaxed)))"),
    ("M", "u64 = ?"),
    ("B", "Mutex<BTreeMap<u64, String>> = Mutex::new(BTreeMap::new())"),
    ("F", "fn(u64) -> u64 = plus_one"),
    ("K", "Counters<3> = Counters::new()"),
    ("C", "Cell<u64> = const { Cell::new(?) }"),
];

/// From this number on variables are those of a function, and have no names.
pub(super) const SYSCTLS: usize = 100;

pub(crate) struct Generator {
    pub(super) random: Random,
    name: String,
    /// The variables that can be used, with the paths that lead to them.
    pub(super) variables: Vec<(char, String)>,
    /// The functions that can be called: expressions with `?` for the argument.
    functions: Vec<String>,
    pub(super) locals: Vec<String>,
    names: usize,
    /// What an early return returns; `None` where nothing may return.
    returns: Option<&'static str>,
    /// Whether it is where an async function may wait.
    waits: bool,
    /// Whether it is in the region of an async function, where uses of variables are marked for the twin.
    pub(super) region_waits: bool,
}

/// The items of a module.
pub fn module(name: &str, seed: u64) -> String {
    let mut generator = Generator {
        random: Random::new(seed),
        name: name.to_owned(),
        variables: Vec::new(),
        functions: Vec::new(),
        locals: Vec::new(),
        names: 0,
        returns: None,
        waits: false,
        region_waits: false,
    };
    generator.items()
}

impl Generator {
    fn new_name(&mut self, start: &str) -> String {
        self.names += 1;
        format!("{start}{}", self.names)
    }

    pub(super) fn one_of<'s>(&mut self, texts: &[&'s str]) -> &'s str {
        texts[self.random.below(texts.len())]
    }

    fn items(&mut self) -> String {
        let mut text = format!("const ME: &str = \"{}\";\n", self.name);
        text += &self.declaration(0, "", 0);
        for n in 1..4 + self.random.below(6) {
            let kind = self.random.below(STATICS.len());
            text += &self.declaration(kind, "", n);
        }
        text += "#[shared] static TABLE: [u64; 4] = [3, 1, 4, 1];\n";
        text += &self.inner();
        for n in 0..3 + self.random.below(5) {
            text += &self.function(n);
        }
        let methods = self.returning("Work::work(self, n - 1)", |generator| generator.body(2));
        text += &format!(
            "struct Worker {{ count: u64 }} impl Work for Worker {{ fn work(&mut self, n: u64) -> u64 {{ if n > 3 {{ return n }} {methods} }} }}\n"
        );
        self.functions.push("Worker { count: 1 }.work(? % 5)".into());
        let (attach, detach) = (self.returning("()", |generator| generator.statements(2)), self.state());
        text += &format!(
            "@[attach] fn attach() {{ refuel(); let n = 2u64; _ = std::panic::catch_unwind(|| {{ {attach} }}); }}\n"
        );
        text += &format!("@[detach] fn detach() {{ record(ME, format_args!(\"ends {{}}\", {detach})); }}\n");
        let arms: Vec<String> = self
            .functions
            .clone()
            .iter()
            .enumerate()
            .map(|(n, call)| format!("{n} => {},", call.replace('?', "a")))
            .collect();
        let (count, state) = (arms.len(), self.state());
        text += &format!(
            "pub fn call(n: u64, a: u64) -> u64 {{ refuel(); match n % {count} {{ {} _ => a }} }}\n",
            arms.concat()
        );
        text + &format!("pub fn state() -> String {{ {state} }}\n")
    }

    /// The declaration of a variable; from then on it can be used, by a path that starts with `path`.
    fn declaration(&mut self, kind: usize, path: &str, n: usize) -> String {
        let (letter, rest) = STATICS[kind];
        let rest = rest.replace('?', &(1 + self.random.below(9)).to_string());
        self.variables.push((letter.chars().next().expect("a letter"), format!("{path}V_{letter}{n}")));
        match letter {
            "A" if n < SYSCTLS => {
                let name = self.sysctl(n);
                format!("\u{10}{name}\u{11}@static {letter}{n}: {rest};\n")
            }
            "M" => format!("@static mut M{n}: {rest};\n"),
            "C" => format!("@thread_local! {{ static C{n}: {rest}; }}\n"),
            _ => format!("@static {letter}{n}: {rest};\n"),
        }
    }

    /// The name by which a number is read and set.
    pub(super) fn sysctl(&self, n: usize) -> String {
        format!("generated.{}.a{n}", self.name)
    }

    /// A module in the module, whose variables and function the outer one uses.
    fn inner(&mut self) -> String {
        let outer = std::mem::take(&mut self.variables);
        let functions = std::mem::take(&mut self.functions);
        let mut text = String::new();
        for n in 0..1 + self.random.below(3) {
            let kind = [0, 1, 2, 3, 4, 6, 7][self.random.below(7)];
            text += &self.declaration(kind, "", 20 + n).replace("@static", "@pub static");
        }
        let inner = self.variables.clone();
        self.variables.push(('A', "super::V_A0".to_owned()));
        let body = self.returning("n", |generator| generator.body(2));
        let text = format!(
            "pub mod inner {{ use super::*; {text} pub fn inside(n: u64) -> u64 {{ if !fuel() {{ return 5 }} {body} }} }}\n"
        );
        self.variables = outer;
        self.variables.extend(inner.into_iter().map(|(kind, path)| (kind, format!("inner::{path}"))));
        self.functions = functions;
        self.functions.push("inner::inside(?)".to_owned());
        text
    }

    /// Generates the inside of a function whose argument is `n`.
    fn returning(&mut self, returns: &'static str, inside: impl FnOnce(&mut Self) -> String) -> String {
        (self.locals, self.returns) = (vec!["n".to_owned()], Some(returns));
        let text = inside(self);
        (self.locals, self.returns) = (Vec::new(), None);
        text
    }

    fn function(&mut self, n: usize) -> String {
        let (text, call) = match self.random.below(6) {
            0 => {
                let body = self.returning("Some(n)", |generator| generator.optional());
                (
                    format!("fn g{n}(n: u64) -> Option<u64> {{ if !fuel() {{ return None }} {body} }}\n"),
                    format!("g{n}(?).unwrap_or(3)"),
                )
            }
            1 => {
                (self.waits, self.region_waits) = (true, true);
                let body = self.returning("n", |generator| generator.body(3));
                (self.waits, self.region_waits) = (false, false);
                let wait = text::awaited("Yield(false)");
                let body = text::region(&format!("if !fuel() {{ return 3 }} {wait}; {body}"));
                (format!("async fn h{n}(n: u64) -> u64 {body}\n"), format!("block_on(h{n}(?))"))
            }
            2 => {
                let body = self.returning("n.into()", |generator| generator.body(3));
                let body = format!("let n: u64 = n.into(); {body}");
                (
                    format!("fn t{n}<T: Into<u64>>(n: T) -> u64 {{ if !fuel() {{ return 4 }} {body} }}\n"),
                    format!("t{n}::<u64>(?)"),
                )
            }
            _ => {
                let body = self.returning("n", |generator| generator.body(3));
                (format!("pub fn f{n}(n: u64) -> u64 {{ if !fuel() {{ return 2 }} {body} }}\n"), format!("f{n}(?)"))
            }
        };
        self.functions.push(call);
        text
    }

    fn optional(&mut self) -> String {
        let (statements, e) = (self.statements(3), self.number(2));
        let start = format!("let m = some({e})?;");
        self.locals.push("m".to_owned());
        format!("{statements} {start} {} some({})", self.statements(2), self.number(2))
    }

    /// Statements and a number.
    fn body(&mut self, depth: usize) -> String {
        let (start, n) = (self.locals.len(), self.names);
        let own = match self.random.below(4) {
            // A static of the function, behind which its items end.
            0 if !self.waits => {
                let text = self.declaration(0, "", SYSCTLS + n);
                self.names += 1;
                Some(text)
            }
            _ => None,
        };
        let text = format!("{} {}", self.statements(depth), self.number(depth));
        self.locals.truncate(start);
        match own {
            Some(own) => {
                self.variables.pop();
                format!("{own} {text}")
            }
            None => text,
        }
    }

    fn statements(&mut self, depth: usize) -> String {
        let count = 1 + self.random.below(depth + 2);
        (0..count).map(|_| self.statement(depth)).collect::<Vec<_>>().join(" ")
    }

    /// Statements whose locals end with them.
    fn block(&mut self, depth: usize) -> String {
        let start = self.locals.len();
        let text = self.statements(depth);
        self.locals.truncate(start);
        format!("{{ {text} }}")
    }

    fn statement(&mut self, depth: usize) -> String {
        if depth == 0 {
            return format!("record(ME, {});", self.number(0));
        }
        let d = depth - 1;
        match self.random.below(if self.waits { 17 } else { 15 }) {
            0 | 1 => {
                let (name, value) = (self.new_name("n"), self.number(d));
                self.locals.push(name.clone());
                format!("let {name} = {value};")
            }
            2 => format!("record(ME, {});", self.number(d)),
            3 => format!("if {} {} else {}", self.condition(d), self.block(d), self.block(d)),
            4 => {
                let name = self.new_name("i");
                format!("for {name} in 0..{} % 3 {}", self.operand(d), self.block(d))
            }
            5 => {
                let (name, label) = (self.new_name("k"), self.new_name("'a"));
                let (condition, leaves, block) = (self.condition(d), self.condition(0), self.block(d));
                format!(
                    "let mut {name} = 0; {label}: while {condition} {{ {name} += 1; if {name} > 3 || {leaves} {{ break {label} }} {block} }}"
                )
            }
            6 => match self.returns {
                Some(returns) => format!("if {} {{ record(ME, \"returns\"); return {returns} }}", self.condition(d)),
                None => String::new(),
            },
            7 => match self.returns {
                Some(returns) => {
                    let (name, value) = (self.new_name("s"), self.number(d));
                    self.locals.push(name.clone());
                    format!("let Some({name}) = some({value}) else {{ return {returns} }};")
                }
                None => String::new(),
            },
            8 => {
                let (closure, name, number, call) =
                    (self.new_name("c"), self.new_name("p"), self.number(d), self.new_name("n"));
                let body = self.inside(&name, |generator| generator.body(d));
                let start = format!("let {closure} = |{name}: u64| -> u64 {{ {body} }};");
                self.locals.push(call.clone());
                format!("{start} let {call} = {closure}({number}) ^ {closure}(1);")
            }
            9 => {
                let name = self.new_name("inner");
                let body = self.inside("n", |generator| {
                    generator.returns = Some("n");
                    generator.body(d)
                });
                format!(
                    "fn {name}(n: u64) -> u64 {{ if !fuel() {{ return 6 }} {body} }} record(ME, {name}({}));",
                    self.number(d)
                )
            }
            10 => format!("let _d = Noise(ME, {});", self.number(d)),
            11 => format!("assert!({} % 31 != 30, \"{{}}\", {});", self.operand(d), self.number(0)),
            12 => self.guarded(d),
            13 => {
                let number = self.number(d);
                let (name, body) = (self.new_name("v"), self.inside("t", |generator| generator.number(d)));
                self.locals.push(name.clone());
                format!("let t = {number}; let {name} = thread::spawn(move || {{ {body} }}).join().unwrap_or(9);")
            }
            14 => {
                let (name, number) = (self.new_name("l"), self.number(d));
                let body = self.inside(&name, |generator| generator.number(d));
                format!("let {name} = {number}; later(move || record(ME, {body}));")
            }
            15 => {
                let waiting: Vec<String> =
                    self.functions.iter().filter(|f| f.starts_with("block_on")).cloned().collect();
                let (name, number) = (self.new_name("w"), self.number(d));
                self.locals.push(name.clone());
                match waiting.first() {
                    Some(call) => {
                        let call = call.trim_start_matches("block_on(").replace("?", &number);
                        format!("let {name} = {};", text::awaited(&call[..call.len() - 1]))
                    }
                    None => format!("{}; let {name} = {number};", text::awaited("Yield(false)")),
                }
            }
            16 => format!("{};", text::awaited("Yield(false)")),
            _ => format!("_ = {};", self.number(d)),
        }
    }

    /// Code that is a function of its own: only what it is given is known, and nothing leaves the outer one.
    fn inside(&mut self, name: &str, inside: impl FnOnce(&mut Self) -> String) -> String {
        let outer = std::mem::replace(&mut self.locals, vec![name.to_owned()]);
        let (returns, waits) = (self.returns.take(), std::mem::take(&mut self.waits));
        let region_waits = std::mem::take(&mut self.region_waits);
        let text = inside(self);
        (self.locals, self.returns, self.waits, self.region_waits) = (outer, returns, waits, region_waits);
        text
    }

    /// Statements under a guard, which is seen by whatever else wants the lock.
    fn guarded(&mut self, d: usize) -> String {
        let locks: Vec<String> =
            self.variables.iter().filter(|(kind, _)| *kind == 'L').map(|(_, path)| path.clone()).collect();
        let Some(lock) = locks.first() else { return String::new() };
        let lock = self.marked(lock);
        let name = self.new_name("g");
        // One that waits is rejected, but for a few: then the rest of the module is not compared.
        let waits = self.waits && self.random.once_in(20);
        let waits = std::mem::replace(&mut self.waits, waits);
        let block = self.block(d);
        let number = self.number(d);
        self.waits = waits;
        match self.random.below(3) {
            0 => format!(
                "if let Ok(mut {name}) = {lock}.try_lock() {{ {block} {name}.push({number}); {name}.truncate(9); }}"
            ),
            1 => format!(
                "{{ let {name} = {lock}.try_lock(); {block} record(ME, {name}.is_ok()); drop({name}); record(ME, {number}); }}"
            ),
            _ => format!(
                "match {lock}.try_lock() {{ Ok({name}) if {name}.len() > 2 => {block} Ok(mut {name}) => {{ {name}.push({number}) }} Err(_) => {{ record(ME, \"busy\") }} }}"
            ),
        }
    }

    /// A path of a variable, marked where that makes a difference.
    pub(super) fn marked(&self, path: &str) -> String {
        if self.region_waits { text::used_at(path) } else { path.to_owned() }
    }

    fn operand(&mut self, depth: usize) -> String {
        format!("({})", self.number(depth))
    }

    fn condition(&mut self, depth: usize) -> String {
        match self.random.below(4) {
            0 => format!("{} > {}", self.operand(depth), self.operand(0)),
            1 if depth > 0 => format!("({} && {})", self.condition(depth - 1), self.condition(depth - 1)),
            2 => format!("matches!(some({}), Some(n) if n % 2 == 0)", self.number(depth)),
            _ => format!("{} % 3 == 1", self.operand(depth)),
        }
    }

    /// An expression of type `u64`.
    pub(super) fn number(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.once_in(8) {
            let local = self.random.below(self.locals.len().max(1));
            let local = self.locals.get(local).cloned().unwrap_or_else(|| "3u64".to_owned());
            return match self.random.below(4) {
                0 => format!("{}u64", self.random.below(12)),
                1 => self.used(0),
                _ => local,
            };
        }
        let d = depth - 1;
        match self.random.below(10) {
            0..=3 => self.used(d),
            4 => format!("mix({}, {})", self.number(d), self.number(d)),
            5 | 6 if !self.functions.is_empty() && !self.waits => {
                let call = self.functions[self.random.below(self.functions.len())].clone();
                call.replace('?', &self.number(d))
            }
            7 => format!("TABLE[({} % 4) as usize]", self.operand(d)),
            8 => format!("if {} {{ {} }} else {{ {} }}", self.condition(d), self.number(d), self.number(d)),
            _ => {
                let name = self.new_name("p");
                let number = self.number(d);
                let body = self.inside(&name, |generator| generator.number(d));
                format!("(0..3).map(|{name}: u64| {body}).fold({number}, mix)")
            }
        }
    }
}
