//! Programs that children of the real binaries run.

use serde_json::json;

use crate::programs::{PYTHON, World};

#[actix_web::test]
async fn servers_and_workers_have_the_sandbox_in_them() {
    for binary in ["api-server", "worker", "sandbox"] {
        let world = World::by(binary, "python3", PYTHON).await;
        assert_eq!(
            world.end("ok").await,
            (json!({"y": 42}), String::new()),
            "{binary}"
        );
    }
}
