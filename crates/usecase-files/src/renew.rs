//! Addresses of files in what is stored of a run, signed anew: what was signed when the run began has expired when
//! somebody reads of it later.

use gatewright_auth::file::FileView;
use gatewright_usecase_kit::Ctx;
use gatewright_variables::file::is_file;
use serde_json::Value;

use super::{FileAsker, Files, RunFileError};

/// Files of one value whose addresses are signed anew; the others keep what they have.
const MAX_FILES: usize = 100;

impl Files {
    /// Signs the addresses of files anew, wherever they stand in a value of a run. Of those that are the run's owner's: a
    /// value can be forged, and must not become a key to somebody else's file.
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
        for file in files.into_iter().take(MAX_FILES) {
            match self.renewed(ctx, asker, file).await {
                Ok(address) => file["url"] = address.into(),
                Err(error @ RunFileError::Unavailable(_)) => return Err(error),
                // It is elsewhere, gone, or nobody may see it: it keeps what it says.
                Err(_) => {}
            }
        }
        Ok(())
    }

    async fn renewed(
        &self,
        ctx: &Ctx,
        asker: FileAsker,
        file: &Value,
    ) -> Result<String, RunFileError> {
        let id = file["related_id"].as_str().unwrap_or_default();
        match file["transfer_method"].as_str() {
            Some("local_file") => {
                let file = self.own_upload(asker, id).await?;
                Ok(self.address(ctx, FileView::File, file.id)?)
            }
            Some("tool_file") => {
                let file = self.own_tool_file(asker, id).await?;
                Ok(self.tool_address(ctx, &file)?)
            }
            _ => Err(RunFileError::Unknown),
        }
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
