//! The PHP client of Dify's own repository, with what it needs below its `vendor`.

use serde_json::json;

use super::folder;
use crate::support::sdks::{Service, script};

#[tokio::test]
async fn php_client_of_dify_is_answered_by_every_method_that_is_served() {
    let client = folder("GATEWRIGHT_DIFY_PHP_CLIENT").display().to_string();
    let service = Service::start().await;
    let script = script("original-php.php");
    let learnt = service.drive("php", &[&script, &client]).await;
    let question = "Say [\"Why?\", \"How?\"]";
    let expected = json!({
        "refused": "unauthorized", "parameters": "who", "meta": 200, "answer": question, "stopped": "success", "stopped_as": "stopped",
        "rated": "success", "suggested": ["Why?", "How?"], "messages": [question], "conversations": 2, "deleted": 204,
        "ran": "hi Ada", "stop": "success",
    });
    assert_eq!(learnt, expected);
}
