//! Which files a field allows. The start node and human input ask the same.

use serde::{Deserialize, Serialize};

use super::field::or_default;

/// Which files a field allows. An empty list allows everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRules {
    /// `image`, `document`, `audio`, `video`, and `custom`: any whose extension is listed.
    #[serde(default, deserialize_with = "or_default")]
    pub allowed_file_types: Vec<String>,
    /// The extensions of `custom`, with or without their dot, in any case.
    #[serde(default, deserialize_with = "or_default")]
    pub allowed_file_extensions: Vec<String>,
    /// `local_file` (uploaded), `remote_url`.
    #[serde(default, deserialize_with = "or_default")]
    pub allowed_file_upload_methods: Vec<String>,
}

impl FileRules {
    /// Whether a file of this real type and extension is allowed. The type is what was found out, not what a
    /// caller said.
    pub fn allows_type(&self, kind: &str, extension: &str) -> bool {
        let bare = |text: &str| text.trim_start_matches('.').to_ascii_lowercase();
        let listed = || {
            let extension = bare(extension);
            self.allowed_file_extensions
                .iter()
                .any(|allowed| bare(allowed) == extension)
        };
        self.allowed_file_types.is_empty()
            || self.allowed_file_types.iter().any(|allowed| {
                if allowed == "custom" {
                    listed()
                } else {
                    allowed == kind
                }
            })
    }

    /// Whether a file may come this way.
    pub fn allows_method(&self, method: &str) -> bool {
        self.allowed_file_upload_methods.is_empty()
            || self
                .allowed_file_upload_methods
                .iter()
                .any(|allowed| allowed == method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_allowed_by_type_or_as_custom_by_extension() {
        let rules = |types: &[&str]| FileRules {
            allowed_file_types: types.iter().map(|t| (*t).to_owned()).collect(),
            allowed_file_extensions: vec![".PY".into(), "rs".into()],
            allowed_file_upload_methods: vec!["local_file".into()],
        };
        for (types, kind, extension, allowed) in [
            (&[][..], "image", ".png", true),
            (&["image"], "image", ".png", true),
            (&["image"], "document", ".png", false),
            (&["image"], "custom", ".py", false),
            (&["image", "custom"], "custom", ".py", true),
            (&["custom"], "document", "RS", true),
            (&["custom"], "image", ".png", false),
        ] {
            assert_eq!(
                rules(types).allows_type(kind, extension),
                allowed,
                "{types:?} {kind}"
            );
        }
        assert!(rules(&[]).allows_method("local_file"));
        assert!(!rules(&[]).allows_method("remote_url"));
        assert!(FileRules::default().allows_method("remote_url"));
    }
}
