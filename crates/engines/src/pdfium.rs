//! `PDFium`, which reads PDF files: a library in a pinned wheel, loaded at run time by whoever reads one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Guide, error::EngineError, fetch, wheels};

/// The library, fetched when it is not in the cache yet; none where there is no wheel for this machine.
///
/// # Errors
/// When it cannot be fetched.
pub fn library(cache: &Path, guide: &dyn Guide) -> Result<Option<PathBuf>, EngineError> {
    let Some(wheel) = wheels::pdfium() else {
        return Ok(None);
    };
    fs::create_dir_all(cache).map_err(|e| EngineError::io(cache, e))?;
    let unpacked = fetch::wheel(&wheel, cache, guide)?;
    let name = format!(
        "{}pdfium{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    );
    Ok(fetch::find_below(&unpacked, &name))
}
