//! How large files may be, by Dify's names.

use gatewright_domain::{file::FileClass, settings, settings::SettingError};

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
    pub fn max_bytes(&self, class: FileClass) -> u32 {
        let megabytes = match class {
            FileClass::Image => self.image_mb,
            FileClass::Video => self.video_mb,
            FileClass::Audio => self.audio_mb,
            FileClass::Other => self.other_mb,
        };
        megabytes << 20
    }
}
