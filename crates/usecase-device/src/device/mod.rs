//! The device flow: start, look up, decide, poll.

mod decide;
mod error;
mod flow;
mod lookup;
mod mint;
mod poll;
mod sso;
mod start;

pub use decide::{Decide, Verdict};
pub use error::{DecideError, LookupError, PollError, StartError};
pub use flow::{DeviceFlow, SsoBranch};
pub use lookup::LookupAnswer;
pub use mint::{DeliveredTo, Delivery};
pub use poll::PollDevice;
pub use sso::{
    ApprovalContext, ApproveExternal, CompleteSso, InitiateSso, SsoBegun, SsoCompleted, SsoError,
};
pub use start::{StartDevice, StartedDevice};
