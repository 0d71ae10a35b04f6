# PyPI `dify-client-python`: every method of both its clients that is served here; its models read each answer.
# Usage: python pypi-dify-client-python.py URL-OF-V1 KEY-OF-A-CHATFLOW KEY-OF-A-WORKFLOW. Prints one JSON object: what it learnt.
import asyncio
import io
import json
import sys

from dify_client import AsyncClient, Client, errors, models

url, chat_key, workflow_key = sys.argv[1:4]
user = "ada"
BLOCKING, STREAMING = models.ResponseMode.BLOCKING, models.ResponseMode.STREAMING


def asks(query, mode=BLOCKING, conversation="", files=()):
    return models.ChatRequest(query=query, inputs={}, user=user, response_mode=mode, conversation_id=conversation, files=list(files))


def runs(name, mode=BLOCKING):
    return models.WorkflowsRunRequest(inputs={"name": name}, user=user, response_mode=mode)


def notes():
    return ("notes.txt", io.BytesIO(b"some words"), "text/plain")


def document(file):
    return models.File(type=models.FileType.DOCUMENT, transfer_method=models.TransferMethod.LOCAL_FILE, upload_file_id=file.id)


def status(event):
    """How a run ended. By itself the client leaves this to be a dict, whatever it is."""
    return str(models.WorkflowFinishedData(**dict(event.data)).status)


class Learnt(dict):
    """What one of the two clients learns; both must learn the same."""

    def hear(self, event):
        if event.event == "message":
            self["streamed"] = self.get("streamed", "") + event.answer
        names = self.setdefault("events", [])
        if names[-1:] != [str(event.event.value)]:
            names.append(str(event.event.value))
        self.conversation = event.conversation_id


def whole():
    learnt = Learnt()
    chat, workflow = Client(api_key=chat_key, api_base=url), Client(api_key=workflow_key, api_base=url)
    try:
        Client(api_key="app-of-nobody", api_base=url).chat_messages(asks("Hello"))
    except errors.DifyAPIError as error:
        learnt["refused"] = [error.status, error.code]
    first = chat.chat_messages(asks('Say ["Why?", "How?"]'))
    learnt["answer"], learnt["tokens"] = first.answer, first.metadata.usage.total_tokens
    for event in chat.chat_messages(asks("Hello", STREAMING)):
        learnt.hear(event)
    file = chat.upload_files(notes(), models.UploadFileRequest(user=user))
    learnt["uploaded"] = [file.name, file.size]
    learnt["read"] = chat.chat_messages(asks("Read this", BLOCKING, learnt.conversation, [document(file)])).answer
    rating = models.FeedbackRequest(rating=models.Rating.LIKE, user=user, content="good")
    learnt["rated"] = chat.feedback_messages(first.message_id, rating).result
    learnt["suggested"] = chat.suggest_messages(first.message_id, models.ChatSuggestRequest(user=user)).data
    for event in chat.chat_messages(asks("hold:for ever", STREAMING)):
        if event.event == "message":
            learnt["stopped"] = chat.stop_chat_messages(event.task_id, models.StopRequest(user=user)).result
        if event.event == "workflow_finished":
            learnt["stopped_as"] = status(event)
    learnt["ran"] = workflow.run_workflows(runs("Ada")).data.outputs["result"]
    for event in workflow.run_workflows(runs("wait", STREAMING)):
        if event.event == "workflow_started":
            learnt["run_stopped"] = workflow.stop_workflows(event.task_id, models.StopRequest(user=user)).result
        if event.event == "workflow_finished":
            learnt["run_stopped_as"] = status(event)
    return learnt


async def awaited():
    learnt = Learnt()
    chat, workflow = AsyncClient(api_key=chat_key, api_base=url), AsyncClient(api_key=workflow_key, api_base=url)
    try:
        await AsyncClient(api_key="app-of-nobody", api_base=url).achat_messages(asks("Hello"))
    except errors.DifyAPIError as error:
        learnt["refused"] = [error.status, error.code]
    first = await chat.achat_messages(asks('Say ["Why?", "How?"]'))
    learnt["answer"], learnt["tokens"] = first.answer, first.metadata.usage.total_tokens
    async for event in await chat.achat_messages(asks("Hello", STREAMING)):
        learnt.hear(event)
    file = await chat.aupload_files(notes(), models.UploadFileRequest(user=user))
    learnt["uploaded"] = [file.name, file.size]
    learnt["read"] = (await chat.achat_messages(asks("Read this", BLOCKING, learnt.conversation, [document(file)]))).answer
    rating = models.FeedbackRequest(rating=models.Rating.LIKE, user=user, content="good")
    learnt["rated"] = (await chat.afeedback_messages(first.message_id, rating)).result
    learnt["suggested"] = (await chat.asuggest_messages(first.message_id, models.ChatSuggestRequest(user=user))).data
    async for event in await chat.achat_messages(asks("hold:for ever", STREAMING)):
        if event.event == "message":
            learnt["stopped"] = (await chat.astop_chat_messages(event.task_id, models.StopRequest(user=user))).result
        if event.event == "workflow_finished":
            learnt["stopped_as"] = status(event)
    learnt["ran"] = (await workflow.arun_workflows(runs("Ada"))).data.outputs["result"]
    async for event in await workflow.arun_workflows(runs("wait", STREAMING)):
        if event.event == "workflow_started":
            learnt["run_stopped"] = (await workflow.astop_workflows(event.task_id, models.StopRequest(user=user))).result
        if event.event == "workflow_finished":
            learnt["run_stopped_as"] = status(event)
    return learnt


print(json.dumps({"whole": whole(), "awaited": asyncio.run(awaited())}))
