//! How large and how many files may be, by Dify's names.

use gatewright_domain::{file::FileKind, settings, settings::SettingError};

settings! {
    /// Files that people upload.
    pub struct FileSettings {
        /// Megabytes of a picture.
        UPLOAD_IMAGE_FILE_SIZE_LIMIT => image_mb: u32 = 10, "10";
        /// Megabytes of a moving picture.
        UPLOAD_VIDEO_FILE_SIZE_LIMIT => video_mb: u32 = 100, "100";
        /// Megabytes of a sound.
        UPLOAD_AUDIO_FILE_SIZE_LIMIT => audio_mb: u32 = 50, "50";
        /// Megabytes of any other file.
        UPLOAD_FILE_SIZE_LIMIT => other_mb: u32 = 15, "15";
        /// Extensions that no upload may have, by commas, with or without their dots (`exe,bat`).
        UPLOAD_FILE_EXTENSION_BLACKLIST => blocked_extensions: String = String::new(), "exe,bat,sh";
        /// Files that one run may be given, as clients are told.
        WORKFLOW_FILE_UPLOAD_LIMIT => files_of_a_run: u32 = 10, "10";
        /// Seconds that the signed address of a file is good.
        FILES_ACCESS_TIMEOUT => access_seconds: u32 = 300, "300";
    }
}

/// The column that holds a size is this wide.
const MAX_MB: u32 = 2047;

impl FileSettings {
    fn validate(&self) -> Result<(), SettingError> {
        for (name, value) in [
            ("UPLOAD_IMAGE_FILE_SIZE_LIMIT", self.image_mb),
            ("UPLOAD_VIDEO_FILE_SIZE_LIMIT", self.video_mb),
            ("UPLOAD_AUDIO_FILE_SIZE_LIMIT", self.audio_mb),
            ("UPLOAD_FILE_SIZE_LIMIT", self.other_mb),
        ] {
            if value > MAX_MB {
                return Err(SettingError {
                    name,
                    problem: format!("must be at most {MAX_MB} megabytes"),
                    example: "15",
                });
            }
        }
        Ok(())
    }

    /// Bytes that a file of this kind may have.
    pub fn max_bytes(&self, kind: FileKind) -> u32 {
        let megabytes = match kind {
            FileKind::Image => self.image_mb,
            FileKind::Video => self.video_mb,
            FileKind::Audio => self.audio_mb,
            FileKind::Document | FileKind::Custom => self.other_mb,
        };
        megabytes << 20
    }

    /// Whether no upload may have this extension, which is in lower case and has no dot.
    pub fn is_blocked(&self, extension: &str) -> bool {
        let blocked = self.blocked_extensions.split(',');
        let mut blocked = blocked.map(|one| one.trim().trim_start_matches('.'));
        !extension.is_empty() && blocked.any(|one| one.eq_ignore_ascii_case(extension))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocked_extension_is_found_in_any_spelling_of_the_list() {
        let settings = FileSettings {
            blocked_extensions: " exe, .BAT,,sh".into(),
            ..FileSettings::default()
        };
        for (extension, is_blocked) in [
            ("exe", true),
            ("bat", true),
            ("sh", true),
            ("txt", false),
            ("", false),
        ] {
            assert_eq!(settings.is_blocked(extension), is_blocked, "{extension}");
        }
        assert!(!FileSettings::default().is_blocked("exe"));
    }
}
