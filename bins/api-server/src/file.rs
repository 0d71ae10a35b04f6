//! Which settings a command goes by: those of the environment, of a file, and of the system that runs here.

use std::path::Path;

use gatewright_domain::settings::Source as _;
use gatewright_runtime::{environment::Environment, running::attach_running_system};
use gatewright_up::{Options, Sources};

/// Of the file and the environment.
///
/// # Errors
/// A file that is named and not there, or that cannot be read.
pub fn environment(file: Option<&Path>) -> anyhow::Result<Environment> {
    Ok(Environment::load_file(existing(file)?)?)
}

/// The file that is named, which must be there; or `.env`, which need not.
fn existing(file: Option<&Path>) -> anyhow::Result<&Path> {
    match file {
        Some(file) if !file.exists() => anyhow::bail!("{}: there is no such file", file.display()),
        Some(file) => Ok(file),
        None => Ok(Path::new(".env")),
    }
}

/// The doctor lists what cannot be read instead of ending at it.
pub fn as_far_as_readable(file: Option<&Path>) -> anyhow::Result<Environment> {
    let environment = Environment::read(existing(file)?);
    Ok(attached(environment, file))
}

/// With the addresses of the system that runs in this folder, where the settings are this folder's: no file is named, or its own one is.
fn attached(environment: Environment, file: Option<&Path>) -> Environment {
    let own = || Path::new(".env").canonicalize().ok();
    if file.is_none_or(|file| file.canonicalize().ok() == own()) {
        attach_running_system(environment, Path::new("."))
    } else {
        environment
    }
}

/// For commands that are meant for the system that runs in this folder, if one does.
pub fn here(file: Option<&Path>) -> anyhow::Result<Environment> {
    let environment = environment(file)?;
    Ok(attached(environment, file))
}

/// What `up` is to do here.
///
/// # Errors
/// An environment that cannot be read.
pub fn up_options(services_only: bool, fetch_engines: bool, yes: bool) -> anyhow::Result<Options> {
    let environment = Environment::load_file(Path::new("/nonexistent"))?;
    Ok(Options {
        folder: ".".into(),
        services_only,
        sources: if fetch_engines {
            Sources::WheelsOnly
        } else {
            Sources::Any
        },
        assume_yes: yes || environment.get("GATEWRIGHT_ASSUME_YES").as_deref() == Some("1"),
    })
}
