//! Uses of variables, by their types.

use super::generate::{Generator, SYSCTLS};

impl Generator {
    /// A use of a variable: `$` is the variable, `§` its path in a closure, `¤` its name, `~` a local, `?` any number.
    pub(super) fn used(&mut self, d: usize) -> String {
        let (kind, variable) = self.variables[self.random.below(self.variables.len())].clone();
        let path = variable.clone();
        let n = path.rsplit("V_A").next().and_then(|n| n.parse().ok()).filter(|n| *n < SYSCTLS);
        // What these yield borrows nothing.
        let variable = if matches!(kind, 'M' | 'C') { variable } else { self.marked(&variable) };
        let local = self.locals.last().cloned().unwrap_or_else(|| "7u64".to_owned());
        let number = if d > 0 { self.number(d - 1) } else { "1".to_owned() };
        let uses: &[&str] = match kind {
            'A' if n.is_some() && self.random.once_in(3) => {
                &["named(|| §.load(Relaxed), \"¤\")", "{ set_named(|n| §.store(n, Relaxed), \"¤\", ?); ~ }"]
            }
            'A' => &[
                "$.load(Relaxed)",
                "$.fetch_add(?, Relaxed)",
                "$.swap(?, Relaxed)",
                "{ $.store(?, Relaxed); ~ }",
                "$.fetch_xor(?, Relaxed)",
            ],
            'L' => &[
                "$.try_lock().map_or(77, |l| l.len() as u64)",
                "$.try_lock().map_or(78, |mut l| l.pop().unwrap_or(4))",
                "match $.try_lock() { Ok(mut l) => { l.push(?); l.truncate(20); l.iter().copied().fold(0, mix) } _ => 79 }",
                "$.try_lock().ok().and_then(|l| l.first().copied()).unwrap_or(?)",
            ],
            'R' => &[
                "$.try_read().map_or(81, |n| *n)",
                "$.try_write().map_or(82, |mut z| std::mem::replace(&mut *z, ~))",
                "{ let r = ?; if let Ok(mut w) = $.try_write() { *w ^= r } r }",
            ],
            'T' => &[
                "$[(~ % 4) as usize].fetch_add(?, Relaxed)",
                "$.iter().map(|t| t.load(Relaxed)).fold(1, mix)",
                "$.first().map_or(0, |t| t.load(Relaxed))",
                "$[1].swap($[2].load(Relaxed), Relaxed)",
            ],
            'O' => &["*$.get_or_init(|| ~)", "$.get().copied().unwrap_or(?)", "u64::from($.set(?).is_ok())"],
            'Z' => &["$.try_lock().map_or(83, |n| *n)", "$.try_lock().map_or(84, |mut z| { *z = mix(*z, ~); *z })"],
            'M' => &["unsafe { $ }", "{ let m = ?; unsafe { $ = mix($, m); $ } }", "unsafe { $ += 1; $ ^ ~ }"],
            'B' => &[
                "$.try_lock().map_or(85, |mut b| b.entry(~ % 9).or_insert_with(|| format!(\"{}\", ~)).len() as u64)",
                "$.try_lock().map_or(86, |b| b.values().map(|s| s.len() as u64).fold(2, mix))",
                "$.try_lock().map_or(87, |mut b| b.remove(&((?) % 9)).map_or(1, |s| s.len() as u64))",
            ],
            'F' => &["$(~)", "$(?)", "some(~).map($).unwrap_or(1)"],
            'K' => &["$.each(|n| mix(n, ~))", "$.each(plus_one)", "$.first().load(Relaxed)"],
            _ => &[
                "$.with(|c| c.replace(~))",
                "$.get()",
                "$.replace(?)",
                "$.with(|c| { c.set(mix(c.get(), 3)); c.get() })",
            ],
        };
        let mut text = String::new();
        for c in self.one_of(uses).chars() {
            match c {
                '$' => text += &variable,
                '§' => text += &path,
                '¤' => text += &self.sysctl(n.unwrap_or_default()),
                '~' => text += &local,
                '?' => text += &number,
                other => text.push(other),
            }
        }
        text
    }

    /// All values as one text.
    pub(super) fn state(&self) -> String {
        let shown = |(kind, v): &(char, String)| match kind {
            'A' => format!("{v}.load(Relaxed).to_string()"),
            'M' => format!("unsafe {{ {v} }}.to_string()"),
            'F' => format!("{v}(1).to_string()"),
            'K' => format!("{v}.first().load(Relaxed).to_string()"),
            'C' => format!("{v}.get().to_string()"),
            'Z' => format!("format!(\"{{:?}}\", *{v})"),
            _ => format!("format!(\"{{:?}}\", {v})"),
        };
        let all: Vec<String> = self.variables.iter().map(shown).collect();
        format!("[{}].join(\" \")", all.join(", "))
    }
}
