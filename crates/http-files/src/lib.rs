//! The routes of files: `/console/api/files`, `/console/api/remote-files`, `/files`. What takes a file in is the same
//! on every surface ([`take`]); each surface says who may.

mod body;
mod console;
mod remote;
mod signed;
mod slice;
mod take;

pub use body::UploadedFileBody;
pub use remote::{FetchedFileBody, RemoteFileBody, RemoteUpload, fetched};
pub use signed::answer;
pub use slice::{FilesServices, operations, operations_elsewhere};
pub use take::{NotTaken, Taken, Uploader, take, take_part};
