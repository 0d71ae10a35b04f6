//! Addresses of files in what is stored of a run, signed anew: what was signed when the run began has expired when
//! somebody reads of it later.

use gatewright_usecase_kit::Ctx;
use gatewright_variables::file::is_file;
use serde_json::Value;
use uuid::Uuid;

use super::{FileAsker, Files, RunFileError};

impl Files {
    /// Signs the addresses of files anew, wherever they stand in a value of a run. Of those that are the run's owner's: a
    /// value can be forged, and must not become a key to somebody else's file. Of very many files some keep what they have.
    ///
    /// # Errors
    /// When a store does not answer.
    pub async fn renew(
        &self,
        ctx: &Ctx,
        asker: FileAsker,
        value: &mut Value,
    ) -> Result<(), RunFileError> {
        let mut files = vec![];
        files_in(value, &mut files);
        let ids = files.iter().filter_map(|file| id_of(file));
        let own = self.own_files(asker, ids.collect()).await?;
        for file in files {
            let is_tool = file["transfer_method"] == "tool_file";
            let address = match id_of(file) {
                Some(id) => self.address_of(ctx, &own, id, is_tool)?,
                None => None,
            };
            // It is elsewhere, gone, or nobody may see it: it keeps what it says.
            if let Some(address) = address {
                file["url"] = address.into();
            }
        }
        Ok(())
    }
}

/// The id of a file of ours.
fn id_of(file: &Value) -> Option<Uuid> {
    match file["transfer_method"].as_str() {
        Some("local_file" | "tool_file") => file["related_id"].as_str()?.parse().ok(),
        _ => None,
    }
}

fn files_in<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Value>) {
    if is_file(value) {
        found.push(value);
        return;
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| files_in(item, found)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| files_in(member, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn files_are_found_wherever_they_stand_in_a_value() {
        let file = |id: &str| json!({"dify_model_identity": "__dify__file__", "related_id": id});
        let mut value =
            json!({"a": file("1"), "b": [1, {"c": [file("2")]}], "d": {"related_id": "3"}});
        let mut found = vec![];
        files_in(&mut value, &mut found);
        let ids: Vec<&str> = found
            .iter()
            .filter_map(|file| file["related_id"].as_str())
            .collect();
        assert_eq!(ids, ["1", "2"]);
    }
}
