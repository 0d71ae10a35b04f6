//! What the stream of a run says.

use serde_json::Value;

/// The data of a stream's events. An event that broke off, the last one, is left out.
pub fn data(stream: &str) -> Vec<Value> {
    let of = |event: &str| event.strip_prefix("data: ").map(serde_json::from_str);
    let (whole, rest) = stream.rsplit_once("\n\n").unwrap_or(("", stream));
    let whole = whole.split("\n\n").filter_map(of).map(Result::unwrap);
    whole.chain(of(rest).and_then(Result::ok)).collect()
}

/// The data of the events of a stream whose first one must be a ping, with nothing else in it.
pub fn events(stream: &str) -> Vec<Value> {
    let lines = stream
        .strip_prefix("event: ping\n\n")
        .expect("a ping comes first");
    let data = lines.split("\n\n").filter(|line| !line.is_empty());
    data.map(|line| serde_json::from_str(line.strip_prefix("data: ").expect("data")).unwrap())
        .collect()
}

/// What the events are.
pub fn names(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect()
}

/// What has come so far of a stream, read until it has such an event.
pub async fn read_until(stream: &mut reqwest::Response, event: &str) -> String {
    let mut text = String::new();
    while !text.contains(&format!("\"event\":\"{event}\"")) {
        let bytes = stream.chunk().await.unwrap();
        let bytes = bytes.unwrap_or_else(|| panic!("no {event} in {text}"));
        text.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    text
}
