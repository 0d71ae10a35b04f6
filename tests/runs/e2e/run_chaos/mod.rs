//! Processes that work on runs are killed, stopped, cut off from their stores, and told to leave, while another one is there: every run ends, and
//! what was kept of it is not done again.

mod answers;
mod commits;
mod pauses;
mod random;
mod stores;
mod world;
