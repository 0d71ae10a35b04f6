//! The last resort: the distribution's packages, with consent, without starting their services.

use std::process::Command;

use crate::{Guide, error::EngineError, process::run};

/// Installs a Debian package. `RUNLEVEL=1` keeps its service from being started.
pub(crate) fn install(package: &str, guide: &dyn Guide) -> Result<(), EngineError> {
    let refused = |output: &str| EngineError::Command {
        command: "apt-get".into(),
        output: output.into(),
    };
    let question = format!(
        "Install the package {package} of this distribution? Its service will not be started."
    );
    if !guide.consents(&question) {
        return Err(refused("not wanted"));
    }
    guide.say(&format!("installing {package}"));
    let is_root = rustix::process::getuid().is_root();
    let apt = |arguments: &[&str]| {
        let mut command = Command::new(if is_root { "env" } else { "sudo" });
        if !is_root {
            command.args(["-n", "env"]);
        }
        command
            .args(["RUNLEVEL=1", "DEBIAN_FRONTEND=noninteractive", "apt-get"])
            .args(arguments);
        run(&mut command)
    };
    apt(&["update", "-q"])?;
    apt(&["install", "-y", "-q", "--no-install-recommends", package]).map(drop)
}
