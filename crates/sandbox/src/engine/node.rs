//! JavaScript: by Node, without its compiler where a system forbids memory that is written and then run; by `QuickJS` where there is
//! no Node, or the operator wants none.

use super::{Wishes, bounds, environment, found, interpreter, system_files};
use crate::{
    limits::Limits,
    plan::{Becomes, Bounds, ChildPlan},
};

const BOOT: &str = include_str!("../boot/node.js");
/// Bytes that Node has written before it runs a line.
const OWN_DATA: u64 = 512 << 20;

/// What the operator names who wants no Node.
const NONE: &str = "none";

pub(super) fn candidates(wishes: &Wishes, limits: Limits) -> Vec<ChildPlan> {
    match &wishes.node {
        Some(named) if named.as_os_str() == NONE => vec![quickjs(limits)],
        Some(_) => by_node(wishes, limits),
        None => {
            let mut plans = by_node(wishes, limits);
            plans.push(quickjs(limits));
            plans
        }
    }
}

/// It has no way to a network, whatever the operator allows.
fn quickjs(limits: Limits) -> ChildPlan {
    ChildPlan {
        becomes: Becomes::QuickJs {
            memory: limits.memory,
        },
        readable: vec![],
        uid: None,
        port: None,
        bounds: Bounds {
            data: Some(OWN_DATA + limits.memory),
            ..bounds(limits)
        },
    }
}

fn by_node(wishes: &Wishes, limits: Limits) -> Vec<ChildPlan> {
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
                becomes: interpreter(file, &arguments, environment(wishes.proxy.as_ref(), &more)),
                readable: system_files(),
                uid: None,
                port: wishes.proxy.as_ref().map(|proxy| proxy.port),
                bounds: Bounds {
                    data: Some(OWN_DATA + limits.memory),
                    ..bounds(limits)
                },
            });
        }
    }
    plans
}
