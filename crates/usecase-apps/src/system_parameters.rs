//! What the installation lets files of runs be.

/// Sizes of files in megabytes, and how many a run takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemParameters {
    /// Megabytes of a picture.
    pub image_file_size_limit: u32,
    /// Megabytes of a moving picture.
    pub video_file_size_limit: u32,
    /// Megabytes of a sound.
    pub audio_file_size_limit: u32,
    /// Megabytes of any other file.
    pub file_size_limit: u32,
    /// Files of a run.
    pub workflow_file_upload_limit: u32,
}
