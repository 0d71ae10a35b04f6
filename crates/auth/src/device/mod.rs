//! The device flow's settings and the lookup receipt.

mod receipt;
mod settings;

pub use receipt::{RECEIPT_LIFETIME, Receipt, ReceiptKeys, ReceiptProblem, code_fingerprint};
pub use settings::{DeviceSettings, ReceiptMode};
