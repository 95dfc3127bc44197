//! Damaged values of all kinds, and damaged debug information: a value or an error, in bounded time, and never a panic.
//!
//! `HOSTILE_ROUNDS` says how often, as for the other damaged core files.

#[path = "support/dump.rs"]
mod dump;
#[path = "support/random.rs"]
mod random;
#[path = "support/shapes.rs"]
mod shapes;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use random::Random;
use shapes::shapes as own;
use vimage_inspect::{Core, Look, Value, ValueError};

/// Far more than a look takes on a machine that is busy, and far less than for ever.
const LONG: Duration = Duration::from_secs(120);

/// All values, and how many of them could be read.
fn read(look: &Look<'_>) -> (String, usize) {
    let base = look.instances_named(None, None).unwrap_or_default();
    let mut text = String::new();
    let mut count = 0;
    for symbol in look.symbols().iter().take(200) {
        let Some(instance) = base.iter().find(|instance| instance.class == look.class_of(symbol)) else { continue };
        match look.value(symbol, instance) {
            Ok(value) => {
                count += 1;
                assert!(parts(&value) < 100_000, "{}", symbol.name);
                text += &value.to_string();
                text += &serde_json::to_string(&value).unwrap();
            }
            Err(error) => text += &error.to_string(),
        }
    }
    (text, count)
}

fn parts(value: &Value) -> usize {
    match value {
        Value::List(values) | Value::Set(values) => 1 + values.iter().map(parts).sum::<usize>(),
        Value::Map(pairs) => 1 + pairs.iter().map(|(key, value)| parts(key) + parts(value)).sum::<usize>(),
        _ => 1,
    }
}

/// A core file in memory: the address, offset and length of each segment.
struct Dumped {
    bytes: Vec<u8>,
    segments: Vec<(u64, u64, u64)>,
}

impl Dumped {
    fn new(bytes: Vec<u8>) -> Self {
        let mut dumped = Self { bytes, segments: Vec::new() };
        let count = u64::from(u16::from_ne_bytes(dumped.bytes[56..58].try_into().unwrap()));
        let headers = (1..count).map(|n| 64 + 56 * n);
        dumped.segments = headers.map(|at| (dumped.word(at + 16), dumped.word(at + 8), dumped.word(at + 32))).collect();
        dumped
    }

    fn word(&self, offset: u64) -> u64 {
        let bytes = self.bytes.get(offset as usize..offset as usize + 8);
        bytes.map_or(0, |bytes| u64::from_ne_bytes(bytes.try_into().unwrap()))
    }

    fn offset(&self, address: u64) -> Option<u64> {
        let found = self.segments.iter().find(|(start, _, length)| (*start..start + length).contains(&address));
        found.map(|(start, offset, _)| offset + address - start)
    }

    /// The places of the variables, and of what pointers in these lead to, some pointers far.
    fn regions(&self, look: &Look<'_>) -> Vec<(u64, u64)> {
        let base = look.instances_named(None, None).unwrap();
        let mut regions: Vec<(u64, u64)> = Vec::new();
        for symbol in look.symbols() {
            let instance = base.iter().find(|instance| instance.class == look.class_of(symbol)).unwrap();
            let address = look.address(symbol, instance).unwrap();
            regions.extend(self.offset(address).map(|offset| (offset, symbol.size.max(1))));
        }
        let mut begin = 0;
        for _ in 0..3 {
            let end = regions.len();
            for index in begin..end {
                let (offset, size) = regions[index];
                let words = (0..size / 8).map(|word| self.word(offset + word * 8));
                let behind: Vec<(u64, u64)> =
                    words.filter_map(|word| Some((self.offset(word & !7)?, 96))).take(24).collect();
                regions.extend(behind);
            }
            begin = end;
        }
        regions
    }
}

fn rounds() -> u64 {
    std::env::var("HOSTILE_ROUNDS").map_or(1_500, |rounds| rounds.parse().unwrap())
}

/// One test, because nothing else may run while the core file is written.
#[test]
fn damage_is_an_error_or_another_value() {
    let _alone = dump::alone();
    vimage::boot().unwrap().enter(|| own::fill(1));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("core");
    dump::dump(&path);
    damaged_values(&path);
    damaged_debug_information(&path, &folder.path().join("program"));
}

