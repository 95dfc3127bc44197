//! Whether the models find what they are for: each protocol is broken in a copy of the runtime's sources, and its model has
//! to fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::step::{Done, run_within};

/// Of a build, or a model.
const LIMIT: Duration = Duration::from_secs(20 * 60);

struct Variant {
    /// Below the runtime's sources.
    file: &'static str,
    right: &'static str,
    wrong: &'static str,
    model: &'static str,
}

const VARIANTS: [Variant; 16] = [
    Variant {
        file: "core/count.rs",
        right: "checked_add(GENERATION)",
        wrong: "checked_add(0)",
        model: "a_slot_that_is_used_again",
    },
    Variant {
        file: "core/class_state.rs",
        right: "Held::Another => self.live().tree.find(id)",
        wrong: "Held::Another => None",
        model: "found_while_the_index_grows",
    },
    Variant {
        file: "core/count.rs",
        right: "let _waiting = self.lock();",
        wrong: "",
        model: "waiting_for_the_others_to_go",
    },
    Variant {
        file: "core/teardown.rs",
        right: "for_each(|handle| handle.header().handles().regain_last())",
        wrong: "for_each(drop)",
        model: "together_or_not_at_all",
    },
    Variant {
        file: "core/header.rs",
        right: "if !matches!(self.phase(), Phase::Creating | Phase::Live) {",
        wrong: "if self.phase() == Phase::Gone {",
        model: "an_observer_and_a_shutdown",
    },
    Variant {
        file: "core/create.rs",
        right: "detach_module(handle.as_ptr(), &added.linked);",
        wrong: "",
        model: "create_and_a_registration_that_fails",
    },
    Variant {
        file: "carry/movable/shared.rs",
        right: "state.recalled.push(id);",
        wrong: "",
        model: "moved_to_an_instance_that_is_destroyed",
    },
    Variant {
        file: "carry/movable/shared.rs",
        right: "state.abandoned = true;",
        wrong: "",
        model: "dropped_while_it_is_sent_home",
    },
    Variant {
        file: "link/queue.rs",
        right: "if unused.is_none() && can_go_on { waiters.next() } else { None }",
        wrong: "{ let _ = (can_go_on, &waiters); None }",
        model: "a_receiver_is_cancelled_while_another_waits",
    },
    Variant {
        file: "link/queue.rs",
        right: "waiting.into_iter().for_each(Waker::wake);",
        wrong: "drop(waiting);",
        model: "both_sides_close_while_others_wait",
    },
    Variant { file: "boot/once.rs", right: "*progress = Progress::By(me);", wrong: "", model: "boot_on_three_threads" },
    Variant { file: "boot/once.rs", right: "self.over.notify_all();", wrong: "", model: "boot_that_fails" },
    Variant {
        file: "export/current.rs",
        right: "self.generation.fetch_add(1, Ordering::Release);",
        wrong: "",
        model: "tables_are_replaced",
    },
    Variant {
        file: "export/current.rs",
        right: "self.tables.store(tables, Ordering::Release);",
        wrong: "drop(old); let old = (); self.tables.store(tables, Ordering::Release);",
        model: "tables_are_replaced",
    },
    Variant {
        file: "sysctl/seen.rs",
        right: "self.0.store(changes, Ordering::Relaxed);",
        wrong: "self.0.store(changes + 1, Ordering::Relaxed);",
        model: "a_key_while_its_module_goes",
    },
    Variant {
        file: "core/count.rs",
        right: "Ok(before) => Release::Done { awaited: before & AWAITED != 0 },",
        wrong: "Ok(_) => Release::Done { awaited: false },",
        model: "waiting_for_the_clones",
    },
];

pub(super) fn broken() -> Done {
    let root = std::env::current_dir().map_err(|error| error.to_string())?;
    let place = root.join("target/broken");
    copy(&root, &place).map_err(|error| format!("a copy in {}: {error}", place.display()))?;
    let missed: Vec<String> = VARIANTS.iter().filter_map(|variant| missed(&place, variant).err()).collect();
    if missed.is_empty() { Ok(()) } else { Err(missed.join("\n")) }
}

/// The runtime's sources, and the package of the models beside them.
fn copy(root: &Path, place: &Path) -> std::io::Result<()> {
    _ = fs::remove_dir_all(place);
    let mut folders = vec![PathBuf::from("vimage-runtime/src")];
    while let Some(folder) = folders.pop() {
        fs::create_dir_all(place.join(&folder))?;
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                fs::copy(root.join(&path), place.join(&path))?;
            }
        }
    }
    fs::create_dir_all(place.join("models"))?;
    for file in ["Cargo.lock", "build.rs"] {
        fs::copy(root.join("models").join(file), place.join("models").join(file))?;
    }
    let manifest = fs::read_to_string(root.join("models/Cargo.toml"))?;
    let macros = root.join("vimage-macros").display().to_string();
    fs::write(place.join("models/Cargo.toml"), manifest.replace("../vimage-macros", &macros))
}

/// An error if the model passes in spite of the variant.
fn missed(place: &Path, variant: &Variant) -> Done {
    let Variant { file, right, wrong, model } = variant;
    let path = place.join("vimage-runtime/src").join(file);
    let source = fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
    // The last one, where it is there several times.
    let Some(at) = source.rfind(right) else { return Err(format!("{file} has no {right:?}")) };
    let changed = [&source[..at], wrong, &source[at + right.len()..]].concat();
    let write = |text: &str| fs::write(&path, text).map_err(|error| format!("{file}: {error}"));
    write(&changed)?;
    let test = |arguments: &[&str]| {
        let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
        command.args(["test", "--release", "--target-dir", "target/models-broken", "--manifest-path"]);
        command.arg(place.join("models/Cargo.toml")).args(arguments).env("SHUTTLE_SILENCE_WARNINGS", "1");
        run_within(&format!("broken: {model} {}", arguments[0]), &mut command, LIMIT)
    };
    let built = test(&["--no-run"]);
    let passed = built.is_ok() && test(&[model]).is_ok();
    write(&source)?;
    built?;
    if passed { Err(format!("{model} passes although {file} has not {right:?}")) } else { Ok(()) }
}
