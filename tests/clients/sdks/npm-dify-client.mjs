// npm `dify-client`: every method of it that is served here.
// Usage: node npm-dify-client.mjs URL-OF-V1 KEY-OF-A-CHATFLOW KEY-OF-A-WORKFLOW. Prints one JSON object: what it learnt.
import { ChatClient, CompletionClient } from 'dify-client'

const [url, chatKey, workflowKey] = process.argv.slice(2)
const user = 'ada'
const chat = new ChatClient('app-of-nobody', url)
const learnt = {}

learnt.refused = await chat.getApplicationParameters(user).then(() => 'opened', (error) => error.response.data.code)
chat.updateApiKey(chatKey)

const parameters = (await chat.getApplicationParameters(user)).data
learnt.parameters = parameters.user_input_form[0]['text-input'].variable

/** The events of a stream, as they are read from its lines. */
async function * events(response) {
  let rest = ''
  for await (const piece of response.data) {
    rest += piece
    const lines = rest.split('\n')
    rest = lines.pop()
    for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6))
  }
}

const first = (await chat.createChatMessage({}, 'Say ["Why?", "How?"]', user)).data
learnt.answer = first.answer
const conversation = first.conversation_id
learnt.streamed = ''
learnt.events = []
for await (const event of events(await chat.createChatMessage({}, 'Hello', user, true, conversation))) {
  if (event.event === 'message') learnt.streamed += event.answer
  if (learnt.events.at(-1) !== event.event) learnt.events.push(event.event)
  learnt.same_conversation = event.conversation_id === conversation
}

const form = new FormData()
form.append('file', new Blob(['some words'], { type: 'text/plain' }), 'notes.txt')
form.append('user', user)
const file = (await chat.fileUpload(form)).data
learnt.uploaded = [file.name, file.size]
const files = [{ type: 'document', transfer_method: 'local_file', upload_file_id: file.id }]
await chat.createChatMessage({}, 'Read this', user, false, conversation, files)

learnt.rated = (await chat.messageFeedback(first.message_id, 'like', user)).data.result
const messages = (await chat.getConversationMessages(user, conversation)).data
learnt.messages = messages.data.map((message) => message.query)
learnt.rating = messages.data[0].feedback.rating
learnt.files = messages.data.flatMap((message) => message.message_files.map((one) => one.filename))
const earlier = (await chat.getConversationMessages(user, conversation, messages.data[2].id, 1)).data
learnt.earlier = [earlier.data.map((message) => message.query), earlier.has_more]

learnt.renamed = (await chat.renameConversation(conversation, 'By hand', user, false)).data.name
learnt.conversations = (await chat.getConversations(user)).data.data.map((one) => one.name)
learnt.page = (await chat.getConversations(user, null, 1)).data.limit

learnt.stopped = []
for await (const event of events(await chat.createChatMessage({}, 'hold:for ever', user, true))) {
  if (event.event === 'message') await chat.sendRequest('POST', `/chat-messages/${event.task_id}/stop`, { user })
  if (event.event === 'workflow_finished') learnt.stopped.push(event.data.status)
}

learnt.deleted = (await chat.deleteConversation(conversation, user)).status
learnt.gone = await chat.getConversationMessages(user, conversation).then(() => 'there', (error) => error.response.data.code)

const workflow = new CompletionClient(workflowKey, url)
learnt.ran = (await workflow.runWorkflow({ name: 'Ada' }, user)).data.data.outputs.result
for await (const event of events(await workflow.runWorkflow({ name: 'Bob' }, user, true))) {
  if (event.event === 'workflow_finished') learnt.ran_streamed = event.data.outputs.result
}
console.log(JSON.stringify(learnt))
