//! Edition 2015: `::core` is not the standard library there, so that no message of a macro would be seen. While a package of
//! that edition is ported, the roots of its crates have an `extern crate core;`.

use super::package::Package;
use super::text::SourceFile;
use crate::exit::Failure;

const LINE: &str = "\nextern crate core;\n";

/// Adds the line where it is needed; returns the files that have it now.
pub(super) fn add_core(package: &Package, files: &mut [SourceFile]) -> Result<Vec<usize>, Failure> {
    let mut added = Vec::new();
    for (number, file) in files.iter_mut().enumerate() {
        let has_core =
            ["extern crate core", "no_std", "extern crate std as core"].iter().any(|text| file.text.contains(text));
        if package.is_2015 && package.roots.contains(&file.path) && !has_core {
            file.text.push_str(LINE);
            file.write()?;
            added.push(number);
        }
    }
    Ok(added)
}

/// Takes the line out again.
pub(super) fn remove_core(added: &[usize], files: &mut [SourceFile]) -> Result<(), Failure> {
    for number in added {
        let file = &mut files[*number];
        if let Some(text) = file.text.strip_suffix(LINE) {
            file.text = text.to_owned();
        }
        file.write()?;
    }
    Ok(())
}
