//! Which apps people without an account may use. The operator says it: nobody else can, for they are in no workspace.

use std::str::FromStr;

use gatewright_domain::ids::AppId;

/// Which apps people without an account may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ExternalApps {
    /// They may use no app.
    #[default]
    Nothing,
    /// These, while they are open to programs.
    These(Vec<AppId>),
    /// Whatever is open to programs, in every workspace.
    EverythingOpen,
}

/// The text names no apps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be ids of apps, by commas, or *")]
pub struct NotApps;

impl FromStr for ExternalApps {
    type Err = NotApps;

    fn from_str(text: &str) -> Result<Self, NotApps> {
        let named: Vec<&str> = text.split(',').map(str::trim).collect();
        match named.as_slice() {
            [""] => Ok(Self::Nothing),
            ["*"] => Ok(Self::EverythingOpen),
            ids => {
                let ids = ids.iter().map(|id| id.parse().map_err(|_| NotApps));
                Ok(Self::These(ids.collect::<Result<_, _>>()?))
            }
        }
    }
}

impl ExternalApps {
    pub(crate) fn permits(&self, id: AppId) -> bool {
        match self {
            Self::Nothing => false,
            Self::These(ids) => ids.contains(&id),
            Self::EverythingOpen => true,
        }
    }

    /// To look among; none: all.
    pub(crate) fn ids(&self) -> Option<&[AppId]> {
        match self {
            Self::Nothing => Some(&[]),
            Self::These(ids) => Some(ids),
            Self::EverythingOpen => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn setting_names_apps_all_or_none() {
        let one = AppId(Uuid::from_u128(1));
        for (text, expected) in [
            ("", Ok(ExternalApps::Nothing)),
            (" * ", Ok(ExternalApps::EverythingOpen)),
            (&format!("{one}"), Ok(ExternalApps::These(vec![one]))),
            (
                &format!("{one}, {one}"),
                Ok(ExternalApps::These(vec![one, one])),
            ),
            ("nope", Err(NotApps)),
            ("*,*", Err(NotApps)),
        ] {
            assert_eq!(text.parse::<ExternalApps>(), expected, "{text}");
        }
        let other = AppId(Uuid::from_u128(2));
        let these = ExternalApps::These(vec![one]);
        assert!(these.permits(one) && !these.permits(other));
        assert!(!ExternalApps::Nothing.permits(one));
        assert!(ExternalApps::EverythingOpen.permits(other));
    }
}
