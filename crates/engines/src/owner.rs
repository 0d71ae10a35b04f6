//! Who the engines run as. PostgreSQL refuses root, so root's engines run as an unprivileged user.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::Path,
    process::Command,
};

use crate::error::EngineError;

/// The user and group of the engines, when they are not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    switched: Option<(u32, u32)>,
}

/// `nobody`, when the machine has no user `postgres`.
const NOBODY: (u32, u32) = (65534, 65534);

impl Owner {
    /// Ourselves, or for root an unprivileged user.
    pub fn current() -> Self {
        if !rustix::process::getuid().is_root() {
            return Self { switched: None };
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        Self {
            switched: Some(find_user(&users, "postgres").unwrap_or(NOBODY)),
        }
    }

    /// Whether the engines run as somebody else than we do.
    pub fn is_switched(self) -> bool {
        self.switched.is_some()
    }

    pub(crate) fn uid(self) -> u32 {
        self.switched
            .map_or_else(|| rustix::process::getuid().as_raw(), |(uid, _)| uid)
    }

    /// Makes a command run as the owner.
    pub(crate) fn apply(self, command: &mut Command) {
        if let Some((uid, gid)) = self.switched {
            command.uid(uid).gid(gid);
        }
    }

    /// Makes a folder that only the owner can enter.
    pub(crate) fn own_folder(self, path: &Path, mode: u32) -> Result<(), EngineError> {
        let failed = |e| EngineError::io(path, e);
        if let Err(error) = fs::create_dir(path)
            && error.kind() != std::io::ErrorKind::AlreadyExists
        {
            return Err(failed(error));
        }
        let metadata = fs::symlink_metadata(path).map_err(failed)?;
        let ours =
            metadata.uid() == self.uid() || metadata.uid() == rustix::process::getuid().as_raw();
        if !ours || !metadata.is_dir() {
            return Err(EngineError::ForeignFolder(path.display().to_string()));
        }
        if let Some((uid, gid)) = self.switched {
            chown(path, Some(uid), Some(gid)).map_err(failed)?;
        }
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(failed)
    }
}

fn find_user(passwd: &str, name: &str) -> Option<(u32, u32)> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then_some(())?;
        let mut ids = fields.skip(1);
        Some((ids.next()?.parse().ok()?, ids.next()?.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::find_user;

    #[test]
    fn owner_is_found_in_a_passwd_file() {
        let users =
            "root:x:0:0::/root:/bin/sh\npostgres:x:105:112::/var/lib/postgresql:/bin/bash\n";
        assert_eq!(find_user(users, "postgres"), Some((105, 112)));
        assert_eq!(find_user(users, "nobody"), None);
    }
}