fn damaged_values(path: &Path) {
    let first = Core::open(path, None).unwrap();
    let look = first.look().unwrap();
    let (whole, count) = read(&look);
    if count <= 40 && !cfg!(debug_assertions) {
        println!("skipped: built without debug information");
    } else {
        assert!(count > 40, "{count} values: {whole}");
    }
    let dumped = Dumped::new(fs::read(path).unwrap());
    let regions = dumped.regions(&look);
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut others, rounds) = (0, rounds() / 30);
    for round in 0..rounds {
        let mut changed = Vec::new();
        for _ in 0..=random.below(6) {
            let (start, length) = regions[random.below(regions.len() as u64) as usize];
            let at = start + random.below(length) / 8 * 8;
            let (old, near) = (dumped.word(at), regions[random.below(regions.len() as u64) as usize].0);
            let pointed = dumped.segments.iter().find(|(_, offset, size)| (*offset..offset + size).contains(&near));
            let new = match random.below(8) {
                0..=4 => random.wrong(old),
                // Another of these places: circles, and what is taken for something that it is not.
                5 | 6 => pointed.map_or(0, |(start, offset, _)| start + near - offset),
                _ => random.below(1 << 20),
            };
            file.write_all_at(&new.to_ne_bytes(), at).unwrap();
            changed.push(at);
        }
        let begin = Instant::now();
        match Core::open(path, None).map(|core| core.sharing_debug_info(&first)) {
            Ok(core) => {
                others += usize::from(core.look().map_or_else(|error| error.to_string(), |look| read(&look).0) != whole)
            }
            Err(_) => others += 1,
        }
        assert!(begin.elapsed() < LONG, "round {round}: {changed:?}");
        for at in changed {
            file.write_all_at(&dumped.word(at).to_ne_bytes(), at).unwrap();
        }
    }
    println!("{rounds} rounds: {others} times other values");
    assert_eq!(read(&Core::open(path, None).unwrap().look().unwrap()).0, whole, "everything was undone");
    assert!(others > rounds as usize / 4, "changes have effects: {others} of {rounds}");
}

fn damaged_debug_information(path: &Path, program: &Path) {
    let executable = fs::read(std::env::current_exe().unwrap()).unwrap();
    let sections = sections(&executable);
    if sections.is_empty() {
        println!("skipped: built without debug information");
        return;
    }
    let mut random = Random(0x1234_5678_9abc_def1);
    for round in 0..(rounds() / 750).max(2) {
        let mut damaged = executable.clone();
        // Somewhere in the first part, where the program's own units are too.
        for _ in 0..1 + random.below(20) {
            let (start, length) = sections[random.below(sections.len() as u64) as usize];
            let at = start + random.below(length);
            damaged[at as usize] = random.next() as u8;
        }
        fs::write(program, &damaged).unwrap();
        let begin = Instant::now();
        let read = with_program(path, program);
        assert!(begin.elapsed() < LONG, "round {round}");
        println!("round {round}: {read:?}");
    }
    // None at all, though the sections say so.
    let mut damaged = executable;
    for (start, length) in sections {
        damaged[start as usize..(start + length) as usize].fill(0);
    }
    fs::write(program, &damaged).unwrap();
    let core = Core::open(path, Some(program)).unwrap();
    let look = core.look().unwrap();
    let base = look.instances_named(None, None).unwrap();
    let points = look.symbols().iter().find(|symbol| symbol.name == "points").unwrap();
    let of = base.iter().find(|instance| instance.class == look.class_of(points)).unwrap();
    assert!(matches!(look.value(points, of), Err(ValueError::NoDebugInfo { .. })));
}

fn with_program(core: &Path, program: &Path) -> Result<usize, vimage_inspect::Error> {
    let core = Core::open(core, Some(program))?;
    let look = core.look()?;
    Ok(read(&look).1)
}

/// The offset and length of the sections that describe types.
fn sections(executable: &[u8]) -> Vec<(u64, u64)> {
    use object::{Object, ObjectSection};
    let file = object::File::parse(executable).unwrap();
    let names = [".debug_info", ".debug_abbrev", ".debug_str"];
    names.iter().filter_map(|name| file.section_by_name(name)?.file_range()).filter(|(_, size)| *size > 0).collect()
}
