//! The library from C: its header is that of the source, and two calculators of one C program are apart.

use std::path::{Path, PathBuf};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_header_is_that_of_the_source() {
    let mut written = Vec::new();
    let config = cbindgen::Config::from_file(here("cbindgen.toml")).unwrap();
    let builder = cbindgen::Builder::new().with_config(config).with_src(here("src/c.rs"));
    builder.generate().unwrap().write(&mut written);
    let path = here("c/calculator.h");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(kept, String::from_utf8(written).unwrap(), "with `BLESS=1` in the environment this test writes it");
}

/// The static library that cargo has built with this test: the newest one beside it.
#[cfg(all(feature = "vimage", target_os = "linux"))]
fn static_library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let files = std::fs::read_dir(test.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("libplugins-") && name.ends_with(".a")
    };
    files.filter(is_ours).max_by_key(|path| path.metadata().unwrap().modified().unwrap()).unwrap()
}

#[cfg(all(feature = "vimage", target_os = "linux"))]
#[test]
fn two_calculators_of_a_c_program_are_apart() {
    let library = static_library();
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("host");
    let mut compiler = std::process::Command::new("cc");
    compiler.arg(here("c/host.c")).arg("-I").arg(here("c")).arg("-o").arg(&program);
    compiler.arg(&library).args(["-lpthread", "-ldl", "-lm"]);
    let Ok(compiled) = compiler.output() else { return println!("skipped: there is no C compiler") };
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let ran = std::process::Command::new(&program).output().unwrap();
    assert!(ran.status.success(), "{}: {ran:?}", library.display());
    let expected = "  red  : twice 2 *      -> \n  red  21 twice         -> 42
 blue  1 twice          -> nobody has defined `twice`
 blue  41 +             -> 42
  red  1                -> there is no such calculator
 blue  1 -              -> 41
";
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), expected);
}
