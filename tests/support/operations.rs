//! The operations of a surface, read from its OpenAPI document, so that none that comes later can be forgotten; and what their requests
//! name by an id.

use gatewright_http::{Surface, document};
use serde_json::{Map, Value};

/// An operation.
pub struct Operation {
    pub method: String,
    pub path: String,
    /// Members of its path, its query and its JSON that name something.
    pub names: Vec<String>,
    pub query: Vec<String>,
    /// Members of its JSON, where it takes any.
    pub members: Option<Vec<String>>,
}

fn is_name(name: &str) -> bool {
    name.ends_with("_id") || name.ends_with("_token")
}

/// All of a surface.
pub fn operations(surface: Surface) -> Vec<Operation> {
    let json: Value = serde_json::to_value(document(surface)).unwrap();
    let mut all = vec![];
    for (path, item) in json["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push(Operation::read(&json, path, method, operation));
        }
    }
    all
}

impl Operation {
    fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array();
        let parameters = parameters.cloned().unwrap_or_default();
        let of = |place: &str| {
            let there = parameters.iter().filter(|one| one["in"] == place);
            there
                .map(|one| one["name"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let members = schema.as_str().map(|name| {
            let name = name.rsplit('/').next().unwrap();
            let members = &document["components"]["schemas"][name]["properties"];
            let members = members.as_object().cloned().unwrap_or_default();
            members.keys().cloned().collect::<Vec<_>>()
        });
        let mut names = of("path");
        names.extend(of("query"));
        names.extend(members.iter().flatten().cloned());
        names.retain(|name| is_name(name));
        Self {
            method: method.to_uppercase(),
            path: path.to_owned(),
            names,
            query: of("query"),
            members,
        }
    }

    /// It and one of its names.
    pub fn label(&self, name: &str) -> String {
        format!("{} {} {name}", self.method, self.path)
    }

    /// The path with its query, and the body: of what is named what is given, and beside it what the operation takes of `rest`.
    pub fn request(
        &self,
        rest: &Value,
        given: impl Fn(&str) -> Option<String>,
    ) -> (String, Option<Value>) {
        let mut path = self.path.clone();
        let mut values = rest.as_object().unwrap().clone();
        for name in &self.names {
            values.remove(name);
            if let Some(value) = given(name) {
                path = path.replace(&format!("{{{name}}}"), &value);
                values.insert(name.clone(), value.into());
            }
        }
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for name in &self.query {
            if let Some(value) = values.get(name).and_then(Value::as_str) {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if !query.is_empty() {
            path = format!("{path}?{query}");
        }
        let body = self.members.as_ref().map(|members| {
            let taken = members.iter();
            let taken = taken.filter_map(|name| Some((name.clone(), values.get(name)?.clone())));
            Value::Object(taken.collect::<Map<_, _>>())
        });
        (path, body)
    }
}
