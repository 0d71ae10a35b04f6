//! The device flow: start, look up, decide, poll.

mod decide;
mod error;
mod flow;
mod lookup;
mod mint;
mod poll;
mod start;

pub use decide::{Decide, Verdict};
pub use error::{DecideError, LookupError, PollError, StartError};
pub use flow::{DeviceFlow, DeviceFlowParts};
pub use lookup::LookupAnswer;
pub use mint::Delivery;
pub use poll::PollDevice;
pub use start::{StartDevice, StartedDevice};
