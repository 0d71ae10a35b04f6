//! JavaScript by Node; without compiling where a system forbids memory that is written and then run.

use super::{Wishes, bounds, environment, found, interpreter, system_files};
use crate::{
    limits::Limits,
    plan::{Bounds, ChildPlan},
};

const BOOT: &str = include_str!("../boot/node.js");
/// Bytes that Node has written before it runs a line.
const OWN_DATA: u64 = 512 << 20;

pub(super) fn candidates(wishes: &Wishes, limits: Limits) -> Vec<ChildPlan> {
    let heap = format!("--max-old-space-size={}", limits.memory >> 20);
    let files = found("node", wishes.node.as_deref());
    let mut plans = Vec::new();
    for more in [&[][..], &["--no-expose-wasm", "--jitless"]] {
        for file in &files {
            let mut arguments = vec![heap.as_str(), "--no-addons", "--no-warnings"];
            arguments.extend(more);
            arguments.extend(["-e", BOOT]);
            // It would read a file that it may not read.
            let more = [("OPENSSL_CONF", "/dev/null"), ("NODE_USE_ENV_PROXY", "1")];
            plans.push(ChildPlan {
                becomes: interpreter(file, &arguments, environment(wishes.port, &more)),
                readable: system_files(),
                uid: None,
                port: wishes.port,
                bounds: Bounds {
                    data: Some(OWN_DATA + limits.memory),
                    ..bounds(limits)
                },
            });
        }
    }
    plans
}
