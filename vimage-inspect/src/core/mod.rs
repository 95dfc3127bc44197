//! Core files: the memory of a process at its end, or when `gcore` was called.

mod file;
mod notes;

use std::fs::File;
use std::path::Path;

use crate::error::Error;
use crate::image::{Image, build_id, hex};
use crate::look::{Look, Source};
use file::CoreFile;

/// A core file. What it leaves out, such as read-only data, is read from the files of the program and of its libraries.
///
/// ```no_run
/// let core = vimage_inspect::Core::open("core".as_ref(), None)?;
/// println!("{} instances", core.look()?.instances().len());
/// # Ok::<(), vimage_inspect::Error>(())
/// ```
#[derive(Debug)]
pub struct Core {
    source: Source,
}

impl Core {
    /// Opens a core file of the kernel, or of `gcore`. `program` is the executable, or a library, that ran, if it is not
    /// where it was any more: it is taken where its build id fits.
    ///
    /// # Errors
    ///
    /// [`Error::Io`], [`Error::NotACore`], [`Error::Truncated`], [`Error::NotVimage`]; [`Error::OtherProgram`] if `program` is
    /// none of what ran.
    pub fn open(core: &Path, program: Option<&Path>) -> Result<Self, Error> {
        let mut file = CoreFile::open(core)?;
        let mut images: Vec<Image> = file.starts().into_iter().filter_map(|start| Image::at(&file, start)).collect();
        if let Some(program) = program {
            replace(&mut file, &images, program)?;
            // The headers may be among what the core file leaves out.
            images = file.starts().into_iter().filter_map(|start| Image::at(&file, start)).collect();
        }
        file.set_build_ids(&images);
        let truncated = file.truncated();
        let source = Source::new(Box::new(file), images).map_err(|error| truncated.unwrap_or(error))?;
        Ok(Self { source })
    }

    /// Reads debug information once for both, if they are of the same program and libraries by their build ids.
    ///
    /// ```no_run
    /// # use vimage_inspect::Core;
    /// let before = Core::open("core.1".as_ref(), None)?;
    /// let after = Core::open("core.2".as_ref(), None)?.sharing_debug_info(&before);
    /// let (before, after) = (before.look()?, after.look()?);
    /// for variable in after.symbols() {
    ///     for instance in after.instances().iter().filter(|now| now.class == after.class_of(variable)) {
    ///         let same = before.instances().iter().find(|then| (then.class, then.id) == (instance.class, instance.id));
    ///         let then = same.map(|then| before.value(variable, then)).transpose();
    ///         println!("{}: {then:?}, {:?}", variable.name, after.value(variable, instance));
    ///     }
    /// }
    /// # Ok::<(), vimage_inspect::Error>(())
    /// ```
    #[must_use]
    pub fn sharing_debug_info(mut self, other: &Self) -> Self {
        self.source.share_debug_info(&other.source);
        self
    }

    /// Reads what there was.
    ///
    /// # Errors
    ///
    /// [`Error::NotBooted`], [`Error::NewerFormat`], [`Error::Damaged`], [`Error::Truncated`]; [`Error::NoProgram`] and
    /// [`Error::OtherProgram`] if a file of the program is needed.
    pub fn look(&self) -> Result<Look<'_>, Error> {
        self.source.look()
    }
}

/// Takes this file for the one of the image that has its build id; without build ids, for the first image.
fn replace(file: &mut CoreFile, images: &[Image], program: &Path) -> Result<(), Error> {
    let given = File::open(program).map_err(|source| Error::NoProgram { path: program.to_owned(), source })?;
    let found = build_id(&given);
    let ids: Vec<&Vec<u8>> = images.iter().filter_map(|image| image.build_id.as_ref()).collect();
    let of_image = match &found {
        Some(id) if !ids.is_empty() => {
            let image = images.iter().find(|image| image.build_id.as_ref() == Some(id));
            image.map(|image| image.base).ok_or_else(|| Error::OtherProgram {
                path: program.to_owned(),
                ran: ids.iter().map(|id| hex(id)).collect::<Vec<_>>().join(", "),
                found: hex(id),
            })?
        }
        _ => file.starts().first().copied().unwrap_or(0),
    };
    file.replace(of_image, program);
    Ok(())
}
