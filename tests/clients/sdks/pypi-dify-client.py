# PyPI `dify-client`: every method of it that is served here.
# Usage: python pypi-dify-client.py URL-OF-V1 KEY-OF-A-CHATFLOW KEY-OF-A-WORKFLOW. Prints one JSON object: what it learnt.
import io
import json
import sys

from dify_client import ChatClient, DifyClient

url, chat_key, workflow_key = sys.argv[1:4]
user = "ada"
learnt = {}


def client(kind, key):
    made = kind(key)
    made.base_url = url
    return made


def events(response):
    for line in response.iter_lines():
        if line.startswith(b"data: "):
            yield json.loads(line[len(b"data: "):])


learnt["refused"] = client(ChatClient, "app-of-nobody").get_application_parameters(user).json()["code"]
chat = client(ChatClient, chat_key)
parameters = chat.get_application_parameters(user).json()
learnt["parameters"] = parameters["user_input_form"][0]["text-input"]["variable"]

first = chat.create_chat_message({}, 'Say ["Why?", "How?"]', user).json()
learnt["answer"] = first["answer"]
conversation = first["conversation_id"]
learnt["streamed"], learnt["events"] = "", []
for event in events(chat.create_chat_message({}, "Hello", user, "streaming", conversation)):
    if event["event"] == "message":
        learnt["streamed"] += event["answer"]
    if learnt["events"][-1:] != [event["event"]]:
        learnt["events"].append(event["event"])
    learnt["same_conversation"] = event["conversation_id"] == conversation

file = chat.file_upload(user, {"file": ("notes.txt", io.BytesIO(b"some words"), "text/plain")}).json()
learnt["uploaded"] = [file["name"], file["size"]]
files = [{"type": "document", "transfer_method": "local_file", "upload_file_id": file["id"]}]
chat.create_chat_message({}, "Read this", user, conversation_id=conversation, files=files).raise_for_status()

learnt["rated"] = chat.message_feedback(first["message_id"], "like", user).json()["result"]
messages = chat.get_conversation_messages(user, conversation).json()["data"]
learnt["messages"] = [message["query"] for message in messages]
learnt["rating"] = messages[0]["feedback"]["rating"]
learnt["files"] = [one["filename"] for message in messages for one in message["message_files"]]
earlier = chat.get_conversation_messages(user, conversation, messages[2]["id"], 1).json()
learnt["earlier"] = [[message["query"] for message in earlier["data"]], earlier["has_more"]]

learnt["renamed"] = chat.rename_conversation(conversation, "By hand", user).json()["name"]
learnt["conversations"] = [one["name"] for one in chat.get_conversations(user).json()["data"]]
learnt["page"] = chat.get_conversations(user, limit=1).json()["limit"]

workflow = client(DifyClient, workflow_key)
run = {"inputs": {"name": "Ada"}, "response_mode": "blocking", "user": user}
learnt["ran"] = workflow._send_request("POST", "/workflows/run", run).json()["data"]["outputs"]["result"]
print(json.dumps(learnt))
